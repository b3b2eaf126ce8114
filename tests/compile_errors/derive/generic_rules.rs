use gatewire::extract::Input;

#[derive(garde::Validate, Input)]
struct Page<T> {
    #[garde(length(max = 3))]
    items: Vec<T>,
}

fn main() {}
