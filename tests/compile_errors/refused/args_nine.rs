use gatewire::extract::{Cookies, Text};
use gatewire::App;

fn nine(
    _: Cookies<'_>,
    _: Cookies<'_>,
    _: Cookies<'_>,
    _: Cookies<'_>,
    _: Cookies<'_>,
    _: Cookies<'_>,
    _: Cookies<'_>,
    _: Cookies<'_>,
    _: Text<'_>,
) -> String {
    String::new()
}

fn main() {
    let _ = App::new().get("/", nine);
}
