// refused: E0521
#![allow(unused)]

use gatewire::App;

fn main() {
    let kept = std::sync::Mutex::new(None::<&'static std::fmt::Error>);
    App::new().on_error(move |e: &std::fmt::Error, _| {
        *kept.lock().unwrap() = Some(e);
        "x"
    });
}
