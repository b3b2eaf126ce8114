use gatewire::Json;
use gatewire::extract::Path;

struct Todo {
    id: u64,
}

gatewire::check_handler! {
    fn show(Path(id): Path<u64>) -> Json<Todo> {
        Json(Todo { id })
    }
}

fn main() {}
