//! A small todo API: real routes, JSON in and out, errors, state.
//!
//! ```sh
//! cargo run --release --example todos
//! curl -i localhost:8080/todos
//! curl -i localhost:8080/todos -d '{"title":"write it down"}' -H 'content-type: application/json'
//! curl -i localhost:8080/todos/1
//! curl -i -X PUT localhost:8080/todos/1 -d '{"title":"write it down","done":true}'
//! curl -i 'localhost:8080/todos?done=true'
//! curl -i -X DELETE localhost:8080/todos/1
//! ```
//!
//! The same binary is the function that runs on Lambda.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use gatewire::{App, Error, HttpError, Json, Request, Response, Router, error::ParamError};
use serde::{Deserialize, Serialize};

/// One thing to do.
#[derive(Clone, Serialize)]
struct Todo {
    id: u32,
    title: String,
    done: bool,
}

/// The body that a client sends: the title is borrowed from the request.
#[derive(Deserialize)]
struct Change<'r> {
    title: &'r str,
    #[serde(default)]
    done: bool,
}

/// The query of the list.
#[derive(Deserialize)]
struct Filter {
    done: Option<bool>,
}

/// The store of todos; a real function would have a client of a database here.
#[derive(Default)]
struct Store {
    todos: Mutex<BTreeMap<u32, Todo>>,
}

impl Store {
    fn todos(&self) -> MutexGuard<'_, BTreeMap<u32, Todo>> {
        self.todos.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn list(req: Request<'_>) -> Result<Json<Vec<Todo>>, ParamError> {
    let filter: Filter = req.query_as()?;
    let todos = req.state::<Store>().todos();
    Ok(Json(todos.values().filter(|todo| filter.done.is_none_or(|done| todo.done == done)).cloned().collect()))
}

fn create(req: Request<'_>) -> Result<Response<'_, Json<Todo>>, Error> {
    let Change { title, done } = req.body_json()?;
    if title.trim().is_empty() {
        return Err(HttpError::bad_request("a todo needs a title").into());
    }
    let mut todos = req.state::<Store>().todos();
    let id = todos.last_key_value().map_or(1, |(id, _)| id + 1);
    let todo = Todo { id, title: title.to_owned(), done };
    todos.insert(id, todo.clone());
    Ok(Response::new(Json(todo)).status(201).header("Location", format!("/todos/{id}")))
}

fn read(req: Request<'_>) -> Result<Json<Todo>, Error> {
    let id = req.param_as("id")?;
    Ok(Json(req.state::<Store>().todos().get(&id).cloned().ok_or(NoTodo(id))?))
}

async fn update(req: Request<'_>) -> Result<Json<Todo>, Error> {
    let id = req.param_as("id")?;
    let change: Change = req.body_json()?;
    let mut todos = req.state::<Store>().todos();
    let todo = todos.get_mut(&id).ok_or(NoTodo(id))?;
    (todo.title, todo.done) = (change.title.to_owned(), change.done);
    Ok(Json(todo.clone()))
}

fn delete(req: Request<'_>) -> Result<(u16, ()), Error> {
    let id = req.param_as("id")?;
    req.state::<Store>().todos().remove(&id).ok_or(NoTodo(id))?;
    Ok((204, ()))
}

/// A custom error: the handler that `app` registers for it answers it.
#[derive(Debug)]
struct NoTodo(u32);

impl std::fmt::Display for NoTodo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no todo {}", self.0)
    }
}

impl std::error::Error for NoTodo {}

fn todos() -> Router {
    Router::new()
        .get("/", list)
        .post("/", create)
        .get("/{id}", read)
        .put("/{id}", update)
        .delete("/{id}", delete)
        .on_error(|error: &NoTodo, _: Request| {
            Err::<(), _>(HttpError::new(gatewire::StatusCode::NOT_FOUND, error.to_string()))
        })
}

fn app() -> App {
    App::new().state(Store::default()).get("/", |_: Request| "A todo API: GET /todos").include("/todos", todos())
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}
