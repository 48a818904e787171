//! The texts that .NET takes for a date, a time or both in the invariant culture (`DateTime.TryParse`).

use std::sync::LazyLock;

use chrono::{Datelike, Local, Month, NaiveDate, Weekday};

use dotnet_text::letter_case::is_one_of;
use regex::Regex;

/// A zone is at most so far from UTC.
const MOST_ZONE_HOURS: u32 = 14;
/// Years of two digits are in this century up to this one, and in the last after it.
const LAST_SHORT_YEAR: i32 = 49;

/// Hour, what follows it with a colon, and what is behind; only seconds have a fraction.
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s)^([0-9]{1,2})(\s*:\s*[0-5]?[0-9](?:\s*:\s*[0-5]?[0-9](?:[.,][0-9]+)?)?)?((?:[^0-9].*)?)$").ok()
});
/// What stands behind the T of ISO 8601, each number in two digits, and its zone.
static ISO_TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?\s*(?:[zZ]|[+-](.*))?$").ok()
});
/// Hours, minutes with a colon or without, and what is behind.
static ZONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)^([0-9]{1,2})(?::([0-9]{1,2})|([0-9]{2}))?((?:[^0-9:].*)?)$").ok());

#[derive(Default)]
struct Parts {
    /// The numbers of the date with their digits, in their order.
    numbers: Vec<(u32, usize)>,
    /// The month, if it is a word, and how many numbers came before it.
    month: Option<(u32, usize)>,
    weekday: Option<Weekday>,
    /// A `/` or a `-` came just before, behind which there is no time.
    is_joined: bool,
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
        let rest = &text[first.len_utf8()..];
        match first {
            // Nowhere more than a space, but for fractions of a second.
            ',' | '.' => Some(rest),
            character if character.is_whitespace() => Some(rest),
            '+' | '-' if self.is_whole() && !self.has_clock => self.zone(rest),
            '+' if self.month.is_some_and(|_| self.numbers.len() == 1) => self.zone(rest),
            '/' | '-' if self.is_begun() => {
                self.is_joined = true;
                rest.trim_start().starts_with(char::is_alphanumeric).then_some(rest)
            }
            '0'..='9' => self.number(text),
            character if character.is_alphabetic() => self.word(text),
            _ => None,
        }
    }

    /// A time of day, or a number of the date.
    fn number<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let (digits, rest) = split(text, |character| character.is_ascii_digit());
        if !std::mem::take(&mut self.is_joined)
            && let Some(after) = self.clock(text)
        {
            return Some(after);
        }
        self.numbers.push((digits.parse().ok()?, digits.len()));
        (self.numbers.len() <= 3 && !rest.trim_start().starts_with(':')).then_some(rest)
    }

    fn is_begun(&self) -> bool {
        !self.numbers.is_empty() || self.month.is_some() || self.weekday.is_some()
    }

    /// Whether the date has year, month and day.
    fn is_whole(&self) -> bool {
        self.numbers.len() + usize::from(self.month.is_some()) == 3
    }

    /// Whether a time with a colon may follow what there is of a date: two numbers alone would be taken for more than they are.
    fn lets_time_follow(&self) -> bool {
        match (self.month, self.numbers.as_slice()) {
            (None, []) => true,
            (Some(_), [day]) => day.1 <= 2,
            _ => self.is_whole(),
        }
    }

    /// A time of day: `10:00`, `10:00:00.5 PM`, `10am`, a zone behind it.
    fn clock<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let found = CLOCK.as_ref()?.captures(text)?;
        let hour = found.get(1)?.as_str().parse::<u32>().ok()?;
        let (is_plain, mut after) = (found.get(2).is_some(), found.get(3)?.as_str());
        let (word, behind) = split(after.trim_start(), char::is_alphabetic);
        let most = match word.to_ascii_lowercase().as_str() {
            "am" => 12,
            _ if !is_plain && !word.eq_ignore_ascii_case("pm") => return None,
            _ => 23,
        };
        if is_one_of(word, &["am", "pm"]) {
            after = behind;
        }
        if hour > most || self.has_clock || is_plain && !self.lets_time_follow() {
            return None;
        }
        self.has_clock = true;
        let zone = after.trim_start();
        if zone.starts_with(['+', '-']) { self.zone(&zone[1..]) } else { Some(after) }
    }

    fn zone<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let found = ZONE.as_ref()?.captures(text)?;
        let number = |group| found.get(group).map_or(Ok(0), |digits| digits.as_str().parse::<u32>());
        let (hours, minutes) = (number(1).ok()?, number(2).ok()? + number(3).ok()?);
        let fits = minutes < 60 && hours * 60 + minutes <= MOST_ZONE_HOURS * 60 && !self.has_zone;
        self.has_zone = true;
        found.get(4).map(|rest| rest.as_str()).filter(|_| fits)
    }

    /// Takes a word that means something where it stands.
    fn word<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        self.is_joined = false;
        let (word, rest) = split(text, char::is_alphabetic);
        let word = word.to_ascii_lowercase();
        if let Ok(month) = word.parse::<Month>() {
            return self.month.replace((month.number_from_month(), self.numbers.len())).is_none().then_some(rest);
        }
        if let Ok(weekday) = word.parse() {
            return self.weekday.replace(weekday).is_none().then_some(rest);
        }
        match word.as_str() {
            "z" | "gmt" => {
                let is_first = !std::mem::replace(&mut self.has_zone, true);
                (is_first && (self.has_clock || self.is_whole() || !self.is_begun())).then_some(rest)
            }
            "t" => self.iso_time(rest.trim_start()),
            _ => None,
        }
    }

    /// What stands behind the T of ISO 8601, up to the end.
    fn iso_time<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let is_date = self.month.is_none() && matches!(self.numbers.as_slice(), [(_, 3..), _, _]);
        let found = ISO_TIME.as_ref()?.captures(text).filter(|_| is_date)?;
        self.has_clock = true;
        found.get(1).map_or(Some(""), |zone| self.zone(zone.as_str())).filter(|rest| rest.is_empty())
    }

    fn make_sense(&self) -> bool {
        let has_date = !self.numbers.is_empty() || self.month.is_some();
        let date = if has_date { self.date() } else { Some(Local::now().date_naive()).filter(|_| self.has_clock) };
        date.is_some_and(|date| self.weekday.is_none_or(|weekday| date.weekday() == weekday))
    }

    /// The date: year, month and day if the first number is a year, and else month, day and year.
    fn date(&self) -> Option<NaiveDate> {
        let this_year = (u32::try_from(Local::now().year()).ok()?, 4);
        let is_year = |(_, digits): (u32, usize)| digits > 2;
        let word = |(month, _)| (month, 2);
        let (year, month, day) = match (self.month, self.numbers.as_slice()) {
            (None, [a, b, c]) if is_year(*a) => (*a, *b, *c),
            (None, [a, b, c]) if is_year(*b) => (*b, *a, *c),
            (None, [a, b, c]) => (*c, *a, *b),
            (None, [a, b]) if is_year(*a) => (*a, *b, (1, 1)),
            (None, [a, b]) if is_year(*b) => (*b, *a, (1, 1)),
            (None, [a, b]) => (this_year, *a, *b),
            // A number before the month is a year: `1 Nov` is in 2001.
            (Some(month), [a]) if month.1 == 1 || is_year(*a) => (*a, word(month), (1, 1)),
            (Some(month), [a]) => (this_year, word(month), *a),
            (Some(month), [a, b]) if is_year(*a) => (*a, word(month), *b),
            (Some(month), [a, b]) => {
                return calendar_day(*b, word(month), *a).or_else(|| calendar_day(*a, word(month), *b));
            }
            _ => return None,
        };
        calendar_day(year, month, day)
    }
}

