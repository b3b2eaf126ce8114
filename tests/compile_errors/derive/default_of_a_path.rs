use gatewire::extract::Input;

#[derive(Input)]
struct List {
    #[input(path, default = 1)]
    id: u32,
}

fn main() {}
