//! A chunked body, joined in place.

use super::fault::{Fault, HEAD_LIMIT};

/// The progress of a chunked body: `buffer[..end]` is decoded, `buffer[at..]` is still to be read.
#[derive(Debug)]
pub(super) struct Chunked {
    start: usize,
    end: usize,
    at: usize,
    state: State,
    limit: usize,
}

#[derive(Debug)]
enum State {
    Size,
    /// In a chunk that has this many bytes left.
    Data(usize),
    /// After a chunk, before its line break.
    DataEnd,
    /// After the last chunk: lines until an empty one.
    Trailer(usize),
}

/// The result of a step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More bytes are needed, to be received after this many bytes of the buffer.
    More(usize),
    /// The body is `start..end`; the bytes after it begin at `rest`.
    Whole { start: usize, end: usize, rest: usize },
}

impl Chunked {
    /// A body that begins at `start` and may have at most `limit` bytes.
    pub(super) const fn new(start: usize, limit: usize) -> Self {
        Self { start, end: start, at: start, state: State::Size, limit }
    }

    /// Decodes the bytes in the buffer. Then moves the rest, an incomplete line, to the end of the decoded bytes, so that the
    /// buffer needs no more room than the body.
    pub(super) fn advance(&mut self, buffer: &mut [u8]) -> Result<Progress, Fault> {
        loop {
            match self.state {
                State::Size => {
                    let Some(line) = self.line(buffer)? else { break };
                    let size = size(line)?;
                    if size == 0 {
                        self.state = State::Trailer(0);
                    } else if size > self.limit - (self.end - self.start) {
                        return Err(Fault::TooLarge);
                    } else {
                        self.state = State::Data(size);
                    }
                }
                State::Data(left) => {
                    let here = left.min(buffer.len() - self.at);
                    if self.at > self.end {
                        buffer.copy_within(self.at..self.at + here, self.end);
                    }
                    self.at += here;
                    self.end += here;
                    if here < left {
                        self.state = State::Data(left - here);
                        break;
                    }
                    self.state = State::DataEnd;
                }
                State::DataEnd => match self.line(buffer)? {
                    Some([]) => self.state = State::Size,
                    Some(_) => return Err(Fault::Malformed("a chunk that is longer than its size")),
                    None => break,
                },
                State::Trailer(read) => {
                    let before = self.at;
                    let Some(line) = self.line(buffer)? else { break };
                    if line.is_empty() {
                        return Ok(Progress::Whole { start: self.start, end: self.end, rest: self.at });
                    }
                    let read = read + (self.at - before);
                    if read > HEAD_LIMIT {
                        return Err(Fault::Malformed("an endless trailer"));
                    }
                    self.state = State::Trailer(read);
                }
            }
        }
        let unread = buffer.len() - self.at;
        buffer.copy_within(self.at.., self.end);
        self.at = self.end;
        Ok(Progress::More(self.end + unread))
    }

    /// Returns the next line, without its end; `None` if it has not arrived yet.
    fn line<'b>(&mut self, buffer: &'b [u8]) -> Result<Option<&'b [u8]>, Fault> {
        let rest = &buffer[self.at..];
        // Lines are short: anything longer is not a line.
        let rest = &rest[..rest.len().min(HEAD_LIMIT)];
        let Some(feed) = memchr::memchr(b'\n', rest) else {
            return if rest.len() == HEAD_LIMIT { Err(Fault::Malformed("an endless line")) } else { Ok(None) };
        };
        self.at += feed + 1;
        // Only heads may have lines that end with a line feed alone: here it could be the last byte of a chunk that is too long.
        rest[..feed]
            .strip_suffix(b"\r")
            .map(Some)
            .ok_or(Fault::Malformed("a chunk line that ends with a line feed alone"))
    }
}

/// Returns the size of a chunk, from its line. Ignores the extensions after a semicolon.
fn size(line: &[u8]) -> Result<usize, Fault> {
    let digits = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii_end();
    let wrong = Fault::Malformed("a chunk size that is not a number");
    if digits.is_empty() || digits.len() > 15 {
        return Err(wrong);
    }
    let number =
        digits.iter().try_fold(0_u64, |number, &digit| Some(number << 4 | u64::from(char::from(digit).to_digit(16)?)));
    number.and_then(|number| usize::try_from(number).ok()).ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `wire`, of which `step` bytes arrive at a time, after four bytes that do not belong to it.
    fn decode(wire: &[u8], step: usize, limit: usize) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        let mut buffer = b"head".to_vec();
        let mut chunked = Chunked::new(4, limit);
        let mut left = wire;
        loop {
            let (now, later) = left.split_at(step.min(left.len()));
            buffer.extend_from_slice(now);
            left = later;
            match chunked.advance(&mut buffer)? {
                Progress::Whole { start, end, rest } => {
                    return Ok((buffer[start..end].to_vec(), [&buffer[rest..], left].concat()));
                }
                Progress::More(_) if left.is_empty() => return Ok((Vec::new(), b"unfinished".to_vec())),
                Progress::More(filled) => buffer.truncate(filled),
            }
        }
    }

    #[test]
    fn decodes_pieces_of_any_length() {
        let wire =
            b"4\r\nwiki\r\n6;name=\"value\"\r\npedia \r\nE \r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1";
        for step in 1..=wire.len() {
            let (body, rest) = decode(wire, step, 24).unwrap();
            assert_eq!(body, b"wikipedia in \r\n\r\nchunks.", "{step}");
            assert_eq!(rest, b"HTTP/1.1", "{step}");
        }
        assert_eq!(decode(b"0\r\n\r\n", 1, 0).unwrap(), (vec![], vec![]));
    }

    #[test]
    fn refuses_malformed_and_too_large_bodies() {
        for wire in [
            &b"\r\n"[..],
            b"x\r\n",
            b"-1\r\n",
            b"0x4\r\nwiki\r\n",
            b"3\r\nwiki\r\n0\r\n\r\n",
            b"5\r\nwiki\r\n0\r\n\r\n",
            b"ffffffffffffffff\r\n",
            b"4\nwiki\r\n",
            b"0\r\n\n",
        ] {
            for step in [1, 3, wire.len()] {
                assert!(matches!(decode(wire, step, 100), Err(Fault::Malformed(_))), "{wire:?}");
            }
        }
        assert!(matches!(decode(b"4\r\nwiki\r\n1\r\n", 2, 4), Err(Fault::TooLarge)));
        assert!(matches!(decode(b"fffffffffff\r\n", 2, 4), Err(Fault::TooLarge)));
        let endless = [&b"0\r\n"[..], &b"A: b\r\n".repeat(HEAD_LIMIT)].concat();
        assert!(matches!(decode(&endless, 1000, 4), Err(Fault::Malformed(_))));
        assert!(matches!(decode(&vec![b'0'; HEAD_LIMIT], 1000, 4), Err(Fault::Malformed(_))));
    }
}
