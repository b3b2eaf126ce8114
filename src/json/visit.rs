//! What takes the members of an object that matter, on the one walk over a document.

use super::cursor::Member;

/// Sees the members of an object that matter to it, in their order; of repeated keys, all.
pub(crate) trait Visitor {
    /// What a key can name.
    type Field: Copy;

    /// Which keys may matter: the [`marks`] of their names. All others are passed unseen.
    const MARKS: u64;

    /// What a key names, escapes resolved; `None` if it does not matter. No name has a backslash.
    fn field(key: &[u8]) -> Option<Self::Field>;

    /// Sees a member. Consumes the value by a method of `member`. `None` ends the walk.
    fn member(&mut self, field: Self::Field, member: Member<'_, '_>) -> Option<()>;
}

/// [`Visitor::MARKS`] for these keys.
///
/// # Panics
///
/// If one is empty: it would never be shown.
pub(crate) const fn marks(keys: &[&str]) -> u64 {
    let (mut marks, mut at) = (0, 0);
    while at < keys.len() {
        assert!(!keys[at].is_empty());
        marks |= mark(keys[at].as_bytes());
        at += 1;
    }
    marks
}

/// A bit by the length of a key and its first byte. Of the fields that gateways send in `requestContext`, none that does
/// not matter has the bit of one that does.
#[inline(always)]
pub(crate) const fn mark(key: &[u8]) -> u64 {
    match key {
        [first, ..] => 1 << (key.len().wrapping_mul(3).wrapping_add(*first as usize) % 64),
        [] => 0,
    }
}
