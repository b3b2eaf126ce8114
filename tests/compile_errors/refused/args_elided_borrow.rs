use gatewire::extract::{Path, State};
use gatewire::App;

struct Prefix(String);

fn show(Path(name): Path<&str>, State(prefix): State<&Prefix>) -> &str {
    if prefix.0.is_empty() { name } else { &prefix.0 }
}

fn main() {
    let _ = App::new().state(Prefix(String::new())).get("/{name}", show);
}
