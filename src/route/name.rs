//! The names of parameters.

/// Returns whether `name` is valid: letters, digits and `_`, and no digit at the start.
pub(super) fn is_name(name: &str) -> bool {
    let word = |c: char| c == '_' || c.is_alphanumeric();
    name.chars().all(word) && name.chars().next().is_some_and(|c| !c.is_numeric())
}