/// A day, of whose numbers only that of the year may have more than two digits.
fn calendar_day(year: (u32, usize), month: (u32, usize), day: (u32, usize)) -> Option<NaiveDate> {
    let is_short = month.1 <= 2 && day.1 <= 2;
    NaiveDate::from_ymd_opt(full_year(year)?, month.0, day.0).filter(|_| is_short)
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
            ",2024-01-01.",
            "10:00:00.,",
            "10:00:00,5",
            "1 : 00",
            "1 - 1",
            "1/ 2 /2024",
            "10:00 Jan 1",
            "1 Jan 10:00",
            "1/2 10am",
            "2024-01-01,10:00",
            "2024-01-01-10:00",
            "2024-1-1T10:00 +1",
            "2024/01/01 t10:00:00,5z",
            "GMT 10:00",
            "Mon 1 Jan",
            "1/2/2024 Tue",
            "32 Jan",
            "1 Jan +1",
            "1-2-3-4",
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
            "1.2.3.4",
            "1-2-3-15",
            "10:00 UTC",
            "2024/11/01 Jan",
            "10a",
            "10:00 p",
            "1/2 10:00",
            "Jan 2024 10:00",
            "2024-01-01/10:00",
            "2024-001",
            "Jan 32",
            "Thu 1 Jan",
            "1/2Z",
            "1/2/2024T10:00",
            "2024-01-01T1:00",
            "2024-01-01T10:00 AM",
            "10:00.5",
            "1:002",
        ] {
            assert!(!is_date_time(text), "{text}");
        }
    }
}
