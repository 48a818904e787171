//! Dates and times as .NET reads and writes them (protocol.md#value-encoding and #the-result-object).
//!
//! Newtonsoft.Json turns strings that look like ISO date-times into dates while it reads; what comes out again is spelled
//! anew, and one with an offset is in the host's time zone (the recordings were made in UTC).

use std::ops::Range;

use chrono::{Days, Local, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};

/// A date and time with what .NET knows about its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// What a clock on the wall shows, to a tenth of a microsecond.
    pub wall: NaiveDateTime,
    /// Which wall.
    pub zone: Zone,
}

/// What is known about the zone of a [`DateTime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Nothing: no suffix.
    Unspecified,
    /// UTC, written `Z`.
    Utc,
    /// So many seconds east of UTC, written `+02:00`.
    Offset(i32),
}

impl DateTime {
    /// The present, in UTC.
    pub fn now() -> DateTime {
        DateTime { wall: Utc::now().naive_utc(), zone: Zone::Utc }
    }

    /// ISO 8601 with up to seven decimals, trailing zeros dropped: how dates stand inside JSON objects
    /// (recording RX-raw-rv-object-floats).
    pub fn iso(&self) -> String {
        let ticks = self.wall.nanosecond() % 1_000_000_000 / 100;
        let fraction = if ticks == 0 { String::new() } else { format!(".{ticks:07}").trim_end_matches('0').to_owned() };
        format!("{}{fraction}{}", self.wall.format("%Y-%m-%dT%H:%M:%S"), self.suffix())
    }

    /// ISO 8601 without fractions: how dates stand as values of their own (protocol.md#value-encoding).
    pub fn iso_seconds(&self) -> String {
        format!("{}{}", self.wall.format("%Y-%m-%dT%H:%M:%S"), self.suffix())
    }

    /// What .NET's `ToString` gives: `11/01/2024 10:00:00`, neither fraction nor zone (protocol.md#the-result-object).
    pub fn invariant(&self) -> String {
        self.wall.format("%m/%d/%Y %H:%M:%S").to_string()
    }

    fn suffix(&self) -> String {
        match self.zone {
            Zone::Unspecified => String::new(),
            Zone::Utc => "Z".to_owned(),
            Zone::Offset(seconds) => {
                let sign = if seconds < 0 { '-' } else { '+' };
                let minutes = seconds.abs() / 60;
                format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

/// What a date begins with.
const FORM: &[u8] = b"0000-00-00T00:00:00";
/// A longer text is not looked at for a date.
const MAX_ISO_BYTES: usize = 40;

/// The date in a string, if Newtonsoft.Json would take it for one: `2020-01-01T00:00:00` with or without fraction,
/// `Z` or offset, or `/Date(1577836800000)/`. `2020-01-01` alone is not a date (protocol.md#the-result-object).
pub fn recognise(text: &str) -> Option<DateTime> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'/' => microsoft(text),
        b'0'..=b'9' if bytes.len() <= MAX_ISO_BYTES => iso(bytes),
        _ => None,
    }
}

fn iso(text: &[u8]) -> Option<DateTime> {
    let (head, rest) = text.split_at_checked(FORM.len())?;
    if !has_form(head, FORM) {
        return None;
    }
    let number = |place: Range<usize>| digits(&head[place]);
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(0..4)?).ok().filter(|year| *year > 0)?,
        number(5..7)?,
        number(8..10)?,
    )?;
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let (ticks, rest) = fraction(rest)?;
    let wall = if hour == 24 {
        // Midnight at the end of a day is the next day's first moment.
        date.checked_add_days(Days::new(1)).filter(|_| (minute, second, ticks) == (0, 0, 0))?.and_time(NaiveTime::MIN)
    } else {
        date.and_hms_nano_opt(hour, minute, second, ticks * 100)?
    };
    zoned(wall, suffix(rest)?)
}

/// Whether a text has this form, in which every `0` is a digit, every `_` anything, and everything else itself.
pub fn has_form(text: &[u8], form: &[u8]) -> bool {
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'_' => true,
        _ => byte == form,
    };
    text.len() == form.len() && text.iter().zip(form).all(fits)
}

/// What stands where a zone may stand.
enum Suffix {
    None,
    Utc,
    /// Seconds east of UTC.
    East(i64),
}

/// A date with an offset becomes one in the host's time zone.
fn zoned(wall: NaiveDateTime, suffix: Suffix) -> Option<DateTime> {
    match suffix {
        Suffix::None => Some(DateTime { wall, zone: Zone::Unspecified }),
        Suffix::Utc => Some(DateTime { wall, zone: Zone::Utc }),
        Suffix::East(seconds) => Some(local(within_years(wall.checked_sub_signed(TimeDelta::seconds(seconds))?))),
    }
}

/// The moment, or the first or last one that .NET has, in the years 1 and 9999.
fn within_years(wall: NaiveDateTime) -> NaiveDateTime {
    let first = NaiveDate::from_ymd_opt(1, 1, 1).map(|date| date.and_time(NaiveTime::MIN)).unwrap_or(wall);
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).and_then(|date| date.and_hms_nano_opt(23, 59, 59, 999_999_900));
    wall.clamp(first, last.unwrap_or(wall).max(first))
}

fn local(utc: NaiveDateTime) -> DateTime {
    let offset = Local.offset_from_utc_datetime(&utc).fix().local_minus_utc();
    let wall = utc.checked_add_signed(TimeDelta::seconds(offset.into())).map_or(utc, within_years);
    DateTime { wall, zone: Zone::Offset(offset) }
}

