use std::sync::Arc;

use gatewire::extract::State;

struct Database(String);

gatewire::check_handler! {
    async fn show(State(database): State<Arc<Database>>) -> String {
        database.0.clone()
    }
}

fn main() {}
