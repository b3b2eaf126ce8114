//! Names of header fields, without an allocation for those that are known.

use std::cell::RefCell;

use ::http::HeaderName;

use crate::swar;

/// Declares the names that are known: those that clients, browsers, gateways and CloudFront send.
macro_rules! known {
    ($($name:literal)+) => {
        const LIST: &[&str] = &[$($name),+];
        static NAMES: [HeaderName; LIST.len()] = [$(HeaderName::from_static($name)),+];
    };
}

known! {
    "accept" "accept-charset" "accept-encoding" "accept-language" "accept-ranges" "access-control-request-headers"
    "access-control-request-method" "age" "authorization" "baggage" "cache-control" "cloudfront-forwarded-proto"
    "cloudfront-is-android-viewer" "cloudfront-is-desktop-viewer" "cloudfront-is-ios-viewer"
    "cloudfront-is-mobile-viewer" "cloudfront-is-smarttv-viewer" "cloudfront-is-tablet-viewer"
    "cloudfront-viewer-address" "cloudfront-viewer-asn" "cloudfront-viewer-city" "cloudfront-viewer-country"
    "cloudfront-viewer-country-name" "cloudfront-viewer-country-region" "cloudfront-viewer-http-version"
    "cloudfront-viewer-latitude" "cloudfront-viewer-longitude" "cloudfront-viewer-time-zone" "cloudfront-viewer-tls"
    "connection" "content-disposition" "content-encoding" "content-language" "content-length" "content-type" "cookie"
    "date" "dnt" "expect" "forwarded" "from" "host" "idempotency-key" "if-match" "if-modified-since" "if-none-match"
    "if-range" "if-unmodified-since" "keep-alive" "last-event-id" "max-forwards" "origin" "postman-token" "pragma"
    "priority" "proxy-authorization" "range" "referer" "save-data" "sec-ch-ua" "sec-ch-ua-mobile" "sec-ch-ua-platform"
    "sec-fetch-dest" "sec-fetch-mode" "sec-fetch-site" "sec-fetch-user" "sec-gpc" "sec-websocket-extensions"
    "sec-websocket-key" "sec-websocket-protocol" "sec-websocket-version" "te" "traceparent" "tracestate" "trailer"
    "transfer-encoding" "upgrade" "upgrade-insecure-requests" "user-agent" "via" "warning" "x-amz-cf-id"
    "x-amz-content-sha256" "x-amz-date" "x-amz-security-token" "x-amzn-lattice-identity" "x-amzn-lattice-network"
    "x-amzn-lattice-target" "x-amzn-requestid" "x-amzn-tls-cipher-suite" "x-amzn-tls-version" "x-amzn-trace-id"
    "x-api-key" "x-correlation-id" "x-csrf-token" "x-forwarded-for" "x-forwarded-host" "x-forwarded-port"
    "x-forwarded-proto" "x-http-method-override" "x-real-ip" "x-request-id" "x-requested-with"
}

/// The slots of the table of known names: several for each name, so that most names do not share a slot.
const SLOTS: usize = 512;
/// The longest known name.
const LONGEST: usize = 32;

