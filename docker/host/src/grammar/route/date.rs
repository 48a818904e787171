//! The texts that .NET takes for a date, a time or both in the invariant culture (`DateTime.TryParse`).

use chrono::{Datelike, Local, NaiveDate};

use crate::grammar::calendar::{MONTHS, WEEKDAYS};

/// A zone is at most so far from UTC.
const MOST_ZONE_HOURS: u32 = 14;
/// Years of two digits are in this century up to this one, and in the last after it.
const LAST_SHORT_YEAR: i32 = 49;

#[derive(Default)]
struct Parts {
    /// The numbers of the date with their digits, in their order.
    numbers: Vec<(u32, usize)>,
    /// The month, if it is a word, and how many numbers came before it.
    month: Option<(u32, usize)>,
    /// In `WEEKDAYS`.
    weekday: Option<usize>,
    has_clock: bool,
    has_zone: bool,
}

/// Whether a text without spaces around it is a date, a time, or both (recording PX2-value-dt).
pub(super) fn is_date_time(text: &str) -> bool {
    let mut parts = Parts::default();
    let mut rest = text;
    while !rest.is_empty() {
        match parts.take(rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    parts.make_sense()
}

impl Parts {
    /// Takes what `text` begins with, and returns what is behind it.
    fn take<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let first = text.chars().next()?;
        if first.is_ascii_digit() {
            let (digits, rest) = split(text, |character| character.is_ascii_digit());
            if let Some(after) = self.clock(digits, rest) {
                return Some(after);
            }
            self.numbers.push((digits.parse().ok()?, digits.len()));
            return (self.numbers.len() <= 3 && !rest.starts_with(':')).then_some(rest);
        }
        if first.is_alphabetic() {
            let (word, rest) = split(text, char::is_alphabetic);
            return self.word(word)?.then_some(rest).or_else(|| {
                // The T of ISO 8601 stands before a time.
                let is_time = rest.split(':').next().is_some_and(|hour| hour.len() <= 2 && rest.contains(':'));
                (word.eq_ignore_ascii_case("t") && !self.numbers.is_empty() && is_time).then_some(rest)
            });
        }
        let rest = &text[first.len_utf8()..];
        match first {
            ',' if self.is_begun() => Some(rest),
            character if character.is_whitespace() => Some(rest),
            // Between parts of a date.
            '/' | '-' | '.' if self.is_begun() && rest.starts_with(char::is_alphanumeric) => Some(rest),
            _ => None,
        }
    }

    fn is_begun(&self) -> bool {
        !self.numbers.is_empty() || self.month.is_some() || self.weekday.is_some()
    }

    /// A time of day that begins with these digits: `10:00`, `10:00:00.5 PM`, `10am`, a zone behind it.
    fn clock<'a>(&mut self, hour: &str, rest: &'a str) -> Option<&'a str> {
        let hour = hour.parse::<u32>().ok().filter(|_| hour.len() <= 2)?;
        let mut after = rest;
        for unit in 0..2 {
            let Some(digits) = after.strip_prefix(':') else { break };
            let (number, behind) = split(digits, |character| character.is_ascii_digit());
            number.parse::<u32>().ok().filter(|number| *number < 60 && digits.len() - behind.len() <= 2)?;
            after = behind;
            if unit == 1
                && let Some(fraction) = after.strip_prefix('.')
            {
                let (digits, behind) = split(fraction, |character| character.is_ascii_digit());
                after = Some(behind).filter(|_| !digits.is_empty())?;
            }
        }
        let is_plain = after.len() < rest.len();
        let (word, behind) = split(after.trim_start(), char::is_alphabetic);
        let most = match word.to_ascii_lowercase().as_str() {
            "am" | "a" => 12,
            "pm" | "p" => 23,
            _ if !is_plain => return None,
            _ => 23,
        };
        if most != 23 || word.to_ascii_lowercase().starts_with('p') {
            after = behind;
        }
        if hour > most || self.has_clock {
            return None;
        }
        self.has_clock = true;
        let zone = after.trim_start();
        if zone.starts_with(['+', '-']) {
            return self.zone(&zone[1..]);
        }
        Some(after)
    }

    fn zone<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let (digits, rest) = split(text, |character| character.is_ascii_digit());
        let (hours, minutes, rest) = match (digits.len(), rest.strip_prefix(':')) {
            (1 | 2, Some(behind)) => {
                let (minutes, rest) = split(behind, |character| character.is_ascii_digit());
                (digits, Some(minutes).filter(|it| (1..=2).contains(&it.len()))?, rest)
            }
            (1 | 2, None) => (digits, "0", rest),
            (3 | 4, None) => (&digits[..digits.len() - 2], &digits[digits.len() - 2..], rest),
            _ => return None,
        };
        let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
        let fits = minutes < 60 && hours * 60 + minutes <= MOST_ZONE_HOURS * 60 && !self.has_zone;
        self.has_zone = true;
        fits.then_some(rest)
    }

    /// Whether a word means something here; `None` if it is one that may not stand here.
    fn word(&mut self, word: &str) -> Option<bool> {
        let word = word.to_ascii_lowercase();
        let is = |name: &str| word == name || word == name[..3];
        if let Some(index) = MONTHS.iter().position(|name| is(name)) {
            let is_second = self.month.is_some() || self.has_clock && !self.is_begun();
            self.month = Some((u32::try_from(index).ok()? + 1, self.numbers.len()));
            return (!is_second).then_some(true);
        }
        if let Some(index) = WEEKDAYS.iter().position(|name| is(name)) {
            return self.weekday.replace(index).is_none().then_some(true);
        }
        if word == "z" || word == "gmt" {
            let is_second = std::mem::replace(&mut self.has_zone, true);
            return (!is_second && (self.has_clock || self.is_begun())).then_some(true);
        }
        Some(false)
    }

    fn make_sense(&self) -> bool {
        let has_date = !self.numbers.is_empty() || self.month.is_some();
        if !has_date {
            return self.has_clock && self.weekday.is_none();
        }
        self.date().is_some_and(|date| {
            self.weekday.is_none_or(|weekday| date.weekday().num_days_from_sunday() as usize == weekday)
        })
    }

    /// The date: year, month and day if the first number is a year, and else month, day and year.
    fn date(&self) -> Option<NaiveDate> {
        let this_year = Local::now().year();
        let is_year = |(_, digits): (u32, usize)| digits > 2;
        let (year, month, day) = match (self.month, self.numbers.as_slice()) {
            (None, [a, b, c]) if is_year(*a) => (full_year(*a)?, b.0, c.0),
            (None, [a, b, c]) if is_year(*b) => (full_year(*b)?, a.0, c.0),
            (None, [a, b, c]) => (full_year(*c)?, a.0, b.0),
            (None, [a, b]) if is_year(*a) => (full_year(*a)?, b.0, 1),
            (None, [a, b]) if is_year(*b) => (full_year(*b)?, a.0, 1),
            (None, [a, b]) => (this_year, a.0, b.0),
            (Some((month, _)), [a]) if is_year(*a) => (full_year(*a)?, month, 1),
            (Some((month, _)), [a]) => (this_year, month, a.0),
            (Some((month, _)), [a, b]) if is_year(*a) => (full_year(*a)?, month, b.0),
            (Some((month, _)), [a, b]) => {
                let date = NaiveDate::from_ymd_opt(full_year(*b)?, month, a.0);
                return date.or_else(|| NaiveDate::from_ymd_opt(full_year(*a)?, month, b.0));
            }
            _ => return None,
        };
        NaiveDate::from_ymd_opt(year, month, day)
    }
}

