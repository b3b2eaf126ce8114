//! Responses that are not to HTTP requests.

use super::draft::Draft;

impl Draft {
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
        let mut draft = Draft::new();
        let mut payload = draft.take_payload();
        payload.extend_from_slice(b"{}");
        draft.restore_payload(payload);
        assert_eq!(draft.piece(), b"{}");
        assert!(draft.take_payload().is_empty());
    }
}
