//! The names of parameters.

/// Whether `name` can name a parameter: letters, digits and `_`, no digit first.
pub(super) fn is_name(name: &str) -> bool {
    let word = |c: char| c == '_' || c.is_alphanumeric();
    name.chars().all(word) && name.chars().next().is_some_and(|c| !c.is_numeric())
}
