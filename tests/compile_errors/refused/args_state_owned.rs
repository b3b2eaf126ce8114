use gatewire::extract::State;
use gatewire::App;

struct Database(String);

fn show(State(database): State<Database>) -> String {
    database.0
}

fn main() {
    let _ = App::new().state(Database(String::new())).get("/", show);
}
