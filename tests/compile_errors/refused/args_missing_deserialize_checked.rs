use gatewire::Json;
use gatewire::extract::Path;

struct NewTodo {
    title: String,
}

gatewire::input!(NewTodo);

gatewire::check_handler! {
    async fn create(Path(id): Path<u64>, Json(todo): Json<NewTodo>) -> String {
        format!("{id} {}", todo.title)
    }
}

fn main() {}
