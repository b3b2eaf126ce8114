//! Handlers whose arguments and responses are checked.

use garde::Validate;
use gatewire::extract::{Input, Path, Query, Valid};
use gatewire::form::Part;
use gatewire::handler::Checked;
use gatewire::{App, Json, Route};
use serde::{Deserialize, Serialize};

use super::{FORM, FORM_BASE64, PARTS, PARTS_BASE64, Sent, TODO, TODO_BASE64};

#[derive(Deserialize, Serialize, Validate, Input)]
struct Todo<'r> {
    #[garde(length(chars, min = 3), pattern("^[a-z]"))]
    title: &'r str,
    #[garde(dive)]
    #[serde(borrow)]
    tags: Tags<'r>,
    #[garde(skip)]
    done: bool,
}

#[derive(Deserialize, Serialize, Validate, Input)]
struct Tags<'r>(
    #[garde(length(min = 1))]
    #[serde(borrow)]
    &'r str,
    #[garde(length(min = 1))]
    #[serde(borrow)]
    &'r str,
);

#[derive(Deserialize, Validate, Input)]
struct Page {
    #[garde(range(max = 9))]
    #[serde(default)]
    page: u32,
}

#[derive(Deserialize, Validate, Input)]
struct Id(#[garde(range(min = 1))] u32);

/// All parts in one argument.
#[derive(Validate, Input)]
struct Create<'r> {
    #[input(path)]
    #[garde(range(min = 1))]
    id: u32,
    // Not every sample has it.
    #[input(query, default = 2)]
    #[garde(range(max = 9))]
    page: u32,
    #[input(query, default = "none")]
    #[garde(length(min = 2))]
    q: &'r str,
    #[input(header = "origin")]
    #[garde(prefix("https://"))]
    origin: Option<&'r str>,
    #[input(cookie)]
    #[garde(skip)]
    absent: Option<&'r str>,
    #[input(body)]
    #[garde(dive)]
    todo: Todo<'r>,
}

/// The fields of a form.
#[derive(Validate, Input)]
struct Member<'r> {
    #[input(form)]
    #[garde(length(chars, min = 2))]
    name: &'r str,
    #[input(form)]
    #[garde(range(min = 18))]
    age: u8,
    #[input(form)]
    #[garde(skip)]
    note: Option<&'r str>,
}

/// The fields and the files of a form.
#[derive(Validate, Input)]
struct Upload<'r> {
    // Not every sample has it.
    #[input(form, default = "untitled")]
    #[garde(length(chars, min = 2))]
    title: &'r str,
    #[input(file)]
    #[garde(skip)]
    file: Part<'r>,
    #[input(file)]
    #[garde(length(max = 9))]
    other: Option<&'r [u8]>,
}

fn member(own: Member<'_>) -> Json<(&str, u8, Option<&str>)> {
    Json((own.name, own.age, own.note))
}

fn upload(own: Upload<'_>) -> Json<(&str, usize, bool)> {
    Json((own.title, own.file.bytes.len(), own.other.is_some()))
}

fn create<'r>(
    Valid(Path(Id(id))): Valid<Path<Id>>,
    Valid(Query(page)): Valid<Query<Page>>,
    Valid(Json(todo)): Valid<Json<Todo<'r>>>,
) -> (u16, Checked<Json<Todo<'r>>>) {
    (if id > page.page { 201 } else { 200 }, Checked(Json(todo)))
}

async fn bundled(create: Create<'_>) -> Json<Todo<'_>> {
    let Create { id, page, q, origin, absent, todo } = create;
    let is_known = id > page && !q.is_empty() && origin.is_none_or(|origin| origin.len() > 8) && absent.is_none();
    Json(Todo { done: is_known, ..todo })
}

pub(crate) fn add(app: App) -> App {
    app.post("/checked/{id}", create)
        .route(Route::post("/checked-bundle/{id}", bundled).validation(true))
        .route(Route::post("/checked-form", member).validation(true))
        .route(Route::post("/checked-parts", upload).validation(true))
}

pub(crate) const REQUESTS: &[Sent] = &[
    ("POST", "/checked/7", Some((TODO, false)), 201),
    ("POST", "/checked/7", Some((TODO_BASE64, true)), 201),
    ("POST", "/checked-bundle/7", Some((TODO, false)), 200),
    ("POST", "/checked-bundle/8", Some((TODO_BASE64, true)), 200),
    ("POST", "/checked-form", Some((FORM, false)), 200),
    ("POST", "/checked-form", Some((FORM_BASE64, true)), 200),
    ("POST", "/checked-parts", Some((PARTS, false)), 200),
    ("POST", "/checked-parts", Some((PARTS_BASE64, true)), 200),
];
