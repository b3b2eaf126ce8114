//! Bytes from a socket, as the direct runtime and the local gateway receive them.

use std::collections::VecDeque;

use arbitrary::Unstructured;

use crate::runtime::{Received, receive_all};

/// Responses of the Runtime API, in pieces of any size. The oracle is the same reader on all bytes at once. All content that
/// is read must also be a part of the bytes sent.
pub fn answers(data: &[u8]) {
    // The sizes are at the end, so that the fuzzer mutates the sent bytes first.
    let (wire, sizes) = data.split_at(data.len() - data.len().min(8));
    if wire.is_empty() {
        return;
    }
    let whole = receive_all(VecDeque::from([wire.to_vec()]));
    let bytes = receive_all(wire.iter().map(|&byte| vec![byte]).collect());
    assert_eq!(whole, bytes, "byte by byte");
    let (mut pieces, mut rest) = (VecDeque::new(), wire);
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(rest.len().min(usize::from(size) + 1));
        pieces.push_back(piece.to_vec());
        rest = behind;
    }
    if !sizes.is_empty() {
        assert_eq!(whole, receive_all(pieces), "in pieces of {sizes:?}");
    }
    let (answers, _) = whole;
    let received: usize = answers.iter().map(|answer| answer.body.len() + 12).sum();
    assert!(received <= wire.len(), "more than was sent");
    answers.iter().for_each(|answer| check_head(answer, wire));
    written_and_read(data);
}

/// A response that was read must have a final status, and only fields that were sent.
fn check_head(answer: &Received, wire: &[u8]) {
    assert!((200..1000).contains(&answer.status));
    for (name, value) in &answer.fields {
        assert!(!name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic() && *byte != b':'));
        assert!(!value.contains(&b'\n'));
        assert!(wire.windows(name.len()).any(|window| window == name), "a name that was not sent");
    }
}

/// A body that is written in any valid chunks must be read unchanged.
fn written_and_read(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let mut built = || -> arbitrary::Result<(Vec<u8>, Vec<u8>)> {
        let (mut wire, mut body) = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), Vec::new());
        for _ in 0..u.int_in_range(0..=5)? {
            let chunk = u.bytes(u.len().min(8))?;
            if !chunk.is_empty() {
                let extension = if u.arbitrary()? { ";x=y" } else { "" };
                wire.extend_from_slice(format!("{:X}{extension}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
                body.extend_from_slice(chunk);
            }
        }
        wire.extend_from_slice(b"0\r\n\r\n");
        Ok((wire, body))
    };
    let Ok((wire, body)) = built() else { return };
    let twice = [wire.clone(), wire].concat();
    let (answers, end) = receive_all(twice.chunks(usize::from(data[0]) + 1).map(<[u8]>::to_vec).collect());
    assert_eq!((answers.len(), end), (2, "lost"));
    assert!(answers.iter().all(|answer| answer.body == body && answer.keep));
}

/// Any bytes from a client of the local gateway. Every response must be valid, and none may be a 502, which would mean that
/// the engine refused the event or the response.
#[cfg(feature = "local")]
pub fn gateway(data: &[u8]) {
    let Some((&first, wire)) = data.split_first() else { return };
    let sources = crate::testing::sources().collect::<Vec<_>>();
    let output =
        crate::runtime::local::exchange_all(super::engine_of_all(), sources[usize::from(first) % sources.len()], wire);
    let mut rest = &output[..];
    while !rest.is_empty() {
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n").expect("a head with an end") + 4;
        let head = String::from_utf8_lossy(&rest[..end]).to_ascii_lowercase();
        let status = head.strip_prefix("http/1.").and_then(|line| line.get(2..5)).expect("a status line");
        let known = ["100", "200", "400", "403", "404", "413", "414", "431"];
        assert!(known.contains(&status), "{head}");
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
        rest = &rest[end..];
        // A response to HEAD has a length and no body. A body is JSON, which cannot be mistaken for a status line.
        if !rest.starts_with(b"HTTP/1.") && !rest.is_empty() {
            rest = &rest[length.map_or(0, |length| length.parse().expect("a number"))..];
        }
    }
}
