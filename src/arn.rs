//! The ARNs that policies of API Gateway name.

/// The part of the ARN of a method up to the slash after its stage: `arn:aws:execute-api:{region}:{account}:{api}/{stage}/`,
/// and the rest, `{method}/{path}`. `None` for a string of another form.
pub(crate) fn split(arn: &str) -> Option<(&str, &str)> {
    let slash = |text: &str| memchr::memchr(b'/', text.as_bytes());
    let api = slash(arn)? + 1;
    let stage = slash(&arn[api..])? + 1;
    Some(arn.split_at(api + stage))
}

/// Returns whether a pattern of a policy covers a string: `*` stands for any characters, slashes too, and `?` for one.
/// The pattern comes in parts, which are one after the other.
pub(crate) fn covers(pattern: &[&str], text: &str) -> bool {
    let at = |mut place: usize| {
        let mut parts = pattern.iter();
        parts.find_map(|part| {
            let byte = part.as_bytes().get(place).copied();
            place = place.wrapping_sub(part.len());
            byte
        })
    };
    let text = text.as_bytes();
    let (mut p, mut t) = (0, 0);
    // The place to go on at if what follows the last `*` does not fit: one byte further.
    let mut retry = None;
    while t < text.len() {
        match at(p) {
            Some(b'*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(byte) if byte == b'?' || byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                (p, t) = (star + 1, from + 1);
            }
        }
    }
    while at(p) == Some(b'*') {
        p += 1;
    }
    at(p).is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stage_ends_at_the_second_slash() {
        let split = |arn| split(arn).unwrap_or_default();
        assert_eq!(split("arn:aws:execute-api:r:1:a/s/GET/b/c"), ("arn:aws:execute-api:r:1:a/s/", "GET/b/c"));
        assert_eq!(split("arn:a/s/$connect"), ("arn:a/s/", "$connect"));
        for other in ["", "arn", "arn:a/s", "/"] {
            assert_eq!(split(other), ("", ""), "{other}");
        }
    }

    /// The definition, by recursion.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
            ([b'?', rest @ ..], [_, tail @ ..]) => naive(rest, tail),
            ([byte, rest @ ..], [own, tail @ ..]) => byte == own && naive(rest, tail),
            (_, []) => false,
        }
    }

    fn config() -> ProptestConfig {
        let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
        let cases = given.unwrap_or(if cfg!(miri) { 1 } else { 512 });
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn patterns_cover_what_the_definition_says(pattern in "[ab/*?]{0,8}", text in "[ab/]{0,10}", cut in 0_usize..9) {
            let wanted = naive(pattern.as_bytes(), text.as_bytes());
            prop_assert_eq!(covers(&[&pattern], &text), wanted);
            let (first, rest) = pattern.split_at(cut.min(pattern.len()));
            prop_assert_eq!(covers(&[first, "", rest], &text), wanted);
        }
    }
}
