// refused: E0277
#![allow(unused)]

use gatewire::App;

fn main() {
    App::new().wrap(async |req, next| {
        tokio::spawn(next.run(req));
        Ok(req.reply("x"))
    });
}
