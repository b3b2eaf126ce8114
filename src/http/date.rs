//! Dates in the form of HTTP: `Sun, 06 Nov 1994 08:49:37 GMT`, the IMF-fixdate of
//! [RFC 9110 section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7).

use std::time::{SystemTime, UNIX_EPOCH};

/// The length of every such date.
pub(crate) const LEN: usize = 29;
/// The length of every time of a log line.
const RFC3339_LEN: usize = 24;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
/// Days in the 400 years after which the Gregorian calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;
/// From 1 March of year 0 to 1 January 1970.
const EPOCH: i64 = 719_468;

/// Returns the date in ASCII, without fractions of a second. Returns `None` outside the years 0 to 9999, which do not fit
/// four digits.
pub(crate) fn imf_fixdate(time: SystemTime) -> Option<[u8; LEN]> {
    let seconds = unix_seconds(time)?;
    let days = seconds.div_euclid(SECONDS_PER_DAY);
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (year, month, day) = civil_date(days);
    if !(0..=9999).contains(&year) {
        return None;
    }

    let mut text = *b"Day, 00 Mon 0000 00:00:00 GMT";
    let weekday = (days + 4).rem_euclid(7) as usize; // 1 January 1970 was a Thursday.
    text[..3].copy_from_slice(&b"SunMonTueWedThuFriSat"[3 * weekday..][..3]);
    put_two_digits(&mut text[5..], day);
    text[8..11].copy_from_slice(&b"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * (month as usize - 1)..][..3]);
    put_two_digits(&mut text[12..], year / 100);
    put_two_digits(&mut text[14..], year % 100);
    put_two_digits(&mut text[17..], of_day / 3600);
    put_two_digits(&mut text[20..], of_day / 60 % 60);
    put_two_digits(&mut text[23..], of_day % 60);
    Some(text)
}

/// Reads a date in any of the three forms of HTTP ([RFC 9110 section
/// 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)): IMF-fixdate, the form of RFC 850 with two digits of a
/// year, and that of C's `asctime`. Returns seconds since 1970. The name of the weekday is not compared with the date.
///
/// A year of two digits is the one of the last hundred years, or of the next fifty: `now` returns the time in
/// seconds.
pub(crate) fn parse(text: &str, now: impl FnOnce() -> i64) -> Option<i64> {
    let text = text.trim_matches([' ', '\t']);
    let (weekday, rest) = text.split_once(' ')?;
    let mut words = rest.split(' ');
    let (year, month, day, time);
    if let Some(weekday) = weekday.strip_suffix(',') {
        let date = words.next()?;
        if weekday.len() == 3 {
            (day, month, year) = (two_digits(date)?, month_number(words.next()?)?, four_digits(words.next()?)?);
        } else {
            let mut parts = date.split('-');
            (day, month) = (two_digits(parts.next()?)?, month_number(parts.next()?)?);
            let of_century = two_digits(parts.next()?)?;
            let (this_year, ..) = civil_date(now().div_euclid(SECONDS_PER_DAY));
            let year_now = this_year - this_year.rem_euclid(100) + of_century;
            year = if year_now > this_year + 50 { year_now - 100 } else { year_now };
            parts.next().is_none().then_some(())?;
        }
        time = words.next()?;
        (words.next()? == "GMT").then_some(())?;
    } else {
        month = month_number(words.next()?)?;
        // A day of one digit has a blank before it.
        day = match words.next()? {
            "" => one_digit(words.next()?)?,
            day => two_digits(day)?,
        };
        time = words.next()?;
        year = four_digits(words.next()?)?;
    }
    words.next().is_none().then_some(())?;
    let mut parts = time.split(':').map(two_digits);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    // 60 is a leap second.
    let valid = parts.next().is_none() && hour < 24 && minute < 60 && second <= 60;
    let days = days_of(year, month, day);
    // A day that the month does not have becomes one of the next month.
    (valid && civil_date(days) == (year, month, day))
        .then(|| days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second)
}

/// The time in UTC with milliseconds, as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) writes it:
/// `1994-11-06T08:49:37.000Z`. `None` outside the years 0 to 9999.
pub(crate) fn rfc3339(time: SystemTime) -> Option<String> {
    let text = rfc3339_bytes(time)?;
    Some(text.iter().copied().map(char::from).collect())
}

/// [`rfc3339`] in ASCII, without an allocation.
pub(crate) fn rfc3339_bytes(time: SystemTime) -> Option<[u8; RFC3339_LEN]> {
    let seconds = unix_seconds(time)?;
    let (year, month, day) = civil_date(seconds.div_euclid(SECONDS_PER_DAY));
    if !(0..=9999).contains(&year) {
        return None;
    }
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    // Times before 1970 have no fraction here.
    let millis = time.duration_since(UNIX_EPOCH).map_or(0, |after| i64::from(after.subsec_millis()));
    let mut text = *b"0000-00-00T00:00:00.000Z";
    put_two_digits(&mut text, year / 100);
    put_two_digits(&mut text[2..], year % 100);
    put_two_digits(&mut text[5..], month);
    put_two_digits(&mut text[8..], day);
    put_two_digits(&mut text[11..], of_day / 3600);
    put_two_digits(&mut text[14..], of_day / 60 % 60);
    put_two_digits(&mut text[17..], of_day % 60);
    text[20] = b'0' + (millis / 100) as u8;
    put_two_digits(&mut text[21..], millis % 100);
    Some(text)
}

/// Returns the whole seconds since 1970, rounded down, also for times before 1970.
pub(crate) fn unix_seconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok(),
        Err(error) => {
            let before = error.duration();
            let fraction = i64::from(before.subsec_nanos() > 0);
            i64::try_from(before.as_secs()).ok()?.checked_neg()?.checked_sub(fraction)
        }
    }
}

