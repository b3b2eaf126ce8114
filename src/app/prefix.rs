//! Prefixes that are stripped from the path before it is routed: base-path mappings of custom domains.

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

impl Prefix {
    /// Makes a prefix of `text`, a decoded path, without the slashes at its end.
    pub(super) fn text(text: &str) -> Result<Self, String> {
        let path = text.trim_end_matches('/');
        let segments = || path.split('/').skip(1);
        let escape =
            |at: usize| path.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        if path.is_empty() {
            // The prefix may come from the configuration of an app, and strips nothing.
            return Ok(Self::Text(String::new()));
        }
        let fault = if !path.starts_with('/') {
            return Err(format!("a prefix starts with a slash; write {:?}", format!("/{path}")));
        } else if path.chars().any(char::is_control) {
            "it holds a control character; remove it"
        } else if segments().any(|segment| segment != segment.trim()) {
            "a segment neither begins nor ends with a blank; remove it"
        } else if path.match_indices('%').any(|(at, _)| escape(at)) {
            "it is compared with the decoded path; write the character itself"
        } else if path.contains(['?', '#']) {
            "a path ends before a `?` or `#`; remove the rest"
        } else if path.contains(['{', '}', '<', '>', '*', '\\', '^', '[', '|'])
            || segments().any(|segment| segment.starts_with(':'))
        {
            "it is plain text, without parameters; `strip_prefix_regex` takes a regex"
        } else {
            return Ok(Self::Text(path.to_owned()));
        };
        Err(fault.to_owned())
    }
}

/// Returns the path without its prefixes. `escaped` holds the offsets of slashes that were decoded from `%2F`; they are
/// updated to those of the returned path.
///
/// The prefixes are tried in their order. The first string that fits is the last prefix tried, while the search goes on
/// after a regex.
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
                // Escaped slashes do not end segments, neither those in the prefix nor the one after it.
                if escaped.first().is_some_and(|slash| *slash <= length) {
                    continue;
                }
                escaped.iter_mut().for_each(|slash| *slash -= length);
                return root_if_empty(rest, escaped);
            }
            #[cfg(feature = "regex")]
            Prefix::Regex(regex) => {
                path = root_if_empty(without(regex, path, escaped, arena), escaped);
            }
        }
    }
    path
}

/// Turns an empty remainder into `/`.
fn root_if_empty<'r>(path: &'r str, escaped: &mut Vec<u32>) -> &'r str {
    if !path.is_empty() {
        return path;
    }
    escaped.clear();
    "/"
}

/// How many bytes a regex may search, in addition to twice the path: each search may read up to the end, so the matches
/// of a long path would take time that grows with the square of its length.
#[cfg(feature = "regex")]
const ENGINE_BYTES: usize = 1 << 18;

/// Returns the path without the matches of `regex`, or the path as it is if they take too much work to find.
#[cfg(feature = "regex")]
fn without<'r>(regex: &regex_lite::Regex, path: &'r str, escaped: &mut Vec<u32>, arena: &'r Bump) -> &'r str {
    let Some(found) = matches(regex, path, arena) else { return path };
    if found.is_empty() {
        return path;
    }
    let mut left = bumpalo::collections::String::with_capacity_in(path.len(), arena);
    // Everything is done in one pass: a path may have many matches and many slashes.
    let (mut end, mut removed, mut next, mut kept) = (0, 0, 0, 0);
    for (from, to) in found.iter().copied().chain([(path.len(), path.len())]) {
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

/// Returns the ranges of the path that `regex` matches, or `None` if they take too much work to find.
#[cfg(feature = "regex")]
fn matches<'r>(
    regex: &regex_lite::Regex,
    path: &str,
    arena: &'r Bump,
) -> Option<bumpalo::collections::Vec<'r, (usize, usize)>> {
    let mut found = bumpalo::collections::Vec::new_in(arena);
    let (mut at, mut budget) = (0, ENGINE_BYTES + 2 * path.len());
    while at <= path.len() {
        budget = budget.checked_sub(path.len() - at + 1)?;
        let Some(next) = regex.find_at(path, at) else { break };
        if next.is_empty() {
            // An empty match strips nothing. The next search begins after the next character.
            at = next.end() + path[next.end()..].chars().next().map_or(1, char::len_utf8);
        } else {
            found.push((next.start(), next.end()));
            at = next.end();
        }
    }
    Some(found)
}

