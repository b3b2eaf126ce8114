use gatewire::extract::Path;
use gatewire::App;

fn main() {
    let _ = App::new().get("/{id}", |Path(id)| format!("{id}"));
}
