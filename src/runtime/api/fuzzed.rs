//! The reader on bytes that arrive in pieces of any size, without a socket: for the fuzzer.

use std::collections::VecDeque;

use super::connection::Connection;
use super::fault::Fault;
use super::script::Script;

/// A response that was read: its status, its fields, its body, and whether the connection would be kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) keep: bool,
}

/// Reads responses until the end of the pieces, none of which is empty. Returns the responses and the reason for the end.
pub(crate) fn receive_all(pieces: VecDeque<Vec<u8>>) -> (Vec<Received>, &'static str) {
    let mut connection = Connection::new();
    connection.script = Some(Script(pieces));
    let mut answers = Vec::new();
    loop {
        let mut fields = Vec::new();
        let head = connection.read_head(|name, value, place| fields.push((name.to_vec(), value.to_vec(), place)));
        let read = head.and_then(|head| {
            // Values are at the places that the reader reports.
            assert!(fields.iter().all(|(_, value, place)| connection.buffer()[place.clone()] == value[..]));
            Ok((head, connection.read_body(&head)?))
        });
        match read {
            Ok((head, body)) => {
                let body = connection.buffer()[body].to_vec();
                let fields = fields.into_iter().map(|(name, value, _)| (name, value)).collect();
                answers.push(Received { status: head.status, fields, body, keep: head.keep });
                if !head.keep {
                    return (answers, "closed");
                }
            }
            Err(Fault::Lost(_)) => return (answers, "lost"),
            Err(Fault::Malformed(what)) => return (answers, what),
            Err(Fault::TooLarge) => return (answers, "too large"),
        }
    }
}
