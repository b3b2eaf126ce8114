// refused: E0277
#![allow(unused)]

use gatewire::App;

fn main() {
    let kept = std::sync::Mutex::new(None::<Box<dyn std::any::Any + Send>>);
    App::new().wrap(async move |req, next| {
        *kept.lock().unwrap() = Some(Box::new(next.run(req)));
        Ok(req.reply("x"))
    });
}
