use std::rc::Rc;

use gatewire::extract::State;
use gatewire::App;

struct Database(Rc<str>);

fn show(State(database): State<&Database>) -> String {
    database.0.to_string()
}

fn main() {
    let _ = App::new().get("/", show);
}
