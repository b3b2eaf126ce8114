//! Maps of strings to strings, or to lists of strings: the form of headers and of query parameters.

use bumpalo::Bump;

use crate::json::{Entries, Items, Text, Value};

/// The two maps in which an event has the same data: one with a list for each name, and one with a value for each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Maps<'a> {
    /// The map that takes precedence.
    pub(super) first: Option<Value<'a>>,
    /// The map that counts for a name that the first map lacks, as in handwritten events.
    pub(super) second: Option<Value<'a>>,
}

impl<'a> Maps<'a> {
    /// `multi` counts for the names that it has; `single` for the others.
    pub(super) fn new(multi: Option<Value<'a>>, single: Option<Value<'a>>) -> Self {
        match multi {
            Some(_) => Self { first: multi, second: single },
            None => Self { first: single, second: None },
        }
    }
}

/// The strings of a value: its own, or those of its list. Numbers and booleans count as strings; the rest is left out.
pub(super) fn texts(value: Value<'_>) -> impl Iterator<Item = Text<'_>> {
    value.as_scalar_text().into_iter().chain(value.items().filter_map(Value::as_scalar_text))
}

/// The comparison of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Byte by byte.
    Exact,
    /// Letters of ASCII in either case.
    AnyCase,
}

impl Names {
    /// Returns whether two names are the same.
    fn same(self, a: Text<'_>, b: Text<'_>) -> bool {
        let plain = !a.has_escapes() && !b.has_escapes();
        plain
            && match self {
                Self::Exact => a.raw() == b.raw(),
                Self::AnyCase => a.raw().eq_ignore_ascii_case(b.raw()),
            }
    }

    /// A name in the form in which the same names are equal.
    fn key<'a>(self, name: Text<'a>, arena: &'a Bump) -> &'a str {
        let name = name.decode(arena);
        match self {
            Self::AnyCase if name.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                let lower = arena.alloc_str(name);
                lower.make_ascii_lowercase();
                lower
            }
            _ => name,
        }
    }
}

/// Every name with each of its values.
#[derive(Clone, Debug)]
pub(super) struct MultiMap<'a> {
    entries: Option<Entries<'a>>,
    name: Text<'a>,
    values: Option<Items<'a>>,
    /// The map that is walked next.
    next: Option<Second<'a>>,
    /// The first map, whose names the walk must not repeat.
    first: Option<First<'a>>,
    arena: &'a Bump,
}

#[derive(Clone, Copy, Debug)]
struct Second<'a> {
    map: Value<'a>,
    first: Value<'a>,
    names: Names,
}

impl<'a> Second<'a> {
    fn begin(self) -> (Entries<'a>, First<'a>) {
        let Self { map, first, names } = self;
        (map.entries(), First { twin: first.entries(), map: first, names, sorted: None })
    }
}

impl<'a> MultiMap<'a> {
    /// Walks the maps; nothing if there is no map.
    pub(super) fn new(maps: Maps<'a>, names: Names, arena: &'a Bump) -> Self {
        let next = maps.first.zip(maps.second).map(|(first, map)| Second { map, first, names });
        let entries = maps.first.map(Value::entries);
        Self { entries, name: Text::default(), values: None, next, first: None, arena }
    }

    /// Walks the second map alone: the names that the first one lacks.
    #[cold]
    fn behind(second: Second<'a>, arena: &'a Bump) -> Self {
        let (entries, first) = second.begin();
        Self { entries: Some(entries), name: Text::default(), values: None, next: None, first: Some(first), arena }
    }
}

/// Shows each name with each of its values, as [`MultiMap`] returns them. If the second map repeats the names of the
/// first in their order, as in events of REST APIs, one walk over both is enough. The flag is true if the value certainly
/// has no escapes.
#[inline(always)]
pub(super) fn each<'a>(maps: Maps<'a>, names: Names, arena: &'a Bump, mut show: impl FnMut(Text<'a>, Text<'a>, bool)) {
    let Some(map) = maps.first else { return };
    let mut entries = map.entries();
    let mut twins = maps.second.map(Value::entries);
    let mut repeats = true;
    while let Some((name, value)) = entries.advance() {
        let mut has_value = true;
        if let Some(text) = value.as_single_text() {
            show(name, text, !value.may_have_escapes());
        } else {
            has_value = false;
            for text in texts(value) {
                show(name, text, false);
                has_value = true;
            }
        }
        if let Some(twins) = &mut twins {
            repeats = repeats && has_value && twins.advance().is_some_and(|(twin, _)| twin.raw() == name.raw());
        }
    }
    if let (Some(second), Some(mut twins)) = (maps.second, twins)
        && !(repeats && twins.advance().is_none())
    {
        let rest = MultiMap::behind(Second { map: second, first: map, names }, arena);
        rest.for_each(|(name, text)| show(name, text, false));
    }
}

