use gatewire::extract::Path;

struct Todo {
    id: u64,
}

gatewire::check_handler! {
    fn show(Path(id): Path<u64>) -> Todo {
        Todo { id }
    }
}

fn main() {}
