//! Bytes that a [`Connection`](super::Connection) receives instead of those from a socket, for the fuzzer.

use std::collections::VecDeque;

/// The pieces that are still to be received, none of them empty.
#[derive(Debug)]
pub(super) struct Script(pub(super) VecDeque<Vec<u8>>);

impl Script {
    /// Moves as much of the next piece into `room` as fits, and returns the number of bytes; 0 after the last piece.
    pub(super) fn receive(&mut self, room: &mut [u8]) -> usize {
        let Some(piece) = self.0.front_mut() else { return 0 };
        let length = piece.len().min(room.len());
        room[..length].copy_from_slice(&piece[..length]);
        piece.drain(..length);
        if piece.is_empty() {
            self.0.pop_front();
        }
        length
    }
}
