// refused: E0277

use std::sync::Mutex;

use gatewire::App;
use gatewire::extract::Path;

static KEPT: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

fn keep(Path(name): Path<&'static str>) {
    KEPT.lock().unwrap().push(name);
}

fn main() {
    let _ = App::new().get("/{name}", keep);
}
