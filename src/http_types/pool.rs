//! Buffers of requests, which are reused: a request returns its buffer when the last slice of it is dropped.

use std::cell::RefCell;

use bytes::Bytes;

/// How many buffers a thread keeps, and how large they may be.
const KEPT: usize = 4;
const MOST_BYTES: usize = 64 * 1024;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer that returns to the pool of the thread on which it is dropped.
struct Kept(Vec<u8>);

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.0.capacity() > MOST_BYTES {
            return;
        }
        let mut buffer = std::mem::take(&mut self.0);
        buffer.clear();
        // A thread that ends has no pool any more.
        let _ = BUFFERS.try_with(|buffers| {
            if let Ok(mut buffers) = buffers.try_borrow_mut()
                && buffers.len() < KEPT
            {
                buffers.push(buffer);
            }
        });
    }
}

/// Returns an empty buffer with room for `bytes`.
pub(super) fn take(bytes: usize) -> Vec<u8> {
    if bytes > MOST_BYTES {
        return Vec::with_capacity(bytes);
    }
    let mut buffer = BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.reserve(bytes);
    buffer
}

/// Makes the bytes of a buffer shareable.
pub(super) fn share(buffer: Vec<u8>) -> Bytes {
    Bytes::from_owner(Kept(buffer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_returns_when_its_last_slice_is_dropped() {
        BUFFERS.with_borrow_mut(Vec::clear);
        let mut buffer = take(1000);
        buffer.extend_from_slice(b"some bytes");
        let (place, capacity) = (buffer.as_ptr(), buffer.capacity());
        let shared = share(buffer);
        let slice = shared.slice(5..);
        drop(shared);
        assert!(BUFFERS.with_borrow(Vec::is_empty), "somebody holds on to it");
        assert_eq!(slice, "bytes");
        drop(slice);
        let again = take(10);
        assert_eq!((again.as_ptr(), again.capacity(), again.len()), (place, capacity, 0));
    }

    #[test]
    fn few_buffers_are_kept_and_no_large_ones() {
        BUFFERS.with_borrow_mut(Vec::clear);
        let shared: Vec<Bytes> = (0..10).map(|_| share(Vec::with_capacity(100))).collect();
        drop(shared);
        assert_eq!(BUFFERS.with_borrow(Vec::len), KEPT);
        BUFFERS.with_borrow_mut(Vec::clear);
        drop(share(Vec::with_capacity(MOST_BYTES + 1)));
        assert!(BUFFERS.with_borrow(Vec::is_empty));
    }
}
