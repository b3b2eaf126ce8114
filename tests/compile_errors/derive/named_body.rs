use gatewire::extract::Input;

#[derive(Input)]
struct List {
    #[input(body = "todo")]
    todo: u32,
}

fn main() {}
