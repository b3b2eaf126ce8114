use gatewire::extract::Input;

#[derive(Input)]
struct List<'r> {
    #[input(path)]
    id: u32,
    page: Option<&'r str>,
}

fn main() {}
