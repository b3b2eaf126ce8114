use gatewire::Json;
use gatewire::extract::Path;

#[derive(serde::Deserialize)]
struct NewTodo {
    title: String,
}

gatewire::check_handler! {
    fn create(Path(id): Path<u64>, Json(todo): Json<NewTodo>) -> String {
        format!("{id} {}", todo.title)
    }
}

fn main() {}
