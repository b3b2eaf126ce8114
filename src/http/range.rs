//! Byte ranges: the `Range` field of [RFC 9110 section 14.2](https://www.rfc-editor.org/rfc/rfc9110#section-14.2).

/// The part of a body that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The field is absent, malformed, of another unit, or asks for several parts: the response is the whole body. A
    /// server may ignore a `Range` for any reason (section 14.2), and a body of several parts is larger than the whole
    /// more often than not.
    Whole,
    /// The bytes from the first number up to the second, which is not included.
    Bytes(usize, usize),
    /// No byte of the range exists: status 416.
    Unsatisfiable,
}

/// Reads the value of `Range` for a body of `length` bytes.
pub(crate) fn parse(value: &str, length: usize) -> Part {
    read(value, length).unwrap_or(Part::Whole)
}

fn read(value: &str, length: usize) -> Option<Part> {
    let (unit, set) = value.split_once('=')?;
    if !unit.trim_matches(BLANK).eq_ignore_ascii_case("bytes") {
        return None;
    }
    // Empty elements of a list do not count.
    let mut ranges = set.split(',').map(|range| range.trim_matches(BLANK)).filter(|range| !range.is_empty());
    let (first, last) = ranges.next()?.split_once('-')?;
    if ranges.next().is_some() {
        return None;
    }
    let (start, end) = match (first, last) {
        ("", last) => (length.saturating_sub(number(last)?), length),
        (first, "") => (number(first)?, length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            (first, last.saturating_add(1).min(length))
        }
    };
    Some(if start < end { Part::Bytes(start, end) } else { Part::Unsatisfiable })
}

const BLANK: [char; 2] = [' ', '\t'];

/// Reads digits. A number that is larger than any body becomes the largest one.
fn number(digits: &str) -> Option<usize> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The examples of section 14.1.2, for a body of 10,000 bytes, and others.
    #[test]
    fn ranges_of_every_form() {
        for (value, wanted) in [
            ("bytes=0-499", Part::Bytes(0, 500)),
            ("bytes=500-999", Part::Bytes(500, 1000)),
            ("bytes=-500", Part::Bytes(9500, 10_000)),
            ("bytes=9500-", Part::Bytes(9500, 10_000)),
            ("bytes=0-", Part::Bytes(0, 10_000)),
            ("bytes=9999-20000", Part::Bytes(9999, 10_000)),
            ("bytes=-20000", Part::Bytes(0, 10_000)),
            ("Bytes= 0-0 ,", Part::Bytes(0, 1)),
            ("bytes=10000-", Part::Unsatisfiable),
            ("bytes=10000-10001", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=99999999999999999999999-", Part::Unsatisfiable),
            ("bytes=0-99999999999999999999999", Part::Bytes(0, 10_000)),
            ("bytes=0-0,-1", Part::Whole),
            ("bytes=2-1", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=1", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes", Part::Whole),
            ("lines=1-2", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(parse(value, 10_000), wanted, "{value:?}");
        }
        assert_eq!(parse("bytes=0-", 0), Part::Unsatisfiable);
        assert_eq!(parse("bytes=-5", 0), Part::Unsatisfiable);
    }

    /// Asks of each byte whether the range has it.
    fn model(first: Option<u32>, last: Option<u32>, length: usize) -> Part {
        let has = |at: usize| match (first, last) {
            (Some(first), Some(last)) => at >= first as usize && at <= last as usize,
            (Some(first), None) => at >= first as usize,
            (None, Some(suffix)) => length - at <= suffix as usize,
            (None, None) => false,
        };
        let malformed = match (first, last) {
            (Some(first), Some(last)) => last < first,
            (None, None) => true,
            _ => false,
        };
        let bytes: Vec<usize> = (0..length).filter(|at| has(*at)).collect();
        match (malformed, &*bytes) {
            (true, _) => Part::Whole,
            (false, []) => Part::Unsatisfiable,
            (false, [start, ..]) => Part::Bytes(*start, bytes[bytes.len() - 1] + 1),
        }
    }

    /// The number of cases in the randomised tests.
    fn config() -> ProptestConfig {
        let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
        let cases = given.unwrap_or(if cfg!(miri) { 1 } else { 256 });
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn a_range_has_the_bytes_of_the_model(
            first in proptest::option::of(0u32..40),
            last in proptest::option::of(0u32..40),
            length in 0usize..30,
        ) {
            let text = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
            let value = format!("bytes={}-{}", text(first), text(last));
            prop_assert_eq!(parse(&value, length), model(first, last, length), "{}", value);
        }

        #[test]
        fn a_part_lies_in_the_body(value in "bytes=[0-9 ,=-]{0,12}", length in 0usize..20) {
            if let Part::Bytes(start, end) = parse(&value, length) {
                prop_assert!(start < end && end <= length, "{} {}", start, end);
            }
        }
    }
}
