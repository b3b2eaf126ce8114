//! The trace that a request belongs to: the header of X-Ray, and `traceparent` of the W3C.

use std::fmt;

/// The length of `traceparent` in version 00.
const LENGTH: usize = 55;
/// The length of an X-Ray header with root, parent and decision.
const XRAY_LENGTH: usize = 74;
/// The length of an X-Ray root: `1-`, 8 digits, a hyphen, 24 digits.
const ROOT_LENGTH: usize = 35;

/// An X-Ray trace, as [`Request::trace`](crate::Request::trace) reads it: the parts of a [tracing header][docs].
///
/// ```
/// use gatewire::context::Trace;
///
/// let trace = Trace::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1").unwrap();
/// assert_eq!(trace.root(), "1-5759e988-bd862e3fe1be46a994272793");
/// assert_eq!(trace.parent(), Some("53995c3f42cd8ad8"));
/// assert_eq!(trace.sampled(), Some(true));
/// let traceparent = trace.traceparent().unwrap();
/// assert_eq!(traceparent.as_str(), "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
/// ```
///
/// [docs]: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace<'r> {
    header: &'r str,
    root: &'r str,
    parent: Option<&'r str>,
    sampled: Option<bool>,
    lineage: Option<&'r str>,
}

impl<'r> Trace<'r> {
    /// Reads a tracing header. Fields may come in any order; unknown ones, such as the `Self` of a load balancer, are
    /// skipped, and a parent that is not 16 hexadecimal digits is treated as absent.
    ///
    /// Returns `None` if the header has no `Root`, or one that is not `1-`, 8 and 24 hexadecimal digits.
    pub fn parse(header: &'r str) -> Option<Self> {
        let header = header.trim();
        let (mut root, mut parent, mut sampled, mut lineage) = (None, None, None, None);
        for field in header.split(';') {
            let Some((name, value)) = field.split_once('=') else { continue };
            let (name, value) = (name.trim(), value.trim());
            if name.eq_ignore_ascii_case("root") {
                root = root.or_else(|| Some(value).filter(|value| is_root(value)));
            } else if name.eq_ignore_ascii_case("parent") {
                parent = parent.or_else(|| Some(value).filter(|value| value.len() == 16 && is_hex(value)));
            } else if name.eq_ignore_ascii_case("sampled") {
                sampled = match value {
                    "0" => Some(false),
                    "1" => Some(true),
                    _ => sampled,
                };
            } else if name.eq_ignore_ascii_case("lineage") {
                lineage = lineage.or_else(|| Some(value).filter(|value| !value.is_empty()));
            }
        }
        Some(Self { header, root: root?, parent, sampled, lineage })
    }

    /// Returns the root that [`parse`](Self::parse) finds. Lambda's headers begin with it: then nothing else is read.
    pub(crate) fn root_of(header: &'r str) -> Option<&'r str> {
        const NAME: &str = "Root=";
        const END: usize = NAME.len() + ROOT_LENGTH;
        let is_first = header.starts_with(NAME) && matches!(header.as_bytes().get(END), None | Some(b';'));
        match header.get(NAME.len()..END) {
            Some(root) if is_first && is_root(root) => Some(root),
            _ => Self::parse(header).map(Self::root),
        }
    }

    /// Returns the whole header: the value of `X-Amzn-Trace-Id` for calls of other services, and of the variable
    /// `_X_AMZN_TRACE_ID`.
    pub fn header(self) -> &'r str {
        self.header
    }

    /// `Root`: the identifier of the trace, as in `1-5759e988-bd862e3fe1be46a994272793`.
    pub fn root(self) -> &'r str {
        self.root
    }

    /// `Parent`: the identifier of the segment around this invocation, 16 hexadecimal digits.
    pub fn parent(self) -> Option<&'r str> {
        self.parent
    }

    /// `Sampled`: whether the trace is recorded; `None` if that was not decided yet.
    pub fn sampled(self) -> Option<bool> {
        self.sampled
    }

    /// `Lineage`: the functions and queues that the request went through, by which Lambda stops recursive loops.
    pub fn lineage(self) -> Option<&'r str> {
        self.lineage
    }

    /// Returns the same trace in the form of the W3C. `None` if the header has no parent, which that form requires, or
    /// if an identifier has only zeros, which it forbids.
    pub fn traceparent(self) -> Option<TraceParent> {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let root = self.root.as_bytes();
        copy_lowercase(&mut text[3..11], &root[2..10]);
        copy_lowercase(&mut text[11..35], &root[11..35]);
        copy_lowercase(&mut text[36..52], self.parent?.as_bytes());
        if self.sampled == Some(true) {
            text[54] = b'1';
        }
        TraceParent::of(text)
    }
}

