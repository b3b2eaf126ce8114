use gatewire::extract::Input;

struct Id(u32);

#[derive(Input)]
struct List {
    #[input(path)]
    id: Id,
}

fn main() {}