/// `/Date(milliseconds)/`, with an offset in the host's time zone, else UTC.
fn microsoft(text: &str) -> Option<DateTime> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let after_first = inner.get(1..)?;
    let sign = after_first.find('+').or_else(|| after_first.find('-')).map(|at| at + 1);
    let milliseconds = Some(&inner[..sign.unwrap_or(inner.len())]).filter(|digits| !digits.starts_with('+'))?;
    let utc = chrono::DateTime::from_timestamp_millis(milliseconds.parse().ok()?)?.naive_utc();
    if within_years(utc) != utc {
        return None;
    }
    match sign {
        None => Some(DateTime { wall: utc, zone: Zone::Utc }),
        // What follows the hours is not looked at.
        Some(sign) => inner.get(sign + 1..sign + 3)?.bytes().all(|byte| byte.is_ascii_digit()).then(|| local(utc)),
    }
}

/// The number that these digits are.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

/// The fraction in tenths of a microsecond, a point and one to seven digits or nothing, and what follows it.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some(text) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = text.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = text.split_at(count);
    let missing = u32::try_from(7 - count).ok().filter(|_| count > 0)?;
    Some((digits(fraction)? * 10_u32.pow(missing), rest))
}

/// `Z`, an offset (`+02:00`, `+0200`, `+02`), or nothing, to the end of the text. Newtonsoft.Json also passes over a colon and two digits
/// that belong to no offset: so of nine decimals the last two are lost, unless a zone follows.
fn suffix(text: &[u8]) -> Option<Suffix> {
    let (sign, rest) = match text {
        [b'Z' | b'z'] => return Some(Suffix::Utc),
        [b'+', rest @ ..] => (Some(1), rest),
        [b'-', rest @ ..] => (Some(-1), rest),
        other => (None, other),
    };
    let (hours, rest) = if sign.is_some() { rest.split_at_checked(2)? } else { (&b"0"[..], rest) };
    let minutes = rest.strip_prefix(b":").unwrap_or(rest);
    if !matches!(minutes.len(), 0 | 2) {
        return None;
    }
    let minutes = i64::from(digits(hours)? * 60 + digits(minutes)?);
    Some(sign.map_or(Suffix::None, |sign: i64| Suffix::East(sign * minutes * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso_of(text: &str) -> String {
        recognise(text).unwrap_or_else(|| panic!("{text} is not a date")).iso()
    }

    #[test]
    fn spells_dates_anew() {
        for (text, iso, invariant) in [
            ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "01/01/2020 00:00:00"),
            ("2020-01-01T00:00:00.500Z", "2020-01-01T00:00:00.5Z", "01/01/2020 00:00:00"),
            ("2024-11-01T10:00:00", "2024-11-01T10:00:00", "11/01/2024 10:00:00"),
            ("2024-11-01T10:00:00.1234567Z", "2024-11-01T10:00:00.1234567Z", "11/01/2024 10:00:00"),
            ("2024-12-31T24:00:00Z", "2025-01-01T00:00:00Z", "01/01/2025 00:00:00"),
            ("/Date(1577836800000)/", "2020-01-01T00:00:00Z", "01/01/2020 00:00:00"),
            ("2024-11-01T10:00:00.123456789", "2024-11-01T10:00:00.1234567", "11/01/2024 10:00:00"),
            ("2024-11-01T10:00:00:30", "2024-11-01T10:00:00", "11/01/2024 10:00:00"),
        ] {
            assert_eq!(iso_of(text), iso);
            assert_eq!(recognise(text).unwrap().invariant(), invariant);
        }
    }

    #[test]
    fn moves_offsets_to_the_local_zone() {
        let two_hours_east = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        for text in [
            "2020-01-01T02:00:00+02:00",
            "2020-01-01T02:00:00+0200",
            "2020-01-01T02:00:00+02",
            "2019-12-31T22:30:00-01:30",
            "/Date(1577836800000-0130)/",
            "/Date(1577836800000+02:00)/",
        ] {
            let date = recognise(text).unwrap();
            let Zone::Offset(offset) = date.zone else { panic!("{text}: {date:?}") };
            assert_eq!(date.wall - TimeDelta::seconds(offset.into()), two_hours_east, "{text}");
        }
    }

    #[test]
    fn stays_within_the_years_of_dotnet() {
        for (text, year) in [("0001-01-01T00:00:00+02:00", 1), ("9999-12-31T23:59:59-02:00", 9999)] {
            assert_eq!(chrono::Datelike::year(&recognise(text).unwrap().wall), year);
        }
    }

    #[test]
    fn leaves_other_texts_alone() {
        for text in [
            "",
            "2020-01-01",
            "2020-01-01 00:00:00",
            "2020-01-01T00:00",
            "2020-13-01T00:00:00",
            "2020-02-30T00:00:00Z",
            "2020-01-01T25:00:00Z",
            "2020-01-01T00:00:00.Z",
            "2020-01-01T00:00:00.12345678Z",
            "2020-01-01T00:00:00.123456789Z",
            "2020-01-01T00:00:00.123456789+02:00",
            "2020-01-01T00:00:00.1234567890",
            "2020-01-01T00:00:00 Z",
            "x2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z and more",
            "2020-01-01t00:00:00Z",
            "0000-01-01T00:00:00Z",
            "/Date()/",
            "/Date(x)/",
            "/Date(+5)/",
            "/Date(0+1)/",
            "/Date(0+1x)/",
            "/Date(253402300800000)/",
            "grüß-gott-TTTTTTTTTTTT",
        ] {
            assert_eq!(recognise(text), None, "{text}");
        }
    }
}
