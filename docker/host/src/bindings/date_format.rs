//! Dates in the custom formats of .NET, for `{datetime:yyyy-MM-dd}`. Pure.

use std::fmt::Write;

use chrono::{Datelike, NaiveDateTime, Timelike};

/// How a date without a format is written in a path: ISO 8601 with hyphens instead of colons.
pub const DEFAULT: &str = "yyyy-MM-ddTHH-mm-ssK";

/// A UTC date in a .NET format, with the names of the invariant culture.
///
/// A single letter is one of .NET's standard formats; those that abbreviate a pattern are known.
pub fn format(date: &NaiveDateTime, format: &str) -> String {
    let pattern = match format {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" => "MM/dd/yyyy HH:mm:ss",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ss'Z'",
        "y" | "Y" => "yyyy MMMM",
        "m" | "M" => "MMMM dd",
        custom => custom,
    };
    custom(date, pattern)
}

fn custom(date: &NaiveDateTime, pattern: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let (used, part) = match first {
            '\'' | '"' => quoted(rest, first),
            '\\' | '%' => escaped(date, rest),
            _ => {
                let run = rest.len() - rest.trim_start_matches(first).len();
                (run, field(date, first, run / first.len_utf8()))
            }
        };
        text.push_str(&part);
        rest = rest.get(used..).unwrap_or_default();
    }
    text
}

fn quoted(rest: &str, quote: char) -> (usize, String) {
    match rest[1..].find(quote) {
        Some(end) => (end + 2, rest[1..=end].to_owned()),
        None => (rest.len(), rest[1..].to_owned()),
    }
}

/// A backslash takes the meaning from the next letter; `%` gives a single letter its custom meaning.
fn escaped(date: &NaiveDateTime, rest: &str) -> (usize, String) {
    match rest[1..].chars().next() {
        Some(letter) if rest.starts_with('\\') => (1 + letter.len_utf8(), letter.to_string()),
        Some(letter) => (1 + letter.len_utf8(), field(date, letter, 1)),
        None => (rest.len(), String::new()),
    }
}

fn field(date: &NaiveDateTime, letter: char, count: usize) -> String {
    let padded = |number: u32| if count == 1 { number.to_string() } else { format!("{number:02}") };
    let named = |short: &str, long: &str| date.format(if count == 3 { short } else { long }).to_string();
    let hour12 = date.hour12().1;
    match letter {
        'y' if count <= 2 => padded((date.year() % 100).unsigned_abs()),
        'y' => format!("{:0count$}", date.year()),
        'M' if count <= 2 => padded(date.month()),
        'M' => named("%b", "%B"),
        'd' if count <= 2 => padded(date.day()),
        'd' => named("%a", "%A"),
        'H' => padded(date.hour()),
        'h' => padded(hour12),
        'm' => padded(date.minute()),
        's' => padded(date.second()),
        'f' => fraction(date, count),
        'F' => fraction(date, count).trim_end_matches('0').to_owned(),
        't' => date.format("%p").to_string().chars().take(count).collect(),
        'K' => "Z".repeat(count),
        'z' => ["+0", "+00", "+00:00"][count.clamp(1, 3) - 1].to_owned(),
        other => other.to_string().repeat(count),
    }
}

fn fraction(date: &NaiveDateTime, count: usize) -> String {
    let mut digits = String::new();
    // Writing to a string cannot fail.
    let _ = write!(digits, "{:09}", date.nanosecond() % 1_000_000_000);
    digits.chars().take(count.min(7)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_as_dotnet_does() {
        let date = chrono::NaiveDate::from_ymd_opt(2024, 3, 5).unwrap().and_hms_milli_opt(16, 7, 9, 120).unwrap();
        for (pattern, expected) in [
            (DEFAULT, "2024-03-05T16-07-09Z"),
            ("yyyy", "2024"),
            ("yy-M-d", "24-3-5"),
            ("yyyyMMddHHmmss", "20240305160709"),
            ("MMM MMMM ddd dddd", "Mar March Tue Tuesday"),
            ("hh:mm tt", "04:07 PM"),
            ("h t", "4 P"),
            ("s.fff", "9.120"),
            ("s.FFF", "9.12"),
            ("%d", "5"),
            ("d", "03/05/2024"),
            ("'day' d", "day 5"),
            ("\\yyy", "y24"),
            ("o", "2024-03-05T16:07:09.1200000Z"),
            ("zzz", "+00:00"),
            ("yyyy/MM/dd", "2024/03/05"),
            ("'open", "open"),
            ("ü\\", "ü"),
        ] {
            assert_eq!(format(&date, pattern), expected, "{pattern}");
        }
    }
}
