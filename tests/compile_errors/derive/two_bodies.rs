use gatewire::extract::Input;

#[derive(Input)]
struct Both {
    #[input(body)]
    one: u32,
    #[input(body)]
    other: u32,
}

fn main() {}