/// A position in a trace, in the form of the header [`traceparent`][w3c] of the W3C:
/// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
///
/// [`Request::traceparent`](crate::Request::traceparent) reads or builds it. It is 55 bytes without a heap allocation.
///
/// ```
/// use gatewire::context::TraceParent;
///
/// let parent = TraceParent::parse("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01").unwrap();
/// assert_eq!((parent.trace_id(), parent.is_sampled()), ("5759e988bd862e3fe1be46a994272793", true));
/// assert_eq!(
///     parent.to_xray().as_str(),
///     "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
/// );
/// ```
///
/// [w3c]: https://www.w3.org/TR/trace-context/#traceparent-header
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceParent([u8; LENGTH]);

impl TraceParent {
    /// Reads the value of a header by the [rules of the W3C][w3c]. Of a version after 00, the parts that this version
    /// has are read, and the result has version 00.
    ///
    /// Returns `None` if the value is malformed: uppercase digits and identifiers of zeros alone are.
    ///
    /// [w3c]: https://www.w3.org/TR/trace-context/#versioning-of-traceparent
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim_matches([' ', '\t']).as_bytes();
        let (own, rest) = value.split_first_chunk::<LENGTH>()?;
        let (version, dashes) = (&own[..2], [own[2], own[35], own[52]]);
        let is_lowercase_hex = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let well_formed = dashes == [b'-'; 3]
            && version != b"ff"
            && [version, &own[3..35], &own[36..52], &own[53..]].into_iter().all(is_lowercase_hex)
            && (rest.is_empty() || version != b"00" && rest[0] == b'-');
        if !well_formed {
            return None;
        }
        let mut text = *own;
        text[..2].copy_from_slice(b"00");
        Self::of(text)
    }

    /// The value, unless one of its identifiers has only zeros.
    fn of(text: [u8; LENGTH]) -> Option<Self> {
        let is_zero = |bytes: &[u8]| bytes.iter().all(|&byte| byte == b'0');
        (!is_zero(&text[3..35]) && !is_zero(&text[36..52])).then_some(Self(text))
    }

    /// Returns the value of the header.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// Returns the identifier of the trace: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        text(&self.0[3..35])
    }

    /// Returns the identifier of the span that made the request: 16 hexadecimal digits.
    pub fn parent_id(&self) -> &str {
        text(&self.0[36..52])
    }

    /// Returns whether the caller says that it records the trace.
    pub fn is_sampled(&self) -> bool {
        // The digits whose lowest bit is set.
        matches!(self.0[54], b'1' | b'3' | b'5' | b'7' | b'9' | b'b' | b'd' | b'f')
    }

    /// Returns the same position as an X-Ray tracing header. X-Ray takes the identifiers of the W3C as they are since
    /// [2023](https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids).
    pub fn to_xray(&self) -> XRayHeader {
        let mut header = *b"Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0";
        header[7..15].copy_from_slice(&self.0[3..11]);
        header[16..40].copy_from_slice(&self.0[11..35]);
        header[48..64].copy_from_slice(&self.0[36..52]);
        if self.is_sampled() {
            header[XRAY_LENGTH - 1] = b'1';
        }
        XRayHeader(header)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TraceParent").field(&self.as_str()).finish()
    }
}

/// An X-Ray tracing header that was made of a [`TraceParent`]: the value of `X-Amzn-Trace-Id`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct XRayHeader([u8; XRAY_LENGTH]);

impl XRayHeader {
    /// Returns the value of the header.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }
}

impl fmt::Display for XRayHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for XRayHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("XRayHeader").field(&self.as_str()).finish()
    }
}

