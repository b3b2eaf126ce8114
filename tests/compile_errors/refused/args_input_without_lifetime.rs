use gatewire::Json;

#[derive(serde::Deserialize)]
struct NewTodo<'r> {
    title: &'r str,
}

gatewire::input!(NewTodo);

fn create(Json(todo): Json<NewTodo<'_>>) -> String {
    todo.title.to_owned()
}

fn main() {
    let _ = gatewire::App::new().post("/", create);
}
