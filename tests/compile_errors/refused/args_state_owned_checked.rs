use gatewire::extract::State;

struct Database(String);

gatewire::check_handler! {
    fn show(State(database): State<Database>) -> String {
        database.0
    }
}

fn main() {}
