//! The constraints that ASP.NET Core knows by name (protocol.md#binding-keys).

use regex::{Regex, RegexBuilder};

/// One inline constraint such as `int` or `range(1,10)`.
#[derive(Debug, Clone)]
pub(super) enum Constraint {
    Int,
    Long,
    Bool,
    DateTime,
    Number,
    Guid,
    Alpha,
    Required,
    File,
    NonFile,
    /// Least and most letters.
    Length(usize, usize),
    /// Least and most value.
    Range(i64, i64),
    Pattern(Regex),
}

impl Constraint {
    /// Reads one inline constraint; `None` where ASP.NET has none of that name or its argument is wrong.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, argument) = match text.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)))
        {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let bound = |text: &str| text.trim().parse::<i64>().ok();
        Some(match (name.to_ascii_lowercase().as_str(), argument) {
            ("int", None) => Self::Int,
            ("long", None) => Self::Long,
            ("bool", None) => Self::Bool,
            ("datetime", None) => Self::DateTime,
            ("decimal" | "double" | "float", None) => Self::Number,
            ("guid", None) => Self::Guid,
            ("alpha", None) => Self::Alpha,
            ("required", None) => Self::Required,
            ("file", None) => Self::File,
            ("nonfile", None) => Self::NonFile,
            ("minlength", Some(least)) => Self::Length(number(least)?, usize::MAX),
            ("maxlength", Some(most)) => Self::Length(0, number(most)?),
            ("length", Some(both)) => match both.split_once(',') {
                Some((least, most)) => Self::Length(number(least)?, number(most)?),
                None => Self::Length(number(both)?, number(both)?),
            },
            ("min", Some(least)) => Self::Range(bound(least)?, i64::MAX),
            ("max", Some(most)) => Self::Range(i64::MIN, bound(most)?),
            ("range", Some(both)) => {
                let (least, most) = both.split_once(',')?;
                Self::Range(bound(least)?, bound(most)?)
            }
            ("regex", Some(pattern)) => Self::Pattern(RegexBuilder::new(pattern).case_insensitive(true).build().ok()?),
            _ => return None,
        })
    }

    /// Whether a value of the route satisfies it.
    pub(super) fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Int => integer(value).is_some_and(|number| i32::try_from(number).is_ok()),
            Self::Long => integer(value).is_some(),
            Self::Bool => ["true", "false"].iter().any(|word| value.trim().eq_ignore_ascii_case(word)),
            Self::DateTime => is_date_time(value.trim()),
            Self::Number => is_number(value.trim()),
            Self::Guid => is_guid(value.trim()),
            Self::Alpha => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Self::Required => !value.is_empty(),
            Self::File => is_file(value),
            Self::NonFile => !is_file(value),
            Self::Length(least, most) => (*least..=*most).contains(&value.encode_utf16().count()),
            Self::Range(least, most) => integer(value).is_some_and(|number| (*least..=*most).contains(&number)),
            Self::Pattern(pattern) => pattern.is_match(value),
        }
    }
}

/// .NET's integer style: spaces around it and a sign before it.
fn integer(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// .NET's number style: a sign, thousands separators, a fraction, an exponent.
fn is_number(text: &str) -> bool {
    let plain = text.replace(',', "");
    let digits = plain.bytes().any(|byte| byte.is_ascii_digit());
    let letters = plain.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    digits && letters && plain.parse::<f64>().is_ok()
}

fn is_guid(text: &str) -> bool {
    let bare = [("{", "}"), ("(", ")")]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
        .unwrap_or(text);
    let hexadecimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if bare.len() == 32 && bare == text {
        return hexadecimal(bare);
    }
    let parts: Vec<&str> = bare.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| hexadecimal(part))
}

/// A name with a full stop and something after it in the last segment.
fn is_file(value: &str) -> bool {
    let last = value.rsplit('/').next().unwrap_or(value);
    last.rsplit_once('.').is_some_and(|(_, extension)| !extension.is_empty())
}

/// The usual forms of .NET's invariant dates: `2024-11-01`, `11/01/2024`, either with a time of day and a zone, or a time alone.
fn is_date_time(text: &str) -> bool {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    match time {
        None => is_date(date) || is_time(date),
        Some(time) => is_date(date) && is_time(time.trim()) || is_time(text),
    }
}

fn is_date(text: &str) -> bool {
    let numbers = |separator| text.split(separator).map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<u32>>>();
    let parts = numbers('-').filter(|parts| parts.len() > 1).or_else(|| numbers('/'));
    let (year, month, day) = match parts.as_deref() {
        Some([year, month, day]) if *year >= 100 => (*year, *month, *day),
        Some([month, day, year]) => (*year, *month, *day),
        Some([year, month]) if *year >= 100 => (*year, *month, 1),
        _ => return false,
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=9999).contains(&year) && (1..=days).contains(&day)
}

fn is_time(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let bare = upper.strip_suffix('Z').map(str::to_owned).unwrap_or(upper);
    let (clock, zone) = match bare.rfind(['+', '-']) {
        Some(at) => (bare[..at].trim(), Some(&bare[at + 1..])),
        None => (bare.trim(), None),
    };
    let (clock, most_hours) = match clock.strip_suffix("AM").or_else(|| clock.strip_suffix("PM")) {
        Some(rest) => (rest.trim(), 12),
        None => (clock, 23),
    };
    is_clock(clock, most_hours) && zone.is_none_or(|zone| is_clock(zone, 14))
}

fn is_clock(text: &str, most_hours: u32) -> bool {
    let mut parts = text.splitn(3, ':');
    let mut next = |most: u32| parts.next().map(|part| part.parse::<u32>().is_ok_and(|number| number <= most));
    let hours = next(most_hours) == Some(true);
    let minutes = next(59) == Some(true);
    let seconds =
        parts.next().is_none_or(|seconds| seconds.parse::<f64>().is_ok_and(|number| (0.0..60.0).contains(&number)));
    hours && minutes && seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(constraint: &str, value: &str) -> bool {
        Constraint::parse(constraint).unwrap().accepts(value)
    }

    #[test]
    fn what_was_recorded_holds() {
        assert!(accepts("int", "-7") && !accepts("int", "99999999999") && accepts("long", "99999999999"));
        assert!(accepts("bool", "TRUE") && !accepts("bool", "1"));
        assert!(accepts("length(3)", "abc") && !accepts("length(3)", "ab"));
        assert!(accepts("range(1,10)", "10") && !accepts("range(1,10)", "11"));
        assert!(accepts("min(5)", "5") && !accepts("min(5)", "4"));
        assert!(accepts(r"regex(^\d{3}$)", "123") && !accepts(r"regex(^\d{3}$)", "12"));
        assert!(accepts("alpha", "AbC") && !accepts("alpha", "a1"));
        assert!(accepts("guid", "0f8fad5b-d9cb-469f-a165-70867728950e") && !accepts("guid", "0f8fad5b"));
        assert!(accepts("decimal", "1,234.5") && !accepts("double", "x"));
    }

    #[test]
    fn dates_are_read_as_dotnet_reads_them() {
        for text in ["2024-11-01", "2024-11-01T10:00:00Z", "11/01/2024", "2024-11-01 10:00:00.5+02:00", "10:30 PM"] {
            assert!(accepts("datetime", text), "{text}");
        }
        for text in ["2024-02-30", "13/13/2024", "noon", "5"] {
            assert!(!accepts("datetime", text), "{text}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused() {
        assert!(Constraint::parse("nosuch").is_none());
        assert!(Constraint::parse("range(1)").is_none());
    }
}
