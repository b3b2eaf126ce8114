// refused: lifetime

use gatewire::extract::FromRequest;
use gatewire::{Error, Request};

struct Longer(&'static str);

impl<'r> FromRequest<'r> for Longer {
    type Rejection = Error;

    fn from_request(req: Request<'r>) -> Result<Self, Error> {
        Ok(Self(req.path()))
    }
}

fn main() {}
