//! When a timer runs: NCRONTAB expressions and time spans (protocol.md#timer-trigger). Pure; the only file that names the cron crate.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::error::Error;
use dotnet_text::{number, time_span};

/// What counts as no time, or less, is what .NET's timers wait at least.
const LEAST_SPAN: Duration = Duration::from_millis(1);
/// A time span that is shorter has no state worth keeping.
const LEAST_MONITORED_SPAN: Duration = Duration::from_secs(60);

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

#[derive(Debug, Clone)]
pub enum Schedule {
    /// At certain times of day, on certain days.
    Cron {
        cron: Box<Cron>,
        /// Whether it runs more often than once in every minute there is.
        is_incessant: bool,
    },
    /// So long after the last run.
    Constant(Duration),
}

/// One field of an NCRONTAB expression: its least and greatest value, and names of values.
struct Field {
    least: u32,
    greatest: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 6] = [
    Field { least: 0, greatest: 59, names: &[] },
    Field { least: 0, greatest: 59, names: &[] },
    Field { least: 0, greatest: 23, names: &[] },
    Field { least: 1, greatest: 31, names: &[] },
    Field { least: 1, greatest: 12, names: &MONTHS },
    Field { least: 0, greatest: 6, names: &WEEKDAYS },
];

impl Schedule {
    /// Reads an expression of six fields (seconds first) or five, or a time span such as `00:00:30`.
    ///
    /// # Errors
    /// In the words of the real host (recording TX-timer-bad).
    pub fn parse(text: &str) -> Result<Self, Error> {
        let unknown = || Error::Schedule(text.to_owned());
        if let Some(plain) = plain(text) {
            let parser =
                CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).dom_and_dow(true).build();
            let is_incessant = is_incessant(&plain);
            return match parser.parse(&plain) {
                Ok(cron) => Ok(Self::Cron { cron: Box::new(cron), is_incessant }),
                Err(_) => Err(unknown()),
            };
        }
        let span = time_span::parse(text).map_err(|_| unknown())?;
        Ok(Self::Constant(span.to_std().unwrap_or_default().max(LEAST_SPAN)))
    }

    /// The first occurrence after a moment; `None` if there is none in all the years that are looked at.
    pub fn next<Z: TimeZone>(&self, after: &DateTime<Z>) -> Option<DateTime<Z>> {
        match self {
            Self::Cron { cron, .. } => cron.find_next_occurrence(after, false).ok(),
            Self::Constant(span) => after.clone().checked_add_signed(TimeDelta::from_std(*span).ok()?),
        }
    }

    /// Whether clock changes move its occurrences: what the handler sees as `Schedule.AdjustForDST`.
    pub const fn adjusts_for_daylight_saving(&self) -> bool {
        matches!(self, Self::Cron { .. })
    }

    /// Whether its state is kept, so that a missed occurrence is made up for (protocol.md#timer-trigger).
    pub fn is_monitored(&self) -> bool {
        match self {
            Self::Cron { is_incessant, .. } => !is_incessant,
            Self::Constant(span) => *span >= LEAST_MONITORED_SPAN,
        }
    }
}

/// Whether only the seconds of a plain expression say anything, and more than one of them is chosen.
fn is_incessant(plain: &str) -> bool {
    let mut fields = plain.split(' ');
    let seconds = fields.next().unwrap_or_default();
    (seconds == "*" || seconds.contains(',')) && fields.all(|field| field == "*")
}

/// The expression in the one form that every cron library understands alike: six fields, each `*` or a list of numbers.
///
/// NCRONTAB (the NCrontab library's documentation) has six fields with seconds, or five. A field is a list of `*`, values and
/// ranges, each with an optional step; a range given backwards is taken forwards, a step below 1 counts as 1, and a value with
/// a step runs on to the greatest. Months and weekdays may be names, of which any beginning will do. Sunday is 0, and 7 is out
/// of range. Both day fields must fit. There is no `?`, `L`, `W`, `#` and no `@daily`.
fn plain(text: &str) -> Option<String> {
    let written: Vec<&str> = text.split(' ').filter(|field| !field.is_empty()).collect();
    let with_seconds = match written.len() {
        6 => written,
        5 => std::iter::once("0").chain(written).collect(),
        _ => return None,
    };
    let fields: Option<Vec<String>> = with_seconds.iter().zip(&FIELDS).map(|(text, field)| field.plain(text)).collect();
    fields.map(|fields| fields.join(" "))
}

