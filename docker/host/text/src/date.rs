//! Dates and times as .NET reads and writes them (protocol.md#value-encoding and #the-result-object).
//!
//! Newtonsoft.Json turns strings that look like ISO date-times into dates while it reads; what comes out again is spelled
//! anew, and one with an offset is in the host's time zone (the recordings were made in UTC).

use std::sync::LazyLock;

use chrono::{Datelike, Days, Local, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use regex::Regex;

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

/// A longer text is not looked at for a date.
const MAX_ISO_BYTES: usize = 40;

/// Date and time, a fraction of up to seven digits, and `Z`, an offset (`+02:00`, `+0200`, `+02`), or nothing. Newtonsoft.Json also
/// passes over a colon and two digits that belong to no offset: so of nine decimals the last two are lost, unless a zone follows.
static ISO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let form = "^(0000)-(00)-(00)T(00):(00):(00)(?:[.](0{1,7}))?([Zz]|([+-])(00):?(00)?|:?(?:00)?)$";
    Regex::new(&form.replace('0', "[0-9]")).ok()
});
/// Milliseconds, and an offset, of which what follows the hours is not looked at.
static MICROSOFT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)^/Date\((-?[0-9]+)(\+[0-9]{2}.*|-[0-9]{2}[^+]*)?\)/$").ok());

/// The date in a string, if Newtonsoft.Json would take it for one: `2020-01-01T00:00:00` with or without fraction,
/// `Z` or offset, or `/Date(1577836800000)/`. `2020-01-01` alone is not a date (protocol.md#the-result-object).
pub fn recognise(text: &str) -> Option<DateTime> {
    match text.as_bytes().first()? {
        b'/' => microsoft(text),
        b'0'..=b'9' if text.len() <= MAX_ISO_BYTES => iso(text),
        _ => None,
    }
}

fn iso(text: &str) -> Option<DateTime> {
    let found = ISO.as_ref()?.captures(text)?;
    let number = |group| found.get(group).map_or(Some(0), |digits| digits.as_str().parse::<u32>().ok());
    let year = i32::try_from(number(1)?).ok().filter(|year| *year > 0)?;
    let date = NaiveDate::from_ymd_opt(year, number(2)?, number(3)?)?;
    let (hour, minute, second) = (number(4)?, number(5)?, number(6)?);
    let (fraction, zone) = (found.get(7).map_or("", |digits| digits.as_str()), &found[8]);
    // All digits behind the point belong to it, up to seven.
    if (1..7).contains(&fraction.len()) && zone.starts_with(|next: char| next.is_ascii_digit()) {
        return None;
    }
    let ticks: u32 = format!("{fraction:0<7}").parse().ok()?;
    let wall = if hour == 24 {
        // Midnight at the end of a day is the next day's first moment.
        let next = date
            .checked_add_days(Days::new(1))
            .filter(|next| (minute, second, ticks) == (0, 0, 0) && next.year() < 10_000);
        next?.and_time(NaiveTime::MIN)
    } else {
        date.and_hms_nano_opt(hour, minute, second, ticks * 100)?
    };
    let ahead = TimeDelta::minutes(i64::from(number(10)? * 60 + number(11)?));
    // A date with an offset becomes one in the host's time zone.
    match found.get(9).map(|sign| sign.as_str()) {
        Some(sign) => Some(local(within_years(wall.checked_sub_signed(if sign == "-" { -ahead } else { ahead })?))),
        None if zone.eq_ignore_ascii_case("Z") => Some(DateTime { wall, zone: Zone::Utc }),
        None => Some(DateTime { wall, zone: Zone::Unspecified }),
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
    let found = MICROSOFT.as_ref()?.captures(text)?;
    let utc = chrono::DateTime::from_timestamp_millis(found[1].parse().ok()?)?.naive_utc();
    if within_years(utc) != utc {
        return None;
    }
    Some(if found.get(2).is_some() { local(utc) } else { DateTime { wall: utc, zone: Zone::Utc } })
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
            assert_eq!(recognise(text).unwrap().wall.year(), year);
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
            "9999-12-31T24:00:00Z",
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
