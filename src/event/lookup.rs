//! LookupTables looked up by name: header fields, parameters of the query.

use std::cell::{Cell, RefCell};

use super::decoded::Decoded;
use super::multi_map::{self, Maps};
use crate::json::{Document, Place, Span, Text, Value};

/// The parts of an event that are read on demand, and memory for them. Kept from one event to the next.
#[derive(Debug, Default)]
pub(crate) struct LookupTables {
    pub(super) headers: MapTables,
    pub(super) query: MapTables,
    pub(super) body: Decoded,
}

/// The members of the two maps in which an event has the same data.
#[derive(Debug, Default)]
pub(super) struct MapTables {
    first: MemberTable,
    second: MemberTable,
}

impl MapTables {
    fn clear(&mut self) {
        self.first.clear();
        self.second.clear();
    }

    fn shrink_to(&mut self, members: usize) {
        self.first.shrink_to(members);
        self.second.shrink_to(members);
    }

    /// The last text of a name: that of the first map, or of the second if the first has none.
    pub(super) fn last_text<'a>(
        &self,
        document: Document<'a>,
        maps: impl Fn() -> Maps<'a>,
        name: &str,
        same: impl Fn(Text<'a>, &str) -> bool,
    ) -> Option<Text<'a>> {
        self.first.fill(|| maps().first);
        let text = self.first.last_text(document, name, &same);
        if text.is_some() {
            return text;
        }
        let second = maps().second.filter(|map| map.may_have(name))?;
        self.second.fill(|| Some(second));
        self.second.last_text(document, name, same)
    }

    /// The values of a name, in the order of the event: those of the first map, or of the second if the first has none.
    pub(super) fn values<'a, 'n>(
        &'a self,
        document: Document<'a>,
        maps: impl Fn() -> Maps<'a>,
        name: &'n str,
        same: fn(Text<'a>, &str) -> bool,
    ) -> Values<'a, 'n> {
        self.first.fill(|| maps().first);
        let mut table = &self.first;
        if table.last_text(document, name, same).is_none()
            && let Some(second) = maps().second.filter(|map| map.may_have(name))
        {
            self.second.fill(|| Some(second));
            table = &self.second;
        }
        Values { table, document, from: 0, name, same }
    }
}

/// The values of all members of a name.
pub(super) struct Values<'a, 'n> {
    table: &'a MemberTable,
    document: Document<'a>,
    /// The number of the next member.
    from: usize,
    name: &'n str,
    same: fn(Text<'a>, &str) -> bool,
}

impl<'a> Iterator for Values<'a, '_> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (number, value) = self.table.next(self.document, self.from, self.name, self.same)?;
        self.from = number + 1;
        Some(value)
    }
}

impl LookupTables {
    /// Forgets the event.
    pub(crate) fn clear(&mut self) {
        self.headers.clear();
        self.query.clear();
        self.body.clear();
    }

    /// Frees the memory above this number of members in each of the maps.
    pub(crate) fn shrink_to(&mut self, members: usize) {
        self.headers.shrink_to(members);
        self.query.shrink_to(members);
    }

    /// The number of bytes of a decoded body that it keeps.
    pub(crate) fn body_capacity(&mut self) -> usize {
        self.body.capacity()
    }

    /// Frees the memory of a decoded body above this number of bytes.
    pub(crate) fn shrink_body(&mut self, bytes: usize) {
        self.body.shrink_to(bytes);
    }
}

/// The positions of the names and values of a map, once one of them was looked up.
#[derive(Debug, Default)]
struct MemberTable {
    filled: Cell<bool>,
    /// The length of each name, or [`ANY_LENGTH`]. Few names have the same length: a look-up reads little else.
    lengths: RefCell<Vec<u32>>,
    members: RefCell<Vec<(Place, Span)>>,
}

/// The length of a name with escapes: only with escapes can strings of different lengths be equal.
const ANY_LENGTH: u32 = u32::MAX;

impl MemberTable {
    fn clear(&mut self) {
        self.filled.set(false);
        self.lengths.get_mut().clear();
        self.members.get_mut().clear();
    }