fn full_year((number, digits): (u32, usize)) -> Option<i32> {
    let year = i32::try_from(number).ok().filter(|year| (0..=9999).contains(year))?;
    match digits {
        ..=2 if year <= LAST_SHORT_YEAR => Some(year + 2000),
        ..=2 => Some(year + 1900),
        _ => Some(year).filter(|year| *year > 0),
    }
}

/// The characters of a kind at the beginning, and the rest.
fn split(text: &str, is_one: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|character| !is_one(character)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_those_of_dotnet() {
        for text in [
            "2024-11-01",
            "2024-11-01T10:00:00",
            "2024-11-01T10:00:00Z",
            "2024-11-01T10:00:00+01:00",
            "2024-11-01Z",
            "11-01-2024",
            "01.11.2024",
            "1.2.2024",
            "2024.11.01",
            "11/01/2024",
            "1/2/24",
            "Jan 2024",
            "Nov 1",
            "1 Nov",
            "1 Nov 2024",
            "1-Nov-2024",
            "2024 Nov 1",
            "November 1, 2024",
            "Fri, 01 Nov 2024 10:00:00 GMT",
            "Friday, November 1, 2024 10:00 PM",
            "10:00",
            "10am",
            "10 PM",
            "13:00 PM",
            "12:30 am",
            "1-2",
            "1.2",
            "2024-11",
            "11/2024",
            "2024-11-01 10:00",
            "10:00 2024-11-01",
            "2024-11-01 10:00:00.5 +02:00",
            "0001-01-01",
            "9999-12-31T23:59:59.9999999",
            "2024-11-01T10:00:00.12345678Z",
            "2024-02-29",
            "Nov 45 12",
        ] {
            assert!(is_date_time(text), "{text}");
        }
        for text in [
            "",
            "today",
            "noon",
            "5",
            "2024",
            "20241101",
            "2024-02-30",
            "2023-02-29",
            "13/13/2024",
            "Thu, 01 Nov 2024 10:00:00 GMT",
            "2024-11-01T24:00:00",
            "24:00",
            "10:60",
            "13am",
            "Nov",
            "Nov 31",
            "0000-01-01",
            "10000-01-01",
            "-1-2",
            "1-2-",
            "1--2",
            "1,",
            "10:00 11:00",
            "2024-11-01T10:00:00+15:00",
            "2024-11-01 10",
            "2024-11-01T10",
            "1-2-3-4",
            "10:00 UTC",
            "2024/11/01 Jan",
        ] {
            assert!(!is_date_time(text), "{text}");
        }
    }
}