impl<'a> Iterator for MultiMap<'a> {
    type Item = (Text<'a>, Text<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(values) = &mut self.values {
                match values.find_map(Value::as_scalar_text) {
                    Some(value) => return Some((self.name, value)),
                    None => self.values = None,
                }
            }
            let Some((name, value)) = self.entries.as_mut()?.next() else {
                let (entries, first) = self.next.take()?.begin();
                (self.entries, self.first) = (Some(entries), Some(first));
                continue;
            };
            if let Some(first) = &mut self.first
                && first.has(name, self.arena)
            {
                continue;
            }
            match value.as_scalar_text() {
                Some(text) => return Some((name, text)),
                None => (self.name, self.values) = (name, Some(value.items())),
            }
        }
    }
}

/// The names of the first map, which the walk of the second one skips.
#[derive(Clone, Debug)]
struct First<'a> {
    /// REST APIs send both maps in the same order: the next entry mostly has the same name.
    twin: Entries<'a>,
    map: Value<'a>,
    names: Names,
    /// The names that have a value, sorted once the order differs: a linear search for each would be work that grows
    /// with the square of their number.
    sorted: Option<&'a [&'a str]>,
}

impl<'a> First<'a> {
    /// Returns whether the map has a value of this name.
    fn has(&mut self, name: Text<'a>, arena: &'a Bump) -> bool {
        if let Some((twin, value)) = self.twin.next()
            && self.names.same(twin, name)
            && texts(value).next().is_some()
        {
            return true;
        }
        let (map, names) = (self.map, self.names);
        let sorted = *self.sorted.get_or_insert_with(|| {
            let with_values = map.entries().filter(|(_, value)| texts(*value).next().is_some());
            let mut sorted = bumpalo::collections::Vec::new_in(arena);
            sorted.extend(with_values.map(|(name, _)| names.key(name, arena)));
            sorted.sort_unstable();
            sorted.into_bump_slice()
        });
        sorted.binary_search(&names.key(name, arena)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Index;

    /// Marsaglia's xorshift.
    struct Random(u64);

    impl Random {
        fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            from[((self.0 >> 32) % from.len() as u64) as usize]
        }

        fn map(&mut self, values: &[&str]) -> String {
            const NAMES: &[&str] = &["a", "A", "host", "Host", "HOST", "ho\\u0073t", "x-b", "c", ""];
            let count: usize = self.pick(&["0", "1", "2", "5"]).parse().unwrap();
            let members: Vec<String> =
                (0..count).map(|_| format!("\"{}\":{}", self.pick(NAMES), self.pick(values))).collect();
            format!("{{{}}}", members.join(self.pick(&[",", " , "])))
        }
    }

    /// Returns what both ways to walk the maps of a document show: its members `m` and `s`.
    fn walked(document: &str, names: Names) -> [Vec<(String, String)>; 2] {
        let (mut index, arena) = (Index::new(), Bump::new());
        let root = index.read(document.as_bytes()).expect(document).root();
        let maps = Maps::new(root.get("m"), root.get("s"));
        let owned = |(name, value): (Text<'_>, Text<'_>)| (name.raw().to_owned(), value.raw().to_owned());
        let mut shown = Vec::new();
        each(maps, names, &arena, |name, value, plain| {
            assert!(!plain || !value.has_escapes(), "{document}");
            shown.push(owned((name, value)));
        });
        [MultiMap::new(maps, names, &arena).map(owned).collect(), shown]
    }

    #[test]
    fn both_ways_to_walk_the_maps_show_the_same() {
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let lists = [
            "[\"1\"]",
            "[]",
            "[\"2\",\"3\"]",
            "[ \"4\" ]",
            "\"5\"",
            "null",
            "[6,true,null]",
            "[[\"7\"]]",
            "[\"\\\"8\"]",
        ];
        let singles = ["\"1\"", "\"\"", "2", "null", "\"a\\n\"", "[\"3\"]", "{\"host\":\"4\"}"];
        let mut longest = 0;
        for _ in 0..if cfg!(miri) { 20 } else { 2_000 } {
            let first = random.map(&lists);
            let second = random.map(&singles);
            // As REST APIs write them: the same names in the same order.
            let twin = first.replace("[\"1\"]", "\"1\"");
            for second in [&second, &twin, &"{}".to_owned()] {
                for (names, document) in [
                    (Names::AnyCase, format!("{{\"m\":{first},\"s\":{second}}}")),
                    (Names::Exact, format!("{{\"m\":{first},\"s\":{second}}}")),
                    (Names::AnyCase, format!("{{\"s\":{second}}}")),
                    (Names::AnyCase, format!("{{\"m\":{first}}}")),
                ] {
                    let [expected, shown] = walked(&document, names);
                    assert_eq!(shown, expected, "{names:?} {document}");
                    longest = longest.max(shown.len());
                }
            }
        }
        assert!(longest > 8, "{longest}");
    }
}