/// The prefixes of an app.
#[derive(Default)]
pub(crate) struct Prefixes(pub(super) Vec<Prefix>);

impl Prefixes {
    /// Returns the path that is routed.
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
                _ => Prefix::text(prefix).unwrap(),
            })
            .collect();
        let arena = Bump::new();
        let find = |text: &str| text.match_indices('/').map(|(at, _)| at as u32).collect::<Vec<_>>();
        // All slashes count as escaped, except that of a root that replaced an empty remainder. String prefixes end at
        // slashes that are not escaped.
        let has_text = prefixes.iter().any(|prefix| matches!(prefix, Prefix::Text(_)));
        let slashes = |text: &str| if has_text { Vec::new() } else { find(text) };
        let mut escaped = slashes(path);
        let left = strip(&prefixes, path, &mut escaped, &arena);
        assert!(escaped == slashes(left) || (left, &escaped[..]) == ("/", &[]), "{path} without {left}: {escaped:?}");
        left.to_owned()
    }

    #[test]
    fn an_escaped_slash_does_not_end_a_prefix() {
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
    fn strings_are_whole_segments_and_none_is_tried_after_one_that_fits() {
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
        assert_eq!(stripped(&["/pay/"], "/pay/x"), "/x");
        assert_eq!(stripped(&["/pay/"], "/pay//x"), "//x");
        assert_eq!(stripped(&["/", "/a"], "/a/x"), "/x");
    }

    #[test]
    fn a_prefix_that_no_path_has_is_refused() {
        for (prefix, said) in [
            ("payment", "write \"/payment\""),
            ("payment/", "write \"/payment\""),
            ("^/v1", "starts with a slash"),
            ("/{tenant}", "strip_prefix_regex"),
            ("/<tenant>/x", "strip_prefix_regex"),
            ("/:tenant", "strip_prefix_regex"),
            ("/a/*", "strip_prefix_regex"),
            (r"/v\d+", "strip_prefix_regex"),
            ("/a%20b", "decoded"),
            ("/a?x=1", "a path ends before"),
            ("/a#b", "a path ends before"),
            ("/a ", "blank"),
            ("/a\n", "control character"),
        ] {
            let refused = Prefix::text(prefix).err().unwrap_or_else(|| panic!("{prefix} is taken"));
            assert!(refused.contains(said), "{prefix}: {refused}");
        }
        for prefix in
            ["", "/", "/payment", "/payment/", "/a b", "/a:b", "/100%", "/v1.0", "/a+b", "/~me", "/a(b)", "/é"]
        {
            assert!(Prefix::text(prefix).is_ok(), "{prefix}");
        }
    }

    #[test]
    #[cfg(feature = "regex")]
    fn regexes_strip_all_matches_and_later_prefixes_are_tried() {
        assert_eq!(stripped(&[r"re:/v\d"], "/x/v2/y"), "/x/y");
        assert_eq!(stripped(&[r"re:/v\d"], "/v1/v2/x"), "/x");
        assert_eq!(stripped(&[r"re:^/v\d"], "/v1"), "/");
        assert_eq!(stripped(&[r"re:/v\d", "/foo"], "/v1/foo/x"), "/x");
        assert_eq!(stripped(&["/foo", r"re:/v\d"], "/foo/v1/x"), "/v1/x");
        assert_eq!(stripped(&["re:x*"], "/axxb/x"), "/ab/");
        assert_eq!(stripped(&["re:x*"], "/éxxé"), "/éé");
        assert_eq!(stripped(&["re:^x*"], "/x"), "/x");
    }

    /// Each search of this regex reads up to the end of the path, and there are as many searches as slashes.
    #[test]
    #[cfg(feature = "regex")]
    fn the_work_of_a_regex_is_bounded() {
        let regex = regex_lite::Regex::new("/.*!|/").unwrap();
        let arena = Bump::new();
        let path = |slashes: usize| "/".repeat(slashes);
        assert_eq!(matches(&regex, &path(500), &arena).unwrap().len(), 500);
        assert!(matches(&regex, &path(10_000), &arena).is_none());
        assert_eq!(stripped(&["re:/.*!|/"], &path(10_000)), path(10_000), "it stays as it is");
        assert_eq!(stripped(&["re:/.*!|/", "//"], &path(500)), "/");
        // One long match takes little work.
        assert_eq!(stripped(&["re:^/a+"], &format!("/{}/x", "a".repeat(1_000_000))), "/x");
    }
}
