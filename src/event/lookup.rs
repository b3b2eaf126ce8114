//! Maps looked up by name: header fields, parameters of the query.

use std::cell::{Cell, OnceCell, RefCell};

use bumpalo::Bump;

use super::decoded::Decoded;
use super::multi_map::{self, Maps, Names};
use crate::json::{Document, Keys, Value};

/// The parts of an event that are read on demand, and memory for them. Kept from one event to the next.
#[derive(Debug, Default)]
pub(crate) struct LookupTables {
    pub(super) headers: MapTables,
    pub(super) query: MapTables,
    /// True if a name in the maps of the query may have to be decoded before it is compared, once that was asked for.
    pub(super) encoded_names: OnceCell<bool>,
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

    /// Shows the values of a name, the last one first, until `take` takes one: those of the first map, or of the second if the
    /// first has none.
    pub(super) fn find_last<'a, T>(
        &self,
        document: Document<'a>,
        maps: impl Fn() -> Maps<'a>,
        names: Names,
        name: &str,
        arena: &'a Bump,
        take: impl Fn(&'a str) -> Option<T>,
    ) -> Option<T> {
        self.first.fill(|| maps().first);
        let found = self.first.find_last(document, names, name, arena, &take);
        if let Some(taken) = found {
            return taken;
        }
        let second = maps().second.filter(|map| map.may_have(name))?;
        self.second.fill(|| Some(second));
        self.second.find_last(document, names, name, arena, &take)?
    }

    /// The values of a name, in the order of the event: those of the first map, or of the second if the first has none.
    pub(super) fn values<'a, 'n>(
        &'a self,
        document: Document<'a>,
        maps: &dyn Fn() -> Maps<'a>,
        names: Names,
        name: &'n str,
        arena: &'a Bump,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.first.fill(|| maps().first);
        let mut table = &self.first;
        if table.find_last(document, names, name, arena, Some).is_none()
            && let Some(second) = maps().second.filter(|map| map.may_have(name))
        {
            self.second.fill(|| Some(second));
            table = &self.second;
        }
        table.values(document, names, name, arena)
    }
}

impl LookupTables {
    /// Forgets the event.
    pub(crate) fn clear(&mut self) {
        self.headers.clear();
        self.query.clear();
        self.encoded_names.take();
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

/// The keys of a map, once one of them was looked up.
#[derive(Debug, Default)]
struct MemberTable {
    filled: Cell<bool>,
    keys: RefCell<Keys>,
}

impl MemberTable {
    fn clear(&mut self) {
        self.filled.set(false);
        self.keys.get_mut().clear();
    }

    fn shrink_to(&mut self, members: usize) {
        self.keys.get_mut().shrink_to(members);
    }

    /// Fills the table from the map, unless that was done for this event.
    #[inline]
    fn fill<'a>(&self, map: impl FnOnce() -> Option<Value<'a>>) {
        if !self.filled.replace(true)
            && let Some(map) = map()
        {
            self.keys.borrow_mut().read(map);
        }
    }

    /// The values of all members of this name.
    fn values<'a, 'n>(
        &'a self,
        document: Document<'a>,
        names: Names,
        name: &'n str,
        arena: &'a Bump,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let mut from = 0;
        let members = std::iter::from_fn(move || {
            let keys = self.keys.borrow();
            let number = keys.next(document, from, name, names == Names::AnyCase)?;
            from = number + 1;
            keys.value(document, number)
        });
        members.flat_map(multi_map::texts).map(|text| text.decode(arena))
    }

    /// Shows the values of all members of this name, the last one first, until `take` takes one. Returns `None` if there is
    /// no value.
    #[inline(never)]
    fn find_last<'a, T>(
        &self,
        document: Document<'a>,
        names: Names,
        name: &str,
        arena: &'a Bump,
        take: impl Fn(&'a str) -> Option<T>,
    ) -> Option<Option<T>> {
        let keys = self.keys.borrow();
        let (mut before, mut has_value) = (usize::MAX, false);
        while let Some(number) = keys.previous(document, before, name, names == Names::AnyCase) {
            let taken = match keys.text(document, number) {
                Some((text, escaped)) => {
                    has_value = true;
                    take(if escaped { text.decode(arena) } else { text.raw() })
                }
                None => multi_map::texts(keys.value(document, number)?).fold(None, |found, text| {
                    has_value = true;
                    take(text.decode(arena)).or(found)
                }),
            };
            if taken.is_some() {
                return Some(taken);
            }
            before = number;
        }
        has_value.then_some(None)
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
        let arena = Bump::new();
        let last = |name| table.find_last(document, Names::AnyCase, name, &arena, Some).flatten();
        let expected = [
            ("ONE", Some("1")),
            ("list", Some("c")),
            ("spaced", Some("e")),
            ("single", Some("f")),
            ("escaped", Some("g")),
            ("quote", Some("\"h\"")),
            ("listed", Some("\"i")),
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
        let numbers = |from| table.keys.borrow().next(document, from, "list", true);
        assert_eq!(
            [numbers(0), numbers(1), numbers(2), numbers(3), numbers(4)],
            [Some(1), Some(1), Some(2), Some(3), None]
        );
        assert!(
            table.find_last(document, Names::Exact, "LIST", &arena, Some).is_none(),
            "an empty list, by a name of just this case"
        );
    }
}

#[cfg(test)]
#[path = "lookup_tests.rs"]
mod walks;