/// The number of a known name plus 1, in the slot of its hash or in the next free one.
static TABLE: [u8; SLOTS] = {
    let mut table = [0; SLOTS];
    let mut at = 0;
    while at < LIST.len() {
        let name = LIST[at].as_bytes();
        assert!(name.len() <= LONGEST && LIST.len() < 256);
        let mut slot = hash(name.len(), first_word(name), last_word(name));
        while table[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = at as u8 + 1;
        at += 1;
    }
    table
};

/// The bit in which the cases of a letter differ. Names are compared without regard to case.
const CASE: u64 = swar::splat(0x20);

/// Returns the first eight bytes, in lower case and filled up with blanks.
const fn first_word(name: &[u8]) -> u64 {
    let (mut word, mut at) = (0, 0);
    while at < 8 && at < name.len() {
        word |= (name[at] as u64) << (8 * at);
        at += 1;
    }
    word | CASE
}

/// Returns the last eight bytes in the same form, or the first word if the name has no more bytes.
const fn last_word(name: &[u8]) -> u64 {
    if name.len() <= 8 {
        return first_word(name);
    }
    let (mut word, mut at) = (0, 0);
    while at < 8 {
        word |= (name[name.len() - 8 + at] as u64) << (8 * at);
        at += 1;
    }
    word | CASE
}

#[inline(always)]
const fn hash(length: usize, first: u64, last: u64) -> usize {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = (first ^ last.rotate_left(29) ^ length as u64).wrapping_mul(SPREAD);
    (mixed >> 55) as usize % SLOTS
}

/// The first and the last words of a known name, without regard to case.
#[derive(Clone, Copy)]
struct Words {
    length: usize,
    ends: [u64; 2],
    /// The words next to them, of names with more than 16 bytes.
    inner: [u64; 2],
}

static WORDS: [Words; LIST.len()] = {
    let mut words = [Words { length: 0, ends: [0; 2], inner: [0; 2] }; LIST.len()];
    let mut at = 0;
    while at < LIST.len() {
        let name = LIST[at].as_bytes();
        let length = name.len();
        words[at] = Words { length, ends: [first_word(name), last_word(name)], inner: [0; 2] };
        if length > 16 {
            let (_, after) = name.split_at(8);
            let (before, _) = name.split_at(length - 8);
            words[at].inner = [first_word(after), last_word(before)];
        }
        at += 1;
    }
    words
};

/// Returns the known name that equals `name`, without regard to case.
///
/// `name` has no byte below the blank, as no string of a checked document has: without those, the bit of the case is the
/// only difference between two bytes that are a letter, a digit or a hyphen with that bit set.
#[inline]
pub(super) fn known(name: &[u8]) -> Option<&'static HeaderName> {
    debug_assert!(name.iter().all(|byte| *byte >= b' '));
    let word = |chunk: &[u8; 8]| u64::from_le_bytes(*chunk) | CASE;
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (word(first), word(last)),
        _ => {
            let word = swar::load_partial(name) | CASE;
            (word, word)
        }
    };
    let mut slot = hash(name.len(), first, last);
    loop {
        let number = usize::from(TABLE[slot]).checked_sub(1)?;
        let own = &WORDS[number];
        if own.length == name.len() && own.ends == [first, last] {
            let inner = || Some([word(name.get(8..)?.first_chunk()?), word(name.get(..name.len() - 8)?.last_chunk()?)]);
            if name.len() <= 16 || inner() == Some(own.inner) {
                return NAMES.get(number);
            }
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// How many other names a thread remembers: clients of one app send the same ones again and again.
const REMEMBERED: usize = 64;

thread_local! {
    static OTHERS: RefCell<[Option<HeaderName>; REMEMBERED]> = const { RefCell::new([const { None }; REMEMBERED]) };
}

/// Returns a custom name, or `None` if it is not a token: the last one with this hash, or a new one that replaces it. A
/// known name that was written with escapes is found too.
#[inline(never)]
pub(super) fn other(name: &str) -> Option<HeaderName> {
    let bytes = name.as_bytes();
    if bytes.len() < 8 {
        return HeaderName::from_bytes(bytes).ok();
    }
    let word = |chunk: Option<&[u8; 8]>| chunk.map_or(0, |bytes| u64::from_le_bytes(*bytes)) | CASE;
    let place = hash(bytes.len(), word(bytes.first_chunk()), word(bytes.last_chunk())) % REMEMBERED;
    OTHERS.with_borrow_mut(|others| {
        if let Some(other) = &others[place]
            && other.as_str().len() == bytes.len()
            && swar::equal_ignoring_case(other.as_str().as_bytes(), bytes)
        {
            return Some(other.clone());
        }
        let new = HeaderName::from_bytes(bytes).ok()?;
        others[place] = Some(new.clone());
        Some(new)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_name(name: &str) -> Option<HeaderName> {
        // No string of a document has control characters in its raw form.
        let known = if name.bytes().any(|byte| byte < b' ') { None } else { known(name.as_bytes()) };
        known.cloned().or_else(|| other(name))
    }

    #[test]
    fn known_names_are_found_in_any_case() {
        for name in LIST {
            let title: String =
                name.split('-').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect::<Vec<_>>().join("-");
            for form in [(*name).to_owned(), name.to_ascii_uppercase(), title] {
                assert_eq!(known(form.as_bytes()).map(HeaderName::as_str), Some(*name));
            }
        }
    }

    /// The comparison by words sets the bit of the case in every byte.
    #[test]
    fn a_name_with_another_byte_is_not_known() {
        for name in LIST {
            for at in 0..name.len() {
                for byte in (0x20..=0xFF).step_by(if cfg!(miri) { 37 } else { 1 }) {
                    let mut changed = name.as_bytes().to_vec();
                    changed[at] = byte;
                    let expected = LIST.iter().find(|own| own.as_bytes().eq_ignore_ascii_case(&changed));
                    assert_eq!(known(&changed).map(HeaderName::as_str), expected.copied(), "{name} {at} {byte}");
                }
            }
        }
    }

    #[test]
    fn the_name_is_that_of_the_crate_http() {
        let others =
            ["x", "x-a", "X-Custom", "x-custom-name", "accepT-", "hosts", "x-amz-datE2", "a_very.long~name|with^signs"];
        let wrong = ["", "a b", "host\n", "x-custom\u{e9}", "cookie:", "x-forwarded for"];
        let long = "x".repeat(70_000);
        for name in LIST.iter().chain(&others).chain(&wrong).chain([&long.as_str()]) {
            for _ in 0..2 {
                assert_eq!(header_name(name), HeaderName::from_bytes(name.as_bytes()).ok(), "{name}");
            }
        }
    }

    #[test]
    fn names_in_one_slot_replace_each_other() {
        for round in 0..3 {
            for number in 0..1000 {
                let name = format!("X-Number-{number}-Of-Many");
                assert_eq!(header_name(&name).unwrap().as_str(), name.to_ascii_lowercase(), "{round}");
            }
        }
    }
}
