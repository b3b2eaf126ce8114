//! Numbers: their grammar, and the limit of `serde_json` on their range.

use super::error::JsonErrorKind;
use crate::swar::splat;

/// A number without an exponent that has fewer characters than this is always in range.
const ALWAYS_IN_RANGE: usize = 300;

/// A fault in a number: its kind, and the number of bytes before it.
pub(super) type Fault = (JsonErrorKind, usize);

/// Returns the length of the number that `rest` starts with, if it is a natural number of fewer than 16 digits, as times
/// are, and `rest` has 16 bytes. [`length`] decides on all others.
#[inline(always)]
pub(super) fn short_length(rest: &[u8]) -> Option<usize> {
    let (words, _) = rest.first_chunk::<16>()?.as_chunks::<8>();
    let end = match (other_marks(u64::from_le_bytes(words[0])), other_marks(u64::from_le_bytes(words[1]))) {
        (0, 0) => return None,
        (0, others) => 8 + others.trailing_zeros() as usize / 8,
        (others, _) => others.trailing_zeros() as usize / 8,
    };
    let is_whole = end > 0 && (end == 1 || rest[0] != b'0') && !matches!(rest[end], b'.' | b'e' | b'E');
    is_whole.then_some(end)
}

/// Returns the length of the number that `rest` starts with. Ignores the bytes after it.
///
/// # Errors
/// If `rest` does not start with a number, or the number is out of range.
#[inline(never)]
pub(super) fn length(rest: &[u8]) -> Result<usize, Fault> {
    let negative = usize::from(rest.first() == Some(&b'-'));
    let mut end = digits(rest, negative)?;
    if end > negative + 1 && rest[negative] == b'0' {
        return Err((JsonErrorKind::InvalidNumber, negative + 1));
    }
    if !matches!(rest.get(end), Some(b'.' | b'e' | b'E')) && end < ALWAYS_IN_RANGE {
        return Ok(end);
    }
    if rest.get(end) == Some(&b'.') {
        end = digits(rest, end + 1)?;
    }
    let exponent = matches!(rest.get(end), Some(b'e' | b'E'));
    if exponent {
        let sign = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
        end = digits(rest, end + 1 + sign)?;
    }
    if (exponent || end >= ALWAYS_IN_RANGE) && !in_range(&rest[negative..end]) {
        return Err((JsonErrorKind::NumberOutOfRange, 0));
    }
    Ok(end)
}

/// Returns the end of the digits from `start` on. At least one digit is required.
#[inline]
fn digits(rest: &[u8], start: usize) -> Result<usize, Fault> {
    let mut end = start;
    while let Some(word) = rest.get(end..).and_then(<[u8]>::first_chunk) {
        let others = other_marks(u64::from_le_bytes(*word));
        end += others.trailing_zeros() as usize / 8;
        if others != 0 {
            break;
        }
    }
    while rest.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    if end > start {
        return Ok(end);
    }
    let kind = if end < rest.len() { JsonErrorKind::InvalidNumber } else { JsonErrorKind::UnexpectedEnd };
    Err((kind, end))
}

/// Returns the highest bit of each byte that is not a digit.
#[inline]
const fn other_marks(word: u64) -> u64 {
    // A digit becomes its value. For other bytes, which are above 9, the sum sets the highest bit without a carry.
    let values = word ^ splat(b'0');
    (((values & splat(0x7F)) + splat(0x80 - 10)) | values) & splat(0x80)
}

/// Returns whether `serde_json` accepts a well-formed number, given without its sign.
///
/// `serde_json` keeps the digits that fit a `u64` and scales them by powers of ten in floating point, so its limit differs
/// slightly from that of `f64`. The verdict has to be the same, hence the same steps.
#[cold]
fn in_range(number: &[u8]) -> bool {
    let (mantissa, exponent) = match number.iter().position(|byte| byte | 0x20 == b'e') {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, &[][..]),
    };
    let (integer, fraction) = match mantissa.iter().position(|&byte| byte == b'.') {
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        None => (mantissa, &[][..]),
    };
    let mut significand = 0;
    let kept = append_digits(&mut significand, integer);
    // Dropped digits of the integer still count as places; dropped digits of the fraction do not count.
    let mut scale = (integer.len() - kept) as i64;
    scale -= append_digits(&mut significand, fraction) as i64;
    match exponent_value(exponent) {
        Some(exponent) => {
            scale_is_finite(significand, (scale + exponent).clamp(i32::MIN.into(), i32::MAX.into()) as i32)
        }
        None => significand == 0 || exponent[0] == b'-',
    }
}

/// Appends digits as long as they fit, and returns their number.
fn append_digits(significand: &mut u64, digits: &[u8]) -> usize {
    for (at, digit) in digits.iter().enumerate() {
        match significand.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0'))) {
            Some(sum) => *significand = sum,
            None => return at,
        }
    }
    digits.len()
}

