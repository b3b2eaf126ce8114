gatewire::check_handler! {
    fn show(id: u64) -> String {
        id.to_string()
    }
}

fn main() {}
