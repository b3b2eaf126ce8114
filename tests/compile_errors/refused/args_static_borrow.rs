use gatewire::extract::Path;
use gatewire::App;

fn show(Path(name): Path<&'static str>) -> &'static str {
    name
}

fn main() {
    let _ = App::new().get("/{name}", show);
}