impl Field {
    fn plain(&self, text: &str) -> Option<String> {
        let mut chosen = vec![false; self.greatest as usize + 1];
        for part in text.split(',') {
            let (first, last, step) = self.range(part)?;
            for value in (first..=last).step_by(step) {
                *chosen.get_mut(value as usize)? = true;
            }
        }
        let values: Vec<String> = (self.least..=self.greatest)
            .filter(|value| chosen[*value as usize])
            .map(|value| value.to_string())
            .collect();
        let is_all = values.len() as u32 == self.greatest - self.least + 1;
        Some(if is_all { "*".to_owned() } else { values.join(",") })
    }

    fn range(&self, part: &str) -> Option<(u32, u32, usize)> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(number::parse_int(step)?)),
            None => (part, None),
        };
        let (first, last) = match (range, range.split_once('-'), step) {
            ("*", _, _) => (self.least, self.greatest),
            (_, Some((first, last)), _) => (self.value(first)?, self.value(last)?),
            (single, None, Some(_)) => (self.value(single)?, self.greatest),
            (single, None, None) => (self.value(single)?, self.value(single)?),
        };
        let step = usize::try_from(step.unwrap_or(1)).unwrap_or(1).max(1);
        Some((first.min(last), first.max(last), step))
    }

    fn value(&self, text: &str) -> Option<u32> {
        let named = || {
            let text = Some(text.to_lowercase()).filter(|text| !text.is_empty())?;
            let index = self.names.iter().position(|name| name.starts_with(&text))?;
            Some(self.least + u32::try_from(index).ok()?)
        };
        let is_number = text.starts_with(|first: char| first.is_ascii_digit());
        let value = if is_number { number::parse_int(text)?.try_into().ok() } else { named() };
        value.filter(|value| (self.least..=self.greatest).contains(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDateTime, Utc};

    fn at(text: &str) -> DateTime<Utc> {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap().and_utc()
    }

    fn next(schedule: &str, after: &str) -> String {
        let found = Schedule::parse(schedule).unwrap().next(&at(after)).unwrap();
        found.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The examples of NCrontab's and of the timer trigger's documentation. 2024-11-01 is a Friday.
    #[test]
    fn occurrences_are_those_of_ncrontab() {
        for (schedule, after, expected) in [
            ("0 */5 * * * *", "2024-11-01 10:00:00", "2024-11-01 10:05:00"),
            ("0 0 * * * *", "2024-11-01 10:00:01", "2024-11-01 11:00:00"),
            ("0 0 */2 * * *", "2024-11-01 10:00:01", "2024-11-01 12:00:00"),
            ("0 0 9-17 * * *", "2024-11-01 17:00:00", "2024-11-02 09:00:00"),
            ("0 30 9 * * *", "2024-11-01 09:29:59", "2024-11-01 09:30:00"),
            ("0 30 9 * * 1-5", "2024-11-01 09:30:00", "2024-11-04 09:30:00"),
            ("0 30 9 * Jan Mon", "2024-11-01 00:00:00", "2025-01-06 09:30:00"),
            ("0 5,8,10 * * * *", "2024-11-01 10:05:00", "2024-11-01 10:08:00"),
            ("5,8 * * * * *", "2024-11-01 10:00:05", "2024-11-01 10:00:08"),
            ("*/15 * * * *", "2024-11-01 10:01:00", "2024-11-01 10:15:00"),
            ("* * * * *", "2024-11-01 10:00:30", "2024-11-01 10:01:00"),
            ("0 0 3 * * *", "2024-11-01 03:00:00", "2024-11-02 03:00:00"),
            ("0 0 0 29 2 *", "2024-11-01 00:00:00", "2028-02-29 00:00:00"),
            // Sunday is 0.
            ("0 0 0 * * 0", "2024-11-01 00:00:00", "2024-11-03 00:00:00"),
            ("0 0 0 * * SUNDAY", "2024-11-01 00:00:00", "2024-11-03 00:00:00"),
            ("0 0 0 * * 6", "2024-11-01 00:00:00", "2024-11-02 00:00:00"),
            // Day of the month and weekday must both fit.
            ("0 0 0 13 * Fri", "2024-11-01 00:00:00", "2024-12-13 00:00:00"),
            // A value with a step runs on; a range backwards is taken forwards; a step of 0 counts as 1.
            ("0 10/20 * * * *", "2024-11-01 10:11:00", "2024-11-01 10:30:00"),
            ("0 0 17-9 * * *", "2024-11-01 17:00:00", "2024-11-02 09:00:00"),
            ("0 0-2/0 0 * * *", "2024-11-01 00:00:00", "2024-11-01 00:01:00"),
            // Only spaces stand between fields; a number may have other white space behind it.
            (" 0  0 3\t * * * ", "2024-11-01 03:00:00", "2024-11-02 03:00:00"),
        ] {
            assert_eq!(next(schedule, after), expected, "{schedule}");
        }
    }

    #[test]
    fn time_spans_count_from_the_last_run() {
        assert_eq!(next("00:00:30", "2024-11-01 10:00:10"), "2024-11-01 10:00:40");
        assert_eq!(next("1.00:00:00", "2024-11-01 10:00:10"), "2024-11-02 10:00:10");
        for none in ["0", "00:00:00", "-00:00:05"] {
            let schedule = Schedule::parse(none).unwrap();
            assert_eq!(schedule.next(&at("2024-11-01 10:00:00")).unwrap().timestamp_subsec_millis(), 1);
            assert!(!schedule.is_monitored());
        }
    }

    #[test]
    fn what_ncrontab_does_not_know_is_refused() {
        for schedule in [
            "every now and then",
            "",
            "* * * *",
            "* * * * * * *",
            "60 * * * * *",
            "0 0 24 * * *",
            "0 0 0 0 * *",
            "0 0 0 * 13 *",
            "0 0 0 * * 7",
            "0 0 0 ? * *",
            "0 0 0 L * *",
            "0 0 0 15W * *",
            "0 0 0 * * 1#2",
            "@daily",
            "a * * * * *",
            "1- * * * * *",
            "0\t0 3 * * *",
            "0 0 3 * * *\t",
        ] {
            assert!(Schedule::parse(schedule).is_err(), "{schedule}");
        }
        let text = "The schedule expression 'nope' was not recognized as a valid cron expression or timespan string.";
        assert_eq!(Schedule::parse("nope").unwrap_err().to_string(), text);
    }

    #[test]
    fn a_schedule_that_never_comes_has_no_next() {
        assert!(Schedule::parse("0 0 0 31 2 *").unwrap().next(&at("2024-11-01 00:00:00")).is_none());
    }

    #[test]
    fn what_runs_more_than_once_in_every_minute_is_not_monitored() {
        let monitored = |text: &str| Schedule::parse(text).unwrap().is_monitored();
        for text in [
            "0 */1 * * * *",
            "30 * * * * *",
            "0 0 3 * * *",
            "*/2 * 16 * * *",
            "*/10 * 8-18 * * 1-5",
            "* */20 * * * *",
            "* * * * *",
            "*/2 * * * *",
            "00:01:00",
        ] {
            assert!(monitored(text), "{text}");
        }
        for text in ["* * * * * *", "*/30 * * * * *", "0,59 * * * * *", "*/5 */1 0-23 * * *", "00:00:59"] {
            assert!(!monitored(text), "{text}");
        }
    }
}
