//! A response that is sent while it is made, over the connection that brought the event.

use std::io;

use super::invocation::Invocation;
use crate::engine::ResponseSink;
use crate::runtime::api::{Connection, Fault, Requests, begin_body, size_line};

/// Bytes up to this number are copied after those that go before them, and sent in one part.
pub(super) const JOINED: usize = 4096;

/// The progress of a response that is sent.
#[derive(Debug, Default)]
pub(super) enum Sent {
    #[default]
    Nothing,
    Begun,
    /// The connection did not accept all bytes.
    Lost(Fault),
}

/// Sends the response to the invocation that was received last.
///
/// A piece is one write, and the connection does not wait for more data: otherwise each piece would leave when the
/// previous one was acknowledged, and that takes 40 ms.
pub(super) struct Upload<'c> {
    pub(super) connection: &'c Connection,
    pub(super) requests: &'c Requests,
    pub(super) invocation: &'c Invocation,
    pub(super) head: &'c mut Vec<u8>,
    pub(super) chunk: &'c mut Vec<u8>,
    pub(super) sent: &'c mut Sent,
}

impl ResponseSink for Upload<'_> {
    fn start(&mut self, prelude: &[u8], body: &[u8]) -> io::Result<()> {
        let buffer = self.connection.buffer();
        let id = self.invocation.request_id(buffer).unwrap_or_default();
        self.requests.stream(self.head, id, self.invocation.invocation_id(buffer));
        self.chunk.clear();
        self.chunk.extend_from_slice(self.head);
        begin_body(self.chunk, prelude);
        *self.sent = Sent::Begun;
        self.send(body)
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.chunk.clear();
        self.send(piece)
    }
}

impl Upload<'_> {
    /// Sends a piece after the bytes that wait to be sent.
    fn send(&mut self, piece: &[u8]) -> io::Result<()> {
        if !piece.is_empty() {
            size_line(self.chunk, piece.len());
        }
        let sent = if piece.len() > JOINED {
            self.connection.send(&[self.chunk, piece, b"\r\n"])
        } else {
            self.chunk.extend_from_slice(piece);
            if !piece.is_empty() {
                self.chunk.extend_from_slice(b"\r\n");
            }
            self.connection.send(&[self.chunk, b"", b""])
        };
        sent.map_err(|fault| {
            let error = io::Error::other(fault.to_string());
            *self.sent = Sent::Lost(fault);
            error
        })
    }
}
