// refused: E0521

use gatewire::App;
use gatewire::extract::Path;

fn spawn(Path(name): Path<&str>) {
    std::thread::spawn(move || println!("{name}"));
}

fn main() {
    let _ = App::new().get("/{name}", spawn);
}
