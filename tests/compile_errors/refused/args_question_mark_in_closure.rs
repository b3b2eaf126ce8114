use gatewire::App;
use gatewire::extract::Path;

fn main() {
    let _ = App::new().get("/{id}", |Path(id): Path<&str>| {
        let id: u64 = id.parse()?;
        Ok(id.to_string())
    });
}
