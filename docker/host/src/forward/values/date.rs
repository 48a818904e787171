//! Dates of header values in the ways in which .NET's client reads them; pure.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use regex::{Captures, Match, Regex};

use super::patterns::{OPTIONAL, Pattern, pattern};

pub const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Years of two digits from this one on are of the last century.
const LAST_CENTURY: i32 = 50;
const MAX_ZONE_HOURS: u32 = 14;
/// The years that .NET knows.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// `Sun, 06 Nov 1994 08:49:37 GMT`, with or without the name and the zone.
static TODAY: Pattern = Pattern::new(|| form(r"(?:NAME_,)?_DAY_MONTH_(?<year>[0-9]{4}|[0-9]{2})_CLOCK_SECOND_ZONE"));
/// `Sunday, 06-Nov-94 08:49:37 GMT`.
static FULL_NAME: Pattern =
    Pattern::new(|| form(r"(?<name>[A-Za-z]*day)_,_DAY_-_MONTH_-_(?<year>[0-9]{2})_CLOCK_SECOND_ZONE"));
/// `Sun Nov  6 08:49:37 1994`, where a lone digit ends before the next number begins.
static C_TIME: Pattern = Pattern::new(|| {
    form(r"NAME[ \t]+MONTH_(?<day>[0-9]{2}|[0-9]\b)_CLOCK_(?<second>[0-9]{2}|[0-9]\b)_(?<year>[0-9]{4})")
});

/// A pattern with names for its parts, in which `_` are spaces, if there are any.
fn form(parts: &str) -> Option<Regex> {
    const PARTS: [(&str, &str); 7] = [
        ("NAME", "(?<name>[A-Za-z]+)"),
        ("DAY", "(?<day>[0-9]{1,2})"),
        ("MONTH", "(?<month>[A-Za-z]+)"),
        ("CLOCK", "(?<hour>[0-9]{1,2})_:_(?<minute>[0-9]{1,2})_:"),
        ("SECOND", "(?<second>[0-9]{1,2})"),
        ("ZONE", "(?:GMT|UTC|(?<sign>[+-])_(?<hours>[0-9]{2})_:?_(?<minutes>[0-9]{2}))?"),
        ("_", OPTIONAL),
    ];
    pattern(&PARTS.iter().fold(format!("^_{parts}$"), |text, (name, part)| text.replace(name, part)))
}

/// A date as HTTP has it today, in GMT. `None` if it cannot be read.
pub fn written(value: &str) -> Option<String> {
    Some(read(value)?.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// Reads a date. Spaces may stand between any two parts, or be left out. The name of the day must be right.
fn read(value: &str) -> Option<DateTime<Utc>> {
    let find = |pattern: &Pattern| pattern.as_ref()?.captures(value);
    let found = find(&FULL_NAME).or_else(|| find(&TODAY).filter(is_of_today)).or_else(|| find(&C_TIME))?;
    let part = |name| found.name(name).map_or("0", |part| part.as_str());
    let number = |name| part(name).parse::<u32>().ok();
    let year = match part("year").parse().ok()? {
        year if part("year").len() == 4 => year,
        year if year < LAST_CENTURY => 2000 + year,
        year => 1900 + year,
    };
    let month = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(part("month")))?;
    let date = NaiveDate::from_ymd_opt(year, u32::try_from(month + 1).ok()?, number("day")?)?;
    let time = date.and_hms_opt(number("hour")?, number("minute")?, number("second")?)?.and_utc();
    let (hours, minutes) = (number("hours")?, number("minutes")?);
    let zone = Duration::minutes(i64::from(hours * 60 + minutes));
    let moment = if part("sign") == "-" { time + zone } else { time - zone };
    let is_called = |name: Match<'_>| {
        ["%A", "%a"].iter().any(|form| date.format(form).to_string().eq_ignore_ascii_case(name.as_str()))
    };
    let is_sound = hours <= MAX_ZONE_HOURS && minutes < 60 && found.name("name").is_none_or(is_called);
    Some(moment).filter(|moment| is_sound && YEARS.contains(&date.year()) && YEARS.contains(&moment.year()))
}

/// Whether the name of the day is short, and the year all that its digits make: two of four are none.
fn is_of_today(found: &Captures<'_>) -> bool {
    let is_short = found.name("name").is_none_or(|name| !name.as_str().ends_with("day"));
    let is_whole = |year: Match<'_>| {
        let digits = found[0][year.start()..].bytes().take_while(u8::is_ascii_digit).count();
        year.len() == 4 || digits < 4
    };
    is_short && found.name("year").is_some_and(is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_all_ways_of_dotnet() {
        for value in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37",
            "SUN,6 nov 94 8:49:37GMT",
            "6 Nov 1994 08:49:37 GMT",
            "06 Nov 94 08 : 49:37",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-94 09:49:37 +01:00",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 09:49:37 +0100",
            "06 Nov 1994 07:49:37 -0100",
        ] {
            assert_eq!(written(value).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"), "{value}");
        }
        assert_eq!(written("Thursday, 01-Jan-49 00:00:00 GMT"), None);
        assert_eq!(written("01 Jan 49 00:00:00").as_deref(), Some("Fri, 01 Jan 2049 00:00:00 GMT"));
    }

    #[test]
    fn other_dates_are_none() {
        for value in [
            "",
            "0",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37 gmt",
            "Sun, 06 Nov 1994 08:49:37 EST",
            "Sun, 06 Nov 1994 08:49:37 -01",
            "Sun, 06 Nov 1994 08:49:37 +1500",
            "Sun, 06 November 1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Nov 994 08:49:37 GMT",
            "Sun, 006 Nov 1994 08:49:37 GMT",
            "Thu, 01 Jan 1970 24:00:00 GMT",
            "29 Feb 2023 00:00:00 GMT",
            "1970-01-01T00:00:00Z",
            "Fri, 31 Dec 9999 23:59:59 -0100",
            "01 Jan 0001 00:00:00 +0100",
            "01 Jan 0000 00:00:00",
        ] {
            assert_eq!(written(value), None, "{value}");
        }
    }
}
