//! Responses that are not to HTTP requests.

use super::buffer::ResponseBuffer;

impl ResponseBuffer {
    /// Takes the buffer of the piece, for a payload that is written as a whole.
    pub(crate) fn take_payload(&mut self) -> Vec<u8> {
        self.piece.clear();
        std::mem::take(&mut self.piece)
    }

    /// Puts the buffer back: [`piece`](Self::piece) is the payload.
    pub(crate) fn restore_payload(&mut self, payload: Vec<u8>) {
        self.piece = payload;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_of_a_payload_is_used_again() {
        let mut buffer = ResponseBuffer::new();
        let mut payload = buffer.take_payload();
        payload.extend_from_slice(b"{}");
        buffer.restore_payload(payload);
        assert_eq!(buffer.piece(), b"{}");
        assert!(buffer.take_payload().is_empty());
    }
}
