// refused: E0521

use std::sync::Mutex;

use gatewire::App;
use gatewire::extract::State;

struct Database;

static KEPT: Mutex<Option<&'static Database>> = Mutex::new(None);

async fn keep(State(database): State<&Database>) {
    *KEPT.lock().unwrap() = Some(database);
}

fn main() {
    let _ = App::new().get("/", keep);
}
