use gatewire::extract::Input;

#[derive(Input)]
union Bits {
    a: u32,
    b: f32,
}

fn main() {}
