use gatewire::extract::Input;

#[derive(Input)]
#[input(query)]
struct Page {
    page: u32,
}

fn main() {}
