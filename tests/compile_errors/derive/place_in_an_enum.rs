use gatewire::extract::Input;

#[derive(Input)]
enum Either {
    Id {
        #[input(path)]
        id: u32,
    },
}

fn main() {}
