//! One kept connection, and one buffer for what it receives.

use std::io::{ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::time::Duration;

use super::address::Address;
use super::chunked::{Chunked, Progress};
use super::fault::{BODY_LIMIT, Fault, HEAD_LIMIT};
use super::head::{self, Framing, Head};
#[cfg(any(test, feature = "fuzzing"))]
use super::script::Script;
use super::socket::{Socket, Wait};
use crate::high_water::HighWater;

/// The initial size of the buffer, enough for most events with their head. From this size on, both musl and glibc map pages
/// that the system has zeroed instead of zeroing memory themselves: only the pages that events fill are touched.
const FIRST: usize = 128 * 1024;
/// The least room for a read.
const ROOM: usize = 2 * 1024;
/// The buffer never shrinks below this size.
const KEPT: usize = FIRST;
/// The number of interim responses that may precede a response.
const INTERIM_LIMIT: usize = 8;

/// A connection that is opened on first use, and the buffer for responses.
///
/// A response, head and body, stays in the buffer until the next request is sent or the next head is read.
#[derive(Debug)]
pub(in crate::runtime) struct Connection {
    socket: Option<Socket>,
    /// Initialised to its end, so that reads need no `unsafe`. The range `unread` was received and not parsed yet.
    buffer: Vec<u8>,
    unread: Range<usize>,
    high_water: HighWater,
    /// Replaces the socket as the source of bytes; for the fuzzer.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) script: Option<Script>,
}

impl Connection {
    pub(in crate::runtime) const fn new() -> Self {
        Self {
            socket: None,
            buffer: Vec::new(),
            unread: 0..0,
            high_water: HighWater::new(KEPT),
            #[cfg(any(test, feature = "fuzzing"))]
            script: None,
        }
    }

    pub(in crate::runtime) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Returns whether there is a connection. The server may have closed it.
    pub(in crate::runtime) const fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    /// Returns whether there are received bytes that were not read, for example because no request asked for them.
    pub(in crate::runtime) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Closes the connection, and drops the bytes received after the last response.
    pub(in crate::runtime) fn close(&mut self) {
        self.socket = None;
        self.unread = 0..0;
    }

    /// Connects, unless there is a connection.
    pub(in crate::runtime) fn open(&mut self, address: &Address) -> Result<(), Fault> {
        if self.socket.is_some() { Ok(()) } else { self.connect(address) }
    }

    #[cold]
    fn connect(&mut self, address: &Address) -> Result<(), Fault> {
        let stream = TcpStream::connect(&address.authority)?;
        // To wait for more data only delays the request: head and body are one write.
        stream.set_nodelay(true)?;
        self.socket = Some(Socket::new(stream));
        self.unread = 0..0;
        Ok(())
    }

    /// Makes each following read fail after this time: for connections that are not kept.
    pub(in crate::runtime) fn limit_reads(&self, limit: Duration) -> Result<(), Fault> {
        Ok(self.socket()?.get().set_read_timeout(Some(limit))?)
    }

    fn socket(&self) -> Result<&Socket, Fault> {
        self.socket.as_ref().ok_or_else(|| Fault::Lost(ErrorKind::NotConnected.into()))
    }

    /// Sends the parts one after the other, in one write if the system accepts it.
    ///
    /// # Errors
    /// If the connection fails. Also if bytes were received that no request asked for: they would be taken for the response
    /// to this request.
    pub(in crate::runtime) fn send(&self, parts: &[&[u8]; 3]) -> Result<(), Fault> {
        if !self.unread.is_empty() {
            return Err(Fault::Malformed("a response without a request"));
        }
        let mut stream = self.socket()?.get();
        let mut slices = parts.map(IoSlice::new);
        // Empty parts come last.
        let count = parts.iter().take_while(|part| !part.is_empty()).count();
        let mut left = &mut slices[..count];
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            let wrote = match &*left {
                [whole] => stream.write(whole),
                several => stream.write_vectored(several),
            };
            match wrote {
                Ok(0) => return Err(Fault::Lost(ErrorKind::WriteZero.into())),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until there is something to read, in the way that `wait` chooses.
    pub(in crate::runtime) async fn readable(&mut self, wait: Wait) -> Result<(), Fault> {
        if wait == Wait::Block || !self.unread.is_empty() {
            return Ok(());
        }
        let stream = self.socket.as_mut().ok_or_else(|| Fault::Lost(ErrorKind::NotConnected.into()))?;
        Ok(stream.readable(wait).await?)
    }

    /// Reads the head of a response. Calls `field` with the name, the value and the place in the [`buffer`](Self::buffer) of
    /// each field that does not concern the framing.
    pub(in crate::runtime) fn read_head(
        &mut self,
        mut field: impl FnMut(&[u8], &[u8], Range<usize>),
    ) -> Result<Head, Fault> {
        if self.unread.is_empty() {
            self.shrink();
            self.unread = 0..0;
        }
        for _ in 0..INTERIM_LIMIT {
            let start = self.unread.start;
            let mut from = start;
            let end = loop {
                let received = &self.buffer[..self.unread.end];
                let end = head::find_end(received, from);
                if end.unwrap_or(received.len()) - start > HEAD_LIMIT {
                    return Err(Fault::Malformed("an endless head"));
                }
                if let Some(end) = end {
                    break end;
                }
                from = received.len().saturating_sub(2).max(start);
                self.fill(usize::MAX)?;
            };
            let head = Head::parse(&self.buffer, start..end, &mut field)?;
            self.unread.start = end;
            if head.status >= 200 {
                return Ok(head);
            }
        }
        Err(Fault::Malformed("too many interim responses"))
    }

    /// [`read_head`](Self::read_head) for a response whose fields are not needed.
    // Many callers share one copy of the code.
    #[inline(never)]
    pub(in crate::runtime) fn read_bare_head(&mut self) -> Result<Head, Fault> {
        self.read_head(|_, _, _| {})
    }

    /// Reads the body of the response whose head was read last. Returns its place in the [`buffer`](Self::buffer).
    pub(in crate::runtime) fn read_body(&mut self, head: &Head) -> Result<Range<usize>, Fault> {
        let start = self.unread.start;
        let body = match head.framing {
            Framing::Length(length) if length > BODY_LIMIT => return Err(Fault::TooLarge),
            Framing::Length(length) => {
                let end = start + length;
                while self.unread.end < end {
                    self.fill(end)?;
                }
                self.unread.start = end;
                start..end
            }
            Framing::Chunked => {
                let mut chunked = Chunked::new(start, BODY_LIMIT);
                loop {
                    match chunked.advance(&mut self.buffer[..self.unread.end])? {
                        Progress::Whole { start, end, rest } => {
                            self.unread.start = rest;
                            break start..end;
                        }
                        Progress::More(filled) => self.unread.end = filled,
                    }
                    self.fill(usize::MAX)?;
                }
            }
            Framing::Close => loop {
                if self.unread.end - start > BODY_LIMIT {
                    return Err(Fault::TooLarge);
                }
                match self.fill(usize::MAX) {
                    Ok(()) => {}
                    Err(Fault::Lost(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                        break start..self.unread.end;
                    }
                    Err(fault) => return Err(fault),
                }
            },
        };
        if !head.keep {
            self.close();
        }
        Ok(body)
    }

    /// Reads and ignores the body of a response of which only the status is needed.
    pub(in crate::runtime) fn skip_body(&mut self, head: &Head) {
        // The connection cannot be used again if the body cannot be read, or only ends with the connection.
        if head.framing == Framing::Close || self.read_body(head).is_err() {
            self.close();
        }
    }

    /// Receives more bytes. `end` is the end of the response, if known: the buffer need not be larger.
    fn fill(&mut self, end: usize) -> Result<(), Fault> {
        let length = self.buffer.len();
        if length < end && length - self.unread.end < ROOM {
            // The buffer doubles, so that it grows with the received bytes, not with the announced length.
            let grown = (length * 2).max(FIRST).min(end.max(FIRST));
            match length {
                // The system zeroes these pages; unused ones take no memory.
                0 => self.buffer = vec![0; grown],
                _ => self.buffer.resize(grown, 0),
            }
        }
        #[cfg(any(test, feature = "fuzzing"))]
        if let Some(script) = &mut self.script {
            let read = script.receive(&mut self.buffer[self.unread.end..]);
            self.unread.end += read;
            return if read == 0 { Err(Fault::Lost(ErrorKind::UnexpectedEof.into())) } else { Ok(()) };
        }
        let stream = self.socket.as_ref().ok_or_else(|| Fault::Lost(ErrorKind::NotConnected.into()))?;
        loop {
            match stream.get().read(&mut self.buffer[self.unread.end..]) {
                Ok(0) => return Err(Fault::Lost(ErrorKind::UnexpectedEof.into())),
                Ok(read) => {
                    self.unread.end += read;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Shrinks the buffer after a run of small responses.
    fn shrink(&mut self) {
        if self.high_water.is_oversized(self.unread.end, self.buffer.len()) {
            self.buffer.truncate(KEPT);
            self.buffer.shrink_to_fit();
        }
    }
}
