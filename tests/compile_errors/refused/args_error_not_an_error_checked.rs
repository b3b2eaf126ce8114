use gatewire::extract::Path;

gatewire::check_handler! {
    fn show(Path(id): Path<u64>) -> Result<String, String> {
        Err(format!("no {id}"))
    }
}

fn main() {}
