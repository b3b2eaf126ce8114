//! The header fields of a response while it is being made.

use std::fmt;

use crate::http::header;

pub(super) const CONTENT_TYPE: &str = "Content-Type";
pub(super) const SET_COOKIE: &str = "Set-Cookie";

/// The most fields of one response. To find the fields of a name all are compared, so the work grows with the square of
/// their number: without a bound, a handler that sends back the fields of the request could be kept busy. No gateway
/// takes as many.
const MOST_FIELDS: usize = 1024;

/// Names and values in one buffer that is reused: setting a field allocates nothing once the buffer has its size.
#[derive(Debug, Default)]
pub(crate) struct Head {
    text: String,
    fields: Vec<Field>,
}

/// INVARIANT: the ranges lie in `text`, on character boundaries.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: (u32, u32),
    value: (u32, u32),
}

impl Head {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
    }

    /// Shrinks the buffers that a large response has made grow.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        self.text.shrink_to(bytes);
        self.fields.shrink_to(bytes / 64);
    }

    /// Returns whether there is no field.
    pub(crate) const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn push_text(&mut self, text: &str) -> (u32, u32) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        (start, self.text.len() as u32)
    }

    fn slice(&self, (start, end): (u32, u32)) -> &str {
        &self.text[start as usize..end as usize]
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| self.slice(field.name).eq_ignore_ascii_case(name))
    }

    /// Checks whether the field may be sent.
    fn check(&self, name: &str, value: &str) -> Result<(), HeaderError> {
        if self.fields.len() >= MOST_FIELDS {
            Err(HeaderError::new(name, Part::Count))
        } else {
            check_field(name, value)
        }
    }

    /// Sets a field: the first of its name keeps its place and gets the value, others of that name are removed.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.check(name, value)?;
        self.set_checked(name, value);
        Ok(())
    }

    /// Sets a field of this crate or of the configuration, which `build` has checked. It counts towards no limit.
    pub(crate) fn set_checked(&mut self, name: &str, value: &str) {
        debug_assert!(check_field(name, value).is_ok(), "{name}: {value:?}");
        let Some(first) = self.position(name) else { return self.push(name, value) };
        self.fields[first].value = self.push_text(value);
        let (text, mut index) = (&self.text, 0);
        self.fields.retain(|field| {
            index += 1;
            index <= first + 1 || !text[field.name.0 as usize..field.name.1 as usize].eq_ignore_ascii_case(name)
        });
    }

    /// Adds a field, and keeps those of its name.
    pub(crate) fn append(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.check(name, value)?;
        self.push(name, value);
        Ok(())
    }

    /// Adds a field of this crate, and keeps those of its name. It counts towards no limit.
    pub(crate) fn append_checked(&mut self, name: &str, value: &str) {
        debug_assert!(check_field(name, value).is_ok(), "{name}: {value:?}");
        self.push(name, value);
    }

    fn push(&mut self, name: &str, value: &str) {
        let (name, value) = (self.push_text(name), self.push_text(value));
        self.fields.push(Field { name, value });
    }

    /// Removes all fields of a name.
    pub(crate) fn remove(&mut self, name: &str) {
        let text = &self.text;
        self.fields.retain(|field| !text[field.name.0 as usize..field.name.1 as usize].eq_ignore_ascii_case(name));
    }

    /// Returns the last value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values(name).last()
    }

    /// Returns all values of a name, in their order.
    pub(crate) fn values<'h, 'n>(&'h self, name: &'n str) -> impl Iterator<Item = &'h str> + use<'h, 'n> {
        self.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns all fields, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (self.slice(field.name), self.slice(field.value)))
    }

    /// Returns each name once, in the order of the first field of each.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.iter()
            .enumerate()
            .filter(|(index, (name, _))| self.position(name) == Some(*index))
            .map(|(_, (name, _))| name)
    }
}