/// Returns the year, month and day of a day number that counts from 1 January 1970.
///
/// Here years begin in March: so the leap day is the last day of its year, and the months before it follow a pattern of 153
/// days every five months.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let of_era = days.rem_euclid(DAYS_PER_ERA);
    // Removes the leap days: one in 4 years (1,460 days), none in 100 (36,524), one in 400.
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / (DAYS_PER_ERA - 1)) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Returns the day number of a date, counted from 1 January 1970: the reverse of [`civil_date`].
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * DAYS_PER_ERA + 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + of_year - EPOCH
}

/// Returns the number of a month, by its English name of three letters.
fn month_number(name: &str) -> Option<i64> {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    (1..).zip(NAMES).find(|(_, own)| *own == name).map(|(number, _)| number)
}

fn one_digit(text: &str) -> Option<i64> {
    let [digit] = *text.as_bytes() else { return None };
    digit.is_ascii_digit().then(|| i64::from(digit - b'0'))
}

fn two_digits(text: &str) -> Option<i64> {
    let [tens, ones] = *text.as_bytes() else { return None };
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(10 * (tens - b'0') + (ones - b'0')))
}

fn four_digits(text: &str) -> Option<i64> {
    let (century, year) = text.split_at_checked(2)?;
    Some(100 * two_digits(century)? + two_digits(year)?)
}

fn put_two_digits(text: &mut [u8], value: i64) {
    text[0] = b'0' + (value / 10) as u8;
    text[1] = b'0' + (value % 10) as u8;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: i64) -> SystemTime {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }

    fn text(time: SystemTime) -> Option<String> {
        imf_fixdate(time).map(|text| String::from_utf8(text.to_vec()).unwrap())
    }

    #[test]
    fn known_dates() {
        let dates = [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (1_893_553_445, "Wed, 02 Jan 2030 03:04:05 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (-2_203_891_200, "Thu, 01 Mar 1900 00:00:00 GMT"),
            (-2_203_891_201, "Wed, 28 Feb 1900 23:59:59 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
        ];
        for (seconds, expected) in dates {
            assert_eq!(text(at(seconds)).as_deref(), Some(expected), "{seconds}");
        }
    }

    #[test]
    fn years_of_other_lengths_than_four_digits() {
        assert_eq!(text(at(253_402_300_800)), None);
        assert_eq!(text(at(-62_167_219_201)), None);
        assert_eq!(text(at(i64::MAX / 2)), None);
        assert_eq!(text(at(i64::MIN / 2)), None);
    }

    #[test]
    fn fractions_are_rounded_down() {
        let half = Duration::from_millis(500);
        assert_eq!(text(at(1) + half).unwrap(), "Thu, 01 Jan 1970 00:00:01 GMT");
        assert_eq!(text(at(0) - half).unwrap(), "Wed, 31 Dec 1969 23:59:59 GMT");
        assert_eq!(text(at(-62_167_219_200) - half), None);
    }

    #[test]
    fn times_of_log_lines() {
        assert_eq!(rfc3339(at(784_111_777)).as_deref(), Some("1994-11-06T08:49:37.000Z"));
        let late = at(1_709_164_800) + Duration::from_micros(7_999);
        assert_eq!(rfc3339(late).as_deref(), Some("2024-02-29T00:00:00.007Z"));
        assert_eq!(rfc3339(at(253_402_300_800)), None);
    }

    /// The examples of section 5.6.7, and dates that are not.
    #[test]
    fn dates_of_all_three_forms_are_read() {
        let now = || 1_800_000_000; // In 2027.
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse(text, now), Some(784_111_777), "{text}");
        }
        assert_eq!(parse(" Sun, 06 Nov 1994 08:49:37 GMT\t", now), Some(784_111_777));
        assert_eq!(parse("Wed Nov 16 08:49:37 1994", now), Some(784_975_777));
        // 2077 is within fifty years, and 2078 is not.
        let of_year = |year: &str| parse(&format!("Friday, 01-Jan-{year} 00:00:00 GMT"), now);
        assert_eq!(of_year("77"), parse("Fri, 01 Jan 2077 00:00:00 GMT", now));
        assert_eq!(of_year("78"), parse("Fri, 01 Jan 1978 00:00:00 GMT", now));
        for text in [
            "",
            "Sun",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT x",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Now 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 199\u{e9} 08:49:37 GMT",
            "Sunday, 06-Nov-94-1 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  66 08:49:37 1994",
        ] {
            assert_eq!(parse(text, now), None, "{text:?}");
        }
    }

    /// Counts the days one by one, by the rule for leap years.
    #[test]
    fn every_day_of_every_year() {
        let last_year = if cfg!(miri) { 4 } else { 9999 };
        let mut days = -62_167_219_200 / SECONDS_PER_DAY;
        for year in 0..=last_year {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (month, length) in (1..).zip(lengths) {
                for day in 1..=length {
                    assert_eq!(civil_date(days), (year, month, day));
                    assert_eq!(days_of(year, month, day), days);
                    days += 1;
                }
            }
        }
    }
}