/// Returns the exponent with its sign: 0 if there is no exponent, `None` beyond `i32`.
fn exponent_value(exponent: &[u8]) -> Option<i64> {
    let (negative, digits) = match exponent {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let mut value = 0i32;
    for digit in digits {
        value = value.checked_mul(10)?.checked_add(i32::from(digit - b'0'))?;
    }
    Some(if negative { -i64::from(value) } else { value.into() })
}

/// Returns whether `significand` times ten to the `scale`, rounded as in `serde_json`, is finite.
fn scale_is_finite(significand: u64, scale: i32) -> bool {
    match scale {
        // Division only reduces it.
        ..0 => true,
        0..=308 => {
            let power: f64 = POWERS_OF_TEN[scale as usize];
            (significand as f64 * power).is_finite()
        }
        309.. => significand == 0,
    }
}

/// 1e0 to 1e308: `10f64.powi(n)` rounds differently from the literal.
#[rustfmt::skip]
static POWERS_OF_TEN: [f64; 309] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
    1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29,
    1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39,
    1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46, 1e47, 1e48, 1e49,
    1e50, 1e51, 1e52, 1e53, 1e54, 1e55, 1e56, 1e57, 1e58, 1e59,
    1e60, 1e61, 1e62, 1e63, 1e64, 1e65, 1e66, 1e67, 1e68, 1e69,
    1e70, 1e71, 1e72, 1e73, 1e74, 1e75, 1e76, 1e77, 1e78, 1e79,
    1e80, 1e81, 1e82, 1e83, 1e84, 1e85, 1e86, 1e87, 1e88, 1e89,
    1e90, 1e91, 1e92, 1e93, 1e94, 1e95, 1e96, 1e97, 1e98, 1e99,
    1e100, 1e101, 1e102, 1e103, 1e104, 1e105, 1e106, 1e107, 1e108, 1e109,
    1e110, 1e111, 1e112, 1e113, 1e114, 1e115, 1e116, 1e117, 1e118, 1e119,
    1e120, 1e121, 1e122, 1e123, 1e124, 1e125, 1e126, 1e127, 1e128, 1e129,
    1e130, 1e131, 1e132, 1e133, 1e134, 1e135, 1e136, 1e137, 1e138, 1e139,
    1e140, 1e141, 1e142, 1e143, 1e144, 1e145, 1e146, 1e147, 1e148, 1e149,
    1e150, 1e151, 1e152, 1e153, 1e154, 1e155, 1e156, 1e157, 1e158, 1e159,
    1e160, 1e161, 1e162, 1e163, 1e164, 1e165, 1e166, 1e167, 1e168, 1e169,
    1e170, 1e171, 1e172, 1e173, 1e174, 1e175, 1e176, 1e177, 1e178, 1e179,
    1e180, 1e181, 1e182, 1e183, 1e184, 1e185, 1e186, 1e187, 1e188, 1e189,
    1e190, 1e191, 1e192, 1e193, 1e194, 1e195, 1e196, 1e197, 1e198, 1e199,
    1e200, 1e201, 1e202, 1e203, 1e204, 1e205, 1e206, 1e207, 1e208, 1e209,
    1e210, 1e211, 1e212, 1e213, 1e214, 1e215, 1e216, 1e217, 1e218, 1e219,
    1e220, 1e221, 1e222, 1e223, 1e224, 1e225, 1e226, 1e227, 1e228, 1e229,
    1e230, 1e231, 1e232, 1e233, 1e234, 1e235, 1e236, 1e237, 1e238, 1e239,
    1e240, 1e241, 1e242, 1e243, 1e244, 1e245, 1e246, 1e247, 1e248, 1e249,
    1e250, 1e251, 1e252, 1e253, 1e254, 1e255, 1e256, 1e257, 1e258, 1e259,
    1e260, 1e261, 1e262, 1e263, 1e264, 1e265, 1e266, 1e267, 1e268, 1e269,
    1e270, 1e271, 1e272, 1e273, 1e274, 1e275, 1e276, 1e277, 1e278, 1e279,
    1e280, 1e281, 1e282, 1e283, 1e284, 1e285, 1e286, 1e287, 1e288, 1e289,
    1e290, 1e291, 1e292, 1e293, 1e294, 1e295, 1e296, 1e297, 1e298, 1e299,
    1e300, 1e301, 1e302, 1e303, 1e304, 1e305, 1e306, 1e307, 1e308,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_end_at_the_first_other_byte() {
        for byte in (0..=255u8).step_by(if cfg!(miri) { 17 } else { 1 }) {
            for place in 0..20 {
                let mut text = *b"01234567890123456789";
                text[place] = byte;
                let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
                let found = digits(&text, 0);
                assert_eq!(found.ok(), (end > 0).then_some(end), "{byte:#x} at {place}");
                assert_eq!(digits(&text[..=place], 0).ok(), (end.min(place + 1) > 0).then_some(end.min(place + 1)));
            }
        }
    }

    #[test]
    fn a_short_length_is_the_length() {
        let others = ["", "0", "01", "-1", "7", "12345678", "123456789012345", "1234567890123456", "1.5", "1e5", "x"];
        for number in others {
            for rest in ["", ",", "}", " ", ".", "e", "a"] {
                let text = format!("{number}{rest}                ");
                if let Some(short) = short_length(text.as_bytes()) {
                    assert_eq!(length(text.as_bytes()).ok(), Some(short), "{text}");
                }
            }
        }
        let times = ["0,               ", "7,               ", "1583348638390,\"a\":1}", "123456789012345}"];
        assert_eq!(times.map(|text| short_length(text.as_bytes())), [Some(1), Some(1), Some(13), Some(15)]);
    }
}
