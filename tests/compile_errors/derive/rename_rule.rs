use gatewire::extract::Input;

#[derive(Input)]
#[serde(rename_all = "Kebab")]
struct Todo {
    first_name: String,
}

fn main() {}
