// refused: E0521
#![allow(unused)]

use gatewire::App;

fn main() {
    let kept = std::sync::Mutex::new(None::<gatewire::Next<'static>>);
    App::new().wrap(async move |req, next| {
        *kept.lock().unwrap() = Some(next);
        next.run(req).await
    });
}
