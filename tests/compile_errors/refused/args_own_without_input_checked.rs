use gatewire::extract::FromRequest;
use gatewire::{HttpError, Request};

struct Caller(String);

impl<'r> FromRequest<'r> for Caller {
    type Rejection = HttpError;

    fn from_request(req: Request<'r>) -> Result<Self, HttpError> {
        Ok(Self(req.header("x-caller").unwrap_or_default().to_owned()))
    }
}

gatewire::check_handler! {
    fn show(caller: Caller) -> String {
        caller.0
    }
}

fn main() {}
