//! Prefixes that are taken off the path before it is routed: base-path mappings of custom domains.

use bumpalo::Bump;

use crate::route::Path;

/// One prefix, as it was registered.
pub(super) enum Prefix {
    /// A whole number of segments at the beginning.
    Text(String),
    /// Every match of a regex, anywhere.
    #[cfg(feature = "regex")]
    Regex(regex_lite::Regex),
}

/// The path without what the prefixes take off. `escaped` has the escaped escaped of the path, and gets those of what is
/// left.
///
/// In their order: the first text that fits ends the matter, while regexes take off what they match and go on.
pub(super) fn strip<'r>(prefixes: &[Prefix], path: &'r str, escaped: &mut Vec<u32>, arena: &'r Bump) -> &'r str {
    #[cfg(not(feature = "regex"))]
    let _ = arena;
    #[cfg(feature = "regex")]
    let mut path = path;
    for prefix in prefixes {
        match prefix {
            Prefix::Text(prefix) => {
                let Some(rest) = path.strip_prefix(prefix.as_str()) else { continue };
                if prefix.is_empty() || !(rest.is_empty() || rest.starts_with('/')) {
                    continue;
                }
                let length = prefix.len() as u32;
                // Escaped slashes are no ends of segments, neither those in the prefix nor the one after it.
                if escaped.first().is_some_and(|slash| *slash <= length) {
                    continue;
                }
                escaped.iter_mut().for_each(|slash| *slash -= length);
                return root_if_empty(rest, escaped);
            }
            #[cfg(feature = "regex")]
            Prefix::Regex(regex) => {
                if regex.is_match(path) {
                    path = root_if_empty(without(regex, path, escaped, arena), escaped);
                }
            }
        }
    }
    path
}

/// What is left of nothing is the root.
fn root_if_empty<'r>(path: &'r str, escaped: &mut Vec<u32>) -> &'r str {
    if !path.is_empty() {
        return path;
    }
    escaped.clear();
    "/"
}

/// The path without the matches of `regex`.
#[cfg(feature = "regex")]
fn without<'r>(regex: &regex_lite::Regex, path: &str, escaped: &mut Vec<u32>, arena: &'r Bump) -> &'r str {
    let mut left = bumpalo::collections::String::with_capacity_in(path.len(), arena);
    // All in one pass: a path may have many matches and many slashes.
    let (mut end, mut removed, mut next, mut kept) = (0, 0, 0, 0);
    let matches = regex.find_iter(path).map(|found| (found.start(), found.end()));
    for (from, to) in matches.chain([(path.len(), path.len())]) {
        left.push_str(&path[end..from]);
        while let Some(&slash) = escaped.get(next)
            && (slash as usize) < to
        {
            if (slash as usize) < from {
                escaped[kept] = slash - removed;
                kept += 1;
            }
            next += 1;
        }
        removed += (to - from) as u32;
        end = to;
    }
    escaped.truncate(kept);
    left.into_bump_str()
}

/// The prefixes of an app.
#[derive(Default)]
pub(crate) struct Prefixes(pub(super) Vec<Prefix>);

impl Prefixes {
    /// The path as it is routed.
    pub(crate) fn strip<'r, 's>(&self, path: &'r str, escaped: &'s mut Vec<u32>, arena: &'r Bump) -> Path<'s>
    where
        'r: 's,
    {
        let text = if self.0.is_empty() { path } else { strip(&self.0, path, escaped, arena) };
        Path { text, escaped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(prefixes: &[&str], path: &str) -> String {
        let prefixes: Vec<_> = prefixes
            .iter()
            .map(|prefix| match prefix.strip_prefix("re:") {
                #[cfg(feature = "regex")]
                Some(regex) => Prefix::Regex(regex_lite::Regex::new(regex).unwrap()),
                _ => Prefix::Text((*prefix).to_owned()),
            })
            .collect();
        let arena = Bump::new();
        let find = |text: &str| text.match_indices('/').map(|(at, _)| at as u32).collect::<Vec<_>>();
        // As if all slashes were escaped; that of a root put in for nothing is not. Texts end at slashes that are not.
        let has_text = prefixes.iter().any(|prefix| matches!(prefix, Prefix::Text(_)));
        let slashes = |text: &str| if has_text { Vec::new() } else { find(text) };
        let mut escaped = slashes(path);
        let left = strip(&prefixes, path, &mut escaped, &arena);
        assert!(escaped == slashes(left) || (left, &escaped[..]) == ("/", &[]), "{path} without {left}: {escaped:?}");
        left.to_owned()
    }

    #[test]
    fn an_escaped_slash_ends_no_prefix() {
        let arena = Bump::new();
        let prefixes = [Prefix::Text("/a/b".to_owned())];
        for (escaped, left, rest) in [
            (&[][..], "/c", &[][..]),
            (&[2][..], "/a/b/c", &[2][..]),
            (&[4][..], "/a/b/c", &[4][..]),
            (&[2, 4][..], "/a/b/c", &[2, 4][..]),
        ] {
            let mut own = escaped.to_vec();
            assert_eq!((strip(&prefixes, "/a/b/c", &mut own, &arena), &own[..]), (left, rest));
        }
        let mut own = vec![6];
        assert_eq!((strip(&prefixes, "/a/b/c/d", &mut own, &arena), &own[..]), ("/c/d", &[2][..]));
    }

    #[test]
    fn texts_are_whole_segments_and_the_first_that_fits_ends() {
        for (path, wanted) in [
            ("/pay", "/"),
            ("/pay/", "/"),
            ("/pay/x", "/x"),
            ("/payment/x", "/payment/x"),
            ("/pay/pay/x", "/pay/x"),
            ("/x/pay", "/x/pay"),
            ("", ""),
        ] {
            assert_eq!(stripped(&["/pay"], path), wanted);
        }
        assert_eq!(stripped(&["/a", "/a/b"], "/a/b/x"), "/b/x");
        assert_eq!(stripped(&["", "/a"], "/a/x"), "/x");
        assert_eq!(stripped(&["/pay/"], "/pay/"), "/");
        assert_eq!(stripped(&["/pay/"], "/pay//x"), "/x");
    }

    #[test]
    #[cfg(feature = "regex")]
    fn regexes_take_off_all_that_they_match_and_go_on() {
        assert_eq!(stripped(&[r"re:/v\d"], "/x/v2/y"), "/x/y");
        assert_eq!(stripped(&[r"re:/v\d"], "/v1/v2/x"), "/x");
        assert_eq!(stripped(&[r"re:^/v\d"], "/v1"), "/");
        assert_eq!(stripped(&[r"re:/v\d", "/foo"], "/v1/foo/x"), "/x");
        assert_eq!(stripped(&["/foo", r"re:/v\d"], "/foo/v1/x"), "/v1/x");
        assert_eq!(stripped(&["re:x*"], "/axxb/x"), "/ab/");
    }
}
