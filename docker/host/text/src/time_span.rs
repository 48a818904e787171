//! .NET's `TimeSpan` in text: `[-][d.]hh:mm[:ss[.fffffff]]`, or a number of days (protocol.md#other-keys).

use std::time::Duration;

use chrono::TimeDelta;

const MOST_DAYS: i64 = 10_675_199;
/// A tenth of a microsecond is the least that .NET tells apart.
const NANOSECONDS_A_TICK: i64 = 100;
const TICKS_A_SECOND: i64 = 10_000_000;

/// Why .NET's `TimeSpan.Parse` refuses a text, in its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It has not the form of a span.
    #[error("String '{0}' was not recognized as a valid TimeSpan.")]
    Format(String),
    /// A number in it is too great.
    #[error(
        "The TimeSpan string '{0}' could not be parsed because at least one of the numeric components is out of range or \
         contains too many digits."
    )]
    Overflow(String),
}

/// Reads a span as .NET's `TimeSpan.Parse` does. Three numbers that are not a time of day are tried as days, hours and minutes:
/// `24:00:00` is 24 days (recording PX2-host-timeout-24c00c00).
///
/// # Errors
/// If the text does not have the form of a span, or a number in it is too great.
pub fn parse(text: &str) -> Result<TimeDelta, Error> {
    let trimmed = text.trim();
    let (is_negative, rest) = trimmed.strip_prefix('-').map_or((false, trimmed), |rest| (true, rest));
    let readings = readings(rest);
    if readings.is_empty() {
        return Err(Error::Format(text.to_owned()));
    }
    let ticks = readings.iter().find_map(ticks).ok_or_else(|| Error::Overflow(text.to_owned()))?;
    let span = TimeDelta::seconds(ticks / TICKS_A_SECOND)
        + TimeDelta::nanoseconds(ticks % TICKS_A_SECOND * NANOSECONDS_A_TICK);
    Ok(if is_negative { -span } else { span })
}

/// A span as .NET's `ToString` writes it.
pub fn text(span: Duration) -> String {
    let (seconds, ticks) = (span.as_secs(), i64::from(span.subsec_nanos()) / NANOSECONDS_A_TICK);
    let days = if seconds < 86_400 { String::new() } else { format!("{}.", seconds / 86_400) };
    let fraction = if ticks == 0 { String::new() } else { format!(".{ticks:07}") };
    format!("{days}{:02}:{:02}:{:02}{fraction}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Days, hours, minutes, seconds and the digits behind the point; a text that is empty is zero.
type Parts<'a> = [&'a str; 5];

/// What the numbers of a text may mean: the first that fits counts. Empty if the text does not have the form of a span.
fn readings(text: &str) -> Vec<Parts<'_>> {
    let numbers: Vec<&str> = text.split([':', '.']).collect();
    let separators: String = text.matches([':', '.']).collect();
    if numbers.iter().any(|number| number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit())) {
        return Vec::new();
    }
    match (separators.as_str(), numbers.as_slice()) {
        ("", [d]) => vec![[d, "", "", "", ""]],
        (":", [h, m]) => vec![["", h, m, "", ""]],
        ("::", [a, b, c]) => vec![["", a, b, c, ""], [a, b, c, "", ""]],
        (".:", [d, h, m]) => vec![[d, h, m, "", ""]],
        ("::.", [h, m, s, f]) => vec![["", h, m, s, f]],
        (".::" | ":::", [d, h, m, s]) => vec![[d, h, m, s, ""]],
        (".::." | ":::.", [d, h, m, s, f]) => vec![[d, h, m, s, f]],
        _ => Vec::new(),
    }
}

fn ticks(parts: &Parts<'_>) -> Option<i64> {
    let number = |text: &str, most: i64| {
        if text.is_empty() { Some(0) } else { text.parse().ok().filter(|number| *number <= most) }
    };
    let [days, hours, minutes, seconds, fraction] = *parts;
    let hours = number(days, MOST_DAYS)? * 24 + number(hours, 23)?;
    let seconds = (hours * 60 + number(minutes, 59)?) * 60 + number(seconds, 59)?;
    seconds.checked_mul(TICKS_A_SECOND)?.checked_add(fraction_ticks(fraction)?)
}

/// Up to seven digits. More are too many, unless they begin with a zero: then .NET rounds.
fn fraction_ticks(digits: &str) -> Option<i64> {
    let ticks: f64 = format!("0.{digits}0").parse::<f64>().ok()? * TICKS_A_SECOND as f64;
    let fits = digits.len() <= 7 || digits.starts_with('0');
    fits.then(|| ticks.round_ties_even() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_dotnet_reads_them() {
        const DAY: i64 = 86_400_000;
        for (text, milliseconds) in [
            ("00:00:30", 30_000),
            ("1:2", 3_720_000),
            ("00:00:00.500", 500),
            ("1.00:00:00", DAY),
            ("1:00:00:01", DAY + 1_000),
            ("2", 2 * DAY),
            (" -1 ", -DAY),
            ("-00:00:01", -1_000),
            ("24:00:00", 24 * DAY),
            ("25:00:00", 25 * DAY),
            ("99:23:59", 99 * DAY + 86_340_000),
            ("3.1:30", 3 * DAY + 5_400_000),
            ("1:2:3:4.5", DAY + 7_384_500),
        ] {
            assert_eq!(parse(text), Ok(TimeDelta::milliseconds(milliseconds)), "{text}");
        }
        assert_eq!(parse("0:0:0.01234567"), Ok(TimeDelta::nanoseconds(12_345_700)));
    }

    #[test]
    fn spans_are_written_as_dotnet_writes_them() {
        for (milliseconds, expected) in
            [(1_800_000, "00:30:00"), (86_400_000, "1.00:00:00"), (90_061_000, "1.01:01:01"), (500, "00:00:00.5000000")]
        {
            assert_eq!(text(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn what_dotnet_refuses_is_refused_in_its_words() {
        for text in ["", "soon", "00:00:00.", "1:2:3:4:5", "+00:05:00", "- 1", "1:", "1.5", "00:00:-1", "0:0.5"] {
            assert_eq!(parse(text), Err(Error::Format(text.to_owned())), "{text}");
        }
        for text in ["24:00", "24:24:00", "00:60:00", "00:00:60", "10675200", "10675199.03:00:00", "0:0:0.12345678"] {
            assert_eq!(parse(text), Err(Error::Overflow(text.to_owned())), "{text}");
        }
    }
}
