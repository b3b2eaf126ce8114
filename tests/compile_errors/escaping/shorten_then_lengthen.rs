// refused: lifetime
#![allow(unused)]

use gatewire::Request;

fn main() {
    fn longer<'a, 'b>(r: Request<'a>) -> Request<'b> {
        r
    }
    let _ = longer;
}
