//! Caught panics: their messages, and destructors that may panic.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Takes the message out of the payload of a panic.
#[cold]
pub(crate) fn message(payload: Box<dyn Any + Send>) -> Box<str> {
    let message = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the panic has no message")
        .into();
    discard(payload);
    message
}

/// Drops a value whose destructor may panic. The panic hook has reported that panic; it is not passed on.
pub(crate) fn discard<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // The payload may have such a destructor too.
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::panic_any;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_any(Self);
        }
    }

    #[test]
    fn panics_of_destructors_are_caught() {
        discard(Bomb);
        let payload = catch_unwind(|| panic_any(Bomb)).unwrap_err();
        assert_eq!(&*message(payload), "the panic has no message");
    }

    #[test]
    fn messages_are_taken_from_both_kinds_of_strings() {
        assert_eq!(&*message(catch_unwind(|| panic!("plain")).unwrap_err()), "plain");
        assert_eq!(&*message(catch_unwind(|| panic!("number {}", 1)).unwrap_err()), "number 1");
    }
}
