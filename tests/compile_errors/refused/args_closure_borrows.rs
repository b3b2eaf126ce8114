use gatewire::extract::Path;
use gatewire::App;

fn main() {
    let _ = App::new().get("/{name}", |Path(name): Path<&str>| name);
}
