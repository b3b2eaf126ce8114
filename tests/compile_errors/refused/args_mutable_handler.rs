use gatewire::extract::Path;
use gatewire::App;

fn main() {
    let mut count = 0;
    let _ = App::new().get("/{id}", move |Path(id): Path<u64>| {
        count += id;
        count.to_string()
    });
}
