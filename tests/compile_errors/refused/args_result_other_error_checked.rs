use gatewire::HttpError;
use gatewire::extract::Path;

gatewire::check_handler! {
    fn show(id: Result<Path<u64>, HttpError>) -> String {
        id.map_or_else(|error| error.to_string(), |Path(id)| id.to_string())
    }
}

fn main() {}
