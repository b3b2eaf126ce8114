//! What takes the members of an object that matter, on the one walk over a document.

use super::cursor::Member;

/// Sees the members of an object, in their order; of repeated keys, all.
pub(crate) trait Visitor {
    /// Which keys may matter: bit `n % 64` is set for keys of `n` bytes. All others are passed unseen.
    const LENGTHS: u64;

    /// Sees a member: its key, escapes resolved. Consumes the value by a method of `member`. `None` ends the walk.
    fn member(&mut self, key: &str, member: Member<'_, '_>) -> Option<()>;
}

/// [`Visitor::LENGTHS`] for these keys.
pub(crate) const fn lengths(keys: &[&str]) -> u64 {
    let (mut lengths, mut at) = (0, 0);
    while at < keys.len() {
        lengths |= 1 << (keys[at].len() % 64);
        at += 1;
    }
    lengths
}
