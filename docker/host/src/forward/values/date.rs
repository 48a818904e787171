//! Dates of header values in the ways in which .NET's client reads them; pure.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};

use super::reader::Reader;

pub const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Years of two digits from this one on are of the last century.
const LAST_CENTURY: i32 = 50;
const MAX_ZONE_HOURS: i64 = 14;
/// The years that .NET knows.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// A date as HTTP has it today, in GMT. `None` if it cannot be read.
pub fn written(value: &str) -> Option<String> {
    Some(read(value)?.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// Reads a date. Spaces may stand between any two parts, or be left out. The name of the day must be right.
fn read(value: &str) -> Option<DateTime<Utc>> {
    let reader = &mut Reader::new(value);
    let name = word(reader);
    let (date, time, zone) = match name {
        None => {
            let date = day_month_year(reader)?;
            (date, time(reader)?, zone(reader)?)
        }
        Some(_) if !eat(reader, b',') => {
            let (month, day) = (month(reader)?, number(reader, 1, 2)?);
            let time = time(reader)?;
            (date(number(reader, 4, 4)?, month, day)?, time, Duration::zero())
        }
        Some(name) if name.ends_with("day") => {
            let day = number(reader, 1, 2).filter(|_| eat(reader, b'-'))?;
            let month = month(reader).filter(|_| eat(reader, b'-'))?;
            let date = date(in_century(number(reader, 2, 2)?), month, day)?;
            (date, time(reader)?, zone(reader)?)
        }
        Some(_) => {
            let date = day_month_year(reader)?;
            (date, time(reader)?, zone(reader)?)
        }
    };
    let is_called =
        |name: &str| ["%A", "%a"].iter().any(|form| date.format(form).to_string().eq_ignore_ascii_case(name));
    let is_right = reader.is_at_end() && name.is_none_or(is_called);
    let moment = date.and_time(chrono::NaiveTime::MIN).and_utc() + time - zone;
    Some(moment).filter(|moment| is_right && YEARS.contains(&date.year()) && YEARS.contains(&moment.year()))
}

fn day_month_year(reader: &mut Reader<'_>) -> Option<NaiveDate> {
    let (day, month) = (number(reader, 1, 2)?, month(reader)?);
    let mut ahead = *reader;
    let year = match number(&mut ahead, 4, 4) {
        Some(year) => {
            *reader = ahead;
            year
        }
        None => in_century(number(reader, 2, 2)?),
    };
    date(year, month, day)
}

const fn in_century(year: i32) -> i32 {
    if year < LAST_CENTURY { 2000 + year } else { 1900 + year }
}

fn date(year: i32, month: u32, day: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, u32::try_from(day).ok()?)
}

fn time(reader: &mut Reader<'_>) -> Option<Duration> {
    let hours = number(reader, 1, 2).filter(|hours| *hours < 24 && eat(reader, b':'))?;
    let minutes = number(reader, 1, 2).filter(|minutes| *minutes < 60 && eat(reader, b':'))?;
    let seconds = number(reader, 1, 2).filter(|seconds| *seconds < 60)?;
    Some(Duration::seconds(i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds)))
}

/// How far the zone is ahead of GMT; without one it is GMT.
fn zone(reader: &mut Reader<'_>) -> Option<Duration> {
    reader.blanks();
    if reader.is_at_end() {
        return Some(Duration::zero());
    }
    let sign = match reader.peek()? {
        b'+' => 1,
        b'-' => -1,
        _ => return reader.token().filter(|zone| ["GMT", "UTC"].contains(zone)).map(|_| Duration::zero()),
    };
    reader.skip();
    let hours = i64::from(number(reader, 2, 2)?);
    eat(reader, b':');
    let minutes = i64::from(number(reader, 2, 2)?);
    (hours <= MAX_ZONE_HOURS && minutes < 60).then(|| Duration::minutes(sign * (hours * 60 + minutes)))
}

fn month(reader: &mut Reader<'_>) -> Option<u32> {
    let name = word(reader)?;
    let index = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
    u32::try_from(index + 1).ok()
}

fn word<'a>(reader: &mut Reader<'a>) -> Option<&'a str> {
    reader.blanks();
    reader.letters()
}

/// A number of so many digits at least and at most.
fn number(reader: &mut Reader<'_>, least: usize, most: usize) -> Option<i32> {
    reader.blanks();
    let digits = reader.up_to_digits(most);
    digits.parse().ok().filter(|_| digits.len() >= least)
}

fn eat(reader: &mut Reader<'_>, byte: u8) -> bool {
    reader.blanks();
    reader.eat(byte)
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
