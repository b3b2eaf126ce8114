//! The content encodings that a client accepts: `Accept-Encoding` of [RFC 9110 section 12.5.3][rfc].
//!
//! [rfc]: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3

/// Returns the weight of an encoding in the values of `Accept-Encoding`, in thousandths: 0 if it is refused or not named.
///
/// Names are whole tokens, compared without regard to case; `x-gzip` is another name of `gzip`
/// ([section 8.4.1.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3)), and `*` stands for all encodings that are not
/// named. An invalid weight counts as 1, which a client that sends one most likely means.
pub(crate) fn weight<'v>(values: impl Iterator<Item = &'v str>, encoding: &str) -> u16 {
    let (mut named, mut any) = (None, None);
    for element in values.flat_map(|value| value.split(',')) {
        let (name, parameters) = element.split_once(';').unwrap_or((element, ""));
        let name = name.trim();
        // The first of repeated names counts.
        if name.eq_ignore_ascii_case(encoding) || encoding == "gzip" && name.eq_ignore_ascii_case("x-gzip") {
            named.get_or_insert_with(|| quality(parameters));
        } else if name == "*" {
            any.get_or_insert_with(|| quality(parameters));
        }
    }
    named.or(any).unwrap_or(0)
}

/// Returns the `q` among the parameters of an element, in thousandths.
fn quality(parameters: &str) -> u16 {
    let q = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
    });
    let Some(value) = q.and_then(|value| value.parse::<f32>().ok()) else { return 1000 };
    (value.clamp(0.0, 1.0) * 1000.0) as u16
}

#[cfg(test)]
mod tests {
    use super::weight;

    #[test]
    fn encodings_are_negotiated() {
        for (value, wanted) in [
            ("gzip", 1000),
            ("GZip", 1000),
            ("br, gzip", 1000),
            ("gzip;q=0.5", 500),
            ("gzip ; Q=0.25 ", 250),
            ("gzip;q=0", 0),
            ("gzip;q=0.000", 0),
            ("*", 1000),
            ("*;q=0", 0),
            ("*;q=0, gzip", 1000),
            ("gzip;q=0, *", 0),
            ("x-gzip", 1000),
            ("X-GZIP;q=0.5", 500),
            ("x-gzip;q=0, *", 0),
            ("x-gzip2", 0),
            ("gzipped", 0),
            ("br, zstd", 0),
            ("identity", 0),
            ("", 0),
            (",,gzip", 1000),
            ("gzip;q=x", 1000),
            ("gzip;q=7", 1000),
            ("gzip;q=-1", 0),
        ] {
            assert_eq!(weight([value].into_iter(), "gzip"), wanted, "{value:?}");
        }
        assert_eq!(weight(["br", "deflate;q=0.1, gzip;q=0.2"].into_iter(), "gzip"), 200);
        assert_eq!(weight([].into_iter(), "gzip"), 0);
        assert_eq!(weight(["x-gzip"].into_iter(), "deflate"), 0);
    }
}