/// All bytes here are ASCII.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_root(root: &str) -> bool {
    root.len() == ROOT_LENGTH
        && root.bytes().enumerate().all(|(at, byte)| match at {
            0 => byte == b'1',
            1 | 10 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn copy_lowercase(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.to_ascii_lowercase();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

    #[test]
    fn fields_of_a_tracing_header_come_in_any_order() {
        let header = "Sampled=0; Self=1-67891234-12456789abcdef012345678a;lineage=a87bd80c:0|68fd508a:5;\
                      PARENT=53995C3F42CD8AD8;Root=1-5759E988-bd862e3fe1be46a994272793;x";
        let trace = Trace::parse(header).unwrap();
        assert_eq!((trace.parent(), trace.sampled()), (Some("53995C3F42CD8AD8"), Some(false)));
        assert_eq!((trace.lineage(), trace.header()), (Some("a87bd80c:0|68fd508a:5"), header));
        let traceparent = trace.traceparent().unwrap();
        assert_eq!(traceparent.as_str(), "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00");
    }

    proptest! {
        /// The short way finds what the long way finds, also in headers that are cut or damaged.
        #[test]
        fn the_root_alone_is_that_of_the_whole_header(
            fields in prop::collection::vec("Root=1-[0-9a-f]{8}-[0-9a-f]{24}|root = 1-5759e988-bd862e3fe1be46a994272793|Sampled=[01]|x", 0..4),
            cut in 0_usize..100,
            damage in prop::option::of((0_usize..45, "[ ;=g\u{e4}-]")),
        ) {
            let mut header = fields.join(";");
            if let Some((at, text)) = damage && header.is_char_boundary(at) {
                header.insert_str(at, &text);
            }
            if header.is_char_boundary(cut) && cut < header.len() {
                header.truncate(cut);
            }
            prop_assert_eq!(Trace::root_of(&header), Trace::parse(&header).map(Trace::root));
        }
    }

    #[test]
    fn parts_that_are_malformed_are_treated_as_absent() {
        for header in [
            "",
            "Root",
            "Root=",
            "Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a99427279",
            "Root=1-5759e98-8bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a99427279g",
            "Root=1-5759e988_bd862e3fe1be46a994272793",
            "Root=1-5759\u{e9}88-bd862e3fe1be46a99427279",
        ] {
            assert_eq!(Trace::parse(header), None, "{header}");
        }
        for (rest, sampled) in [("Sampled=?", None), ("Sampled=1;Sampled=?", Some(true)), ("Parent=5;Sampled=", None)] {
            let header = format!("Root={ROOT};{rest}");
            let trace = Trace::parse(&header).unwrap();
            assert_eq!((trace.sampled(), trace.parent(), trace.traceparent()), (sampled, None, None), "{rest}");
        }
    }

    #[test]
    fn traceparent_is_read_by_the_rules_of_the_w3c() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(TraceParent::parse(good).unwrap().as_str(), good);
        assert!(!TraceParent::parse(&good.replace("-01", "-02")).unwrap().is_sampled());
        assert!(TraceParent::parse(&good.replace("-01", "-0b")).unwrap().is_sampled());
        let later = good.replacen("00", "cc", 1);
        assert_eq!(TraceParent::parse(&later).unwrap().as_str(), good);
        assert_eq!(TraceParent::parse(&format!(" {later}-what-the-future-brings\t")).unwrap().as_str(), good);
        for bad in [
            "",
            "00",
            &good[..54],
            &format!("{good}-"),
            &format!("{good}0"),
            &format!("{later}."),
            &good.replacen("00", "ff", 1),
            &good.replacen("00", "0x", 1),
            &good.to_uppercase(),
            &good.replace('-', "_"),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01",
            "00-0af7651916cd43dd8448eb211c80319\u{e9}-b7ad6b716920333-01",
        ] {
            assert_eq!(TraceParent::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_carry_the_same_trace(trace: u128, parent: u64, sampled: bool) {
            let text = format!("00-{trace:032x}-{parent:016x}-0{}", u8::from(sampled));
            let parsed = TraceParent::parse(&text);
            prop_assert_eq!(parsed.is_some(), trace != 0 && parent != 0);
            if let Some(parsed) = parsed {
                let xray = parsed.to_xray();
                let trace = Trace::parse(xray.as_str()).unwrap();
                prop_assert_eq!(trace.sampled(), Some(sampled));
                prop_assert_eq!(trace.traceparent(), Some(parsed));
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,80}", tail in "[-0-9a-f;=]{0,80}") {
            let _ = (Trace::parse(&text), TraceParent::parse(&text));
            let header = format!("Root={tail}");
            let _ = (Trace::parse(&header), TraceParent::parse(&tail));
        }
    }
}
