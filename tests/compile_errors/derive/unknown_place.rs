use gatewire::extract::Input;

#[derive(Input)]
struct List {
    #[input(params)]
    id: u32,
}

fn main() {}
