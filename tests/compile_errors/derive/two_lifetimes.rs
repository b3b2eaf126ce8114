use gatewire::extract::Input;

#[derive(Input)]
struct Pair<'a, 'b> {
    a: &'a str,
    b: &'b str,
}

fn main() {}
