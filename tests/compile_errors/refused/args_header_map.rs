use std::collections::HashMap;

use gatewire::App;

fn show(headers: HashMap<String, String>) -> String {
    headers["host"].clone()
}

fn main() {
    let _ = App::new().get("/", show);
}