/// Checks whether a field may be sent.
pub(crate) fn check_field(name: &str, value: &str) -> Result<(), HeaderError> {
    if !header::valid_name(name) {
        Err(HeaderError::new(name, Part::Name))
    } else if !header::valid_value(value) {
        Err(HeaderError::new(name, Part::Value))
    } else {
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Name,
    Value,
    /// The field itself is valid: there are too many before it.
    Count,
}

/// A response header that must not be sent: its name is not a token ([RFC 9110 section 5.6.2][token]), or its value
/// holds a line break or another control character ([section 5.5][value]), with which a response could be split; or
/// there are 1024 fields before it, which is more than any gateway takes.
///
/// Error handlers receive it; without one the invocation fails.
///
/// [token]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
/// [value]: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError {
    name: Box<str>,
    part: Part,
}

impl HeaderError {
    #[cold]
    fn new(name: &str, part: Part) -> Self {
        Self { name: name.into(), part }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.part {
            Part::Name => "its name is not a token",
            Part::Value => "its value holds a control character",
            Part::Count => {
                return write!(f, "the response header {:?} was refused: {MOST_FIELDS} are before it", self.name);
            }
        };
        write!(f, "the response header {:?} was refused: {why}", self.name)
    }
}

impl std::error::Error for HeaderError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(head: &Head) -> Vec<(&str, &str)> {
        head.iter().collect()
    }

    /// The list that is searched for each field stays short, however many fields are set.
    #[test]
    #[cfg_attr(miri, ignore = "compares names ten million times")]
    fn more_fields_than_a_gateway_takes_are_refused() {
        type Add = fn(&mut Head, &str, &str) -> Result<(), HeaderError>;
        for add in [Head::set as Add, Head::append] {
            let mut head = Head::default();
            let name = |index: usize| format!("X-{index}");
            (0..MOST_FIELDS).for_each(|index| add(&mut head, &name(index), "v").unwrap());
            for index in MOST_FIELDS..10 * MOST_FIELDS {
                let refused = add(&mut head, &name(index), "v").unwrap_err().to_string();
                assert_eq!(refused, format!("the response header \"X-{index}\" was refused: 1024 are before it"));
            }
            assert_eq!((head.fields.len(), head.names().count()), (MOST_FIELDS, MOST_FIELDS));
        }
    }

    #[test]
    fn set_replaces_in_place_whatever_the_case() {
        let mut head = Head::default();
        head.set("X-A", "1").unwrap();
        head.set("X-B", "2").unwrap();
        head.append("x-a", "3").unwrap();
        head.set("x-A", "4").unwrap();
        assert_eq!(fields(&head), [("X-A", "4"), ("X-B", "2")]);
        head.append("X-b", "5").unwrap();
        assert_eq!(head.get("x-b"), Some("5"));
        assert_eq!(head.values("x-b").collect::<Vec<_>>(), ["2", "5"]);
        assert_eq!(head.names().collect::<Vec<_>>(), ["X-A", "X-B"]);
        head.remove("X-B");
        assert_eq!(fields(&head), [("X-A", "4")]);
        head.clear();
        assert_eq!(fields(&head), []);
    }

    #[test]
    fn a_field_that_could_split_a_response_is_refused() {
        for (name, value) in [("X-A", "a\r\nSet-Cookie: b=c"), ("X A", "b"), ("", "b"), ("X-A", "\0"), ("X:A", "b")] {
            let mut head = Head::default();
            head.set("X-Good", "yes").unwrap();
            for refused in [head.set(name, value), head.append(name, value)] {
                assert!(refused.unwrap_err().to_string().contains("was refused"));
            }
            assert_eq!(fields(&head), [("X-Good", "yes")]);
        }
    }

    #[test]
    fn the_memory_of_many_fields_is_freed() {
        let mut head = Head::default();
        for index in 0..1000 {
            head.append(if index % 2 == 0 { "X-A" } else { "X-B" }, "some value").unwrap();
        }
        head.clear();
        assert!(head.text.capacity() > 10_000 && head.fields.capacity() >= 1000);
        head.shrink(640);
        assert!(head.text.capacity() < 1000 && head.fields.capacity() < 20);
    }
}
