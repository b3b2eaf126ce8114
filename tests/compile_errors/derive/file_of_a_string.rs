use gatewire::extract::Input;

#[derive(Input)]
struct Upload<'r> {
    #[input(file)]
    photo: &'r str,
}

fn main() {}
