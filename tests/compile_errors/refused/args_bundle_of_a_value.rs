gatewire::input! {
    struct Show {
        id: u64,
    }
}

fn main() {}
