//! The least work that a client can do: fixed bytes over a kept socket, with the number of the invocation written into them.

#[path = "../count.rs"]
mod count;

use std::io::{Read, Write};
use std::net::TcpStream;

/// The number of digits in the identifier of an invocation.
const DIGITS: usize = 8;

fn main() {
    let _count = count::Count::start();
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").expect("an address");
    let length: usize = std::env::var("BENCH_ANSWER").expect("the length of an answer").parse().expect("a number");
    let mut socket = TcpStream::connect(&address).expect("a connection");
    socket.set_nodelay(true).expect("no delay");
    let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let body = r#"{"statusCode":200,"body":"{\"id\":\"42\"}","multiValueHeaders":{},"isBase64Encoded":false}"#;
    let head = "POST /2018-06-01/runtime/invocation/r-";
    let rest = format!("/response HTTP/1.1\r\nHost: {address}\r\nLambda-Runtime-Invocation-Id: inv-r-");
    let end = format!("\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut post = format!("{head}00000000{rest}00000000{end}").into_bytes();
    let places = [head.len(), head.len() + DIGITS + rest.len()];
    let mut buffer = vec![0; 1 << 20];
    loop {
        if socket.write_all(next.as_bytes()).is_err() || read(&mut socket, &mut buffer, length).is_none() {
            return;
        }
        if socket.write_all(&post).is_err() || read(&mut socket, &mut buffer, 1).is_none() {
            return;
        }
        for place in places {
            increment(&mut post[place..place + DIGITS]);
        }
    }
}

/// Reads at least the given number of bytes; `None` if the input ends before.
fn read(socket: &mut TcpStream, buffer: &mut [u8], length: usize) -> Option<()> {
    let mut filled = 0;
    while filled < length {
        match socket.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return None,
            Ok(read) => filled += read,
        }
    }
    Some(())
}

fn increment(digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
}
