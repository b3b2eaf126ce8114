use gatewire::extract::FromRequest;
use gatewire::Request;

struct Caller<'r>(&'r str);

impl<'r> FromRequest<'r> for Caller<'r> {
    type Rejection = (u16, &'static str);

    fn from_request(req: Request<'r>) -> Result<Self, Self::Rejection> {
        req.header("x-caller").map(Self).ok_or((401, "who are you?"))
    }
}

fn main() {}
