gatewire::check_handler! {
    fn show(name: &str) -> String {
        name.to_owned()
    }
}

fn main() {}