    fn shrink_to(&mut self, members: usize) {
        self.lengths.get_mut().shrink_to(members);
        self.members.get_mut().shrink_to(members);
    }

    /// Fills the table from the map, unless that was done for this event.
    #[inline]
    fn fill<'a>(&self, map: impl FnOnce() -> Option<Value<'a>>) {
        if !self.filled.replace(true)
            && let Some(map) = map()
        {
            let mut members = self.members.borrow_mut();
            map.places(&mut members);
            let lengths = members.iter().map(|(name, _)| name.length().unwrap_or(ANY_LENGTH));
            self.lengths.borrow_mut().extend(lengths);
        }
    }

    /// The first member from number `from` on that has this name: its number and its value.
    fn next<'a>(
        &self,
        document: Document<'a>,
        from: usize,
        name: &str,
        same: impl Fn(Text<'a>, &str) -> bool,
    ) -> Option<(usize, Value<'a>)> {
        let lengths = self.lengths.borrow();
        let mut numbers = lengths.iter().enumerate().skip(from);
        numbers.find_map(|(number, &length)| Some((number, self.value(document, number, length, name, &same)?)))
    }

    /// The last text among the values of all members of this name.
    fn last_text<'a>(
        &self,
        document: Document<'a>,
        name: &str,
        same: impl Fn(Text<'a>, &str) -> bool,
    ) -> Option<Text<'a>> {
        let lengths = self.lengths.borrow();
        lengths.iter().enumerate().rev().find_map(|(number, &length)| {
            let value = self.value(document, number, length, name, &same)?;
            value.as_single_text().or_else(|| multi_map::texts(value).last())
        })
    }

    /// The value of a member, if that has this name.
    #[inline(always)]
    fn value<'a>(
        &self,
        document: Document<'a>,
        number: usize,
        length: u32,
        name: &str,
        same: impl Fn(Text<'a>, &str) -> bool,
    ) -> Option<Value<'a>> {
        if length as usize != name.len() && length != ANY_LENGTH {
            return None;
        }
        let (own, value) = *self.members.borrow().get(number)?;
        same(document.text_at(own), name).then(|| document.value(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Index;

    #[test]
    fn the_last_text_of_a_name_is_found_in_every_form() {
        let payload = br#"{
            "one": "1", "list": ["a"], "List": ["b","c"], "LIST": [], "spaced": [ "d" , "e" ], "single":[ "f" ],
            "esc\u0061ped": "g", "quote": "\"h\"", "listed": ["\"i"], "wrong": [["j"], true], "number": 1, "null": null,
            "mixed": [1,"k",null], "none": [], "twice": "l", "twice": {"twice": "m"}, "empty": "", "empties": [""]
        }"#;
        let mut index = Index::new();
        let document = index.read(payload).expect("the document is valid");
        let table = MemberTable::default();
        table.fill(|| Some(document.root()));
        let last = |name| table.last_text(document, name, Text::eq_ignore_ascii_case).map(Text::raw);
        let expected = [
            ("ONE", Some("1")),
            ("list", Some("c")),
            ("spaced", Some("e")),
            ("single", Some("f")),
            ("escaped", Some("g")),
            ("quote", Some(r#"\"h\""#)),
            ("listed", Some(r#"\"i"#)),
            ("mixed", Some("k")),
            ("number", Some("1")),
            ("wrong", Some("true")),
            ("twice", Some("l")),
            ("empty", Some("")),
            ("empties", Some("")),
        ];
        for (name, text) in expected {
            assert_eq!(last(name), text, "{name}");
        }
        for name in ["", "lis", "lists", "null", "none", "m"] {
            assert_eq!(last(name), None, "{name}");
        }
        let numbers = |from| table.next(document, from, "list", Text::eq_ignore_ascii_case).map(|(number, _)| number);
        assert_eq!(
            [numbers(0), numbers(1), numbers(2), numbers(3), numbers(4)],
            [Some(1), Some(1), Some(2), Some(3), None]
        );
        assert!(table.last_text(document, "LIST", Text::eq).is_none(), "an empty list, by a name of just this case");
    }
}
