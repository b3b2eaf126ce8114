use gatewire::extract::Input;

#[derive(serde::Deserialize, Input)]
struct Todo {
    #[garde(length(max = 3))]
    title: String,
}

fn main() {}
