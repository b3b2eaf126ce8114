use std::rc::Rc;

use gatewire::extract::State;

struct Database(Rc<str>);

gatewire::check_handler! {
    fn show(State(database): State<&Database>) -> String {
        database.0.to_string()
    }
}

fn main() {}
