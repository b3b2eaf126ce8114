use gatewire::{App, Json};

#[derive(serde::Deserialize)]
struct NewTodo {
    title: String,
}

fn create(Json(todo): Json<NewTodo>) -> String {
    todo.title
}

fn main() {
    let _ = App::new().post("/todos", create);
}
