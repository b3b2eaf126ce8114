//! A response that is sent while it is made, over the connection that brought the event.

use std::io;

use super::super::super::api::{begin_body, end_body, end_body_with, size_line};
use super::{Client, ClientError, Connection, Fault, Invocation, JOINED, Requests};
use crate::engine::ResponseSink;
use crate::invocation_error::InvocationError;
use crate::log::log_failure;

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
pub(in super::super) struct Upload<'c> {
    connection: &'c Connection,
    requests: &'c Requests,
    invocation: &'c Invocation,
    head: &'c mut Vec<u8>,
    chunk: &'c mut Vec<u8>,
    sent: &'c mut Sent,
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

impl Client {
    /// The invocation that was received last, the buffer that holds it, and the sink of a response that is streamed.
    pub(in super::super) fn upload(&mut self) -> (&Invocation, &[u8], Upload<'_>) {
        // The service may have ended the connection after the event, or sent more than that. If no other connection can
        // be opened, sending will fail.
        if self.connection.has_unread() {
            self.connection.close();
        }
        let _ = self.connection.open(&self.address);
        let Self { connection, requests, invocation, head, chunk, sent, .. } = self;
        *sent = Sent::Nothing;
        (invocation, connection.buffer(), Upload { connection, requests, invocation, head, chunk, sent })
    }

    /// Returns whether part of a response may have left.
    pub(in super::super) const fn has_begun(&self) -> bool {
        !matches!(self.sent, Sent::Nothing)
    }

    /// Ends the response that was streamed; `error` is the reason if it was cut off.
    pub(in super::super) fn end(&mut self, error: Option<&InvocationError>) -> Result<(), ClientError> {
        let lost = match std::mem::take(&mut self.sent) {
            Sent::Lost(fault) => Err(fault),
            Sent::Nothing | Sent::Begun => self.send_end(error),
        };
        // A service that refuses a body may say so before it has all of it, and end the connection.
        let answer = match lost {
            Ok(()) => self.connection.read_bare_head(),
            Err(fault @ Fault::Lost(_)) => self.connection.read_bare_head().map_err(|_| fault),
            Err(fault) => Err(fault),
        };
        match answer {
            Ok(head) => {
                let text = self.read_answer(&head);
                self.judge(head.status, false, text)
            }
            Err(fault) => {
                // The bytes that were sent are gone, and cannot be sent again: they were not kept. So it has failed,
                // unless the service knows by itself, which it then says.
                self.disconnect();
                self.log_and_report(&InvocationError::new("Runtime.StreamLost", fault.to_string()), true)
            }
        }
    }

    fn send_end(&mut self, error: Option<&InvocationError>) -> Result<(), Fault> {
        if let Some(error) = error.filter(|_| !self.quiet) {
            log_failure(self.invocation.context(self.connection.buffer()).request_id, error);
        }
        self.chunk.clear();
        match error {
            None => end_body(&mut self.chunk),
            Some(error) => end_body_with(&mut self.chunk, &mut self.report, error.error_type(), error.message()),
        }
        self.connection.send(&[&self.chunk, b"", b""])
    }
}
