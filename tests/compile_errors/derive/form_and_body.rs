use gatewire::extract::Input;

#[derive(Input)]
struct Both<'r> {
    #[input(form)]
    name: &'r str,
    #[input(body)]
    other: u32,
}

fn main() {}
