//! Dates in the custom formats of .NET, for `{datetime:yyyy-MM-dd}`. Pure.

use chrono::{Datelike, NaiveDateTime, Timelike};

/// How a date without a format is written in a path: ISO 8601 with hyphens instead of colons.
pub const DEFAULT: &str = "yyyy-MM-ddTHH-mm-ssK";

/// What .NET says of a text that is not a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Input string was not in a correct format.")]
pub struct BadFormat;

/// A UTC date in a .NET format, with the names of the invariant culture.
///
/// A single letter is one of .NET's standard formats, and no other format is a single character.
pub fn format(date: &NaiveDateTime, format: &str) -> Result<String, BadFormat> {
    let pattern = match format {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" | "U" => "dddd, dd MMMM yyyy HH:mm:ss",
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
        custom if custom.chars().count() == 1 => return Err(BadFormat),
        custom => custom,
    };
    custom(date, pattern)
}

fn custom(date: &NaiveDateTime, pattern: &str) -> Result<String, BadFormat> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        rest = match first {
            '\'' | '"' => quoted(&mut text, behind, first)?,
            '\\' => {
                let letter = behind.chars().next().ok_or(BadFormat)?;
                text.push(letter);
                &behind[letter.len_utf8()..]
            }
            // Gives a single letter its custom meaning.
            '%' => {
                let letter = behind.chars().next().filter(|letter| *letter != '%').ok_or(BadFormat)?;
                let after = &behind[letter.len_utf8()..];
                text.push_str(&custom(date, &rest[1..rest.len() - after.len()])?);
                after
            }
            _ => {
                let after = rest.trim_start_matches(first);
                let count = (rest.len() - after.len()) / first.len_utf8();
                field(&mut text, date, first, count)?;
                after
            }
        };
    }
    Ok(text)
}

/// A text between quotes, in which a backslash takes the meaning from the next character; returns what is behind it.
fn quoted<'a>(text: &mut String, inside: &'a str, quote: char) -> Result<&'a str, BadFormat> {
    let mut characters = inside.chars();
    loop {
        match characters.next().ok_or(BadFormat)? {
            '\\' => text.push(characters.next().ok_or(BadFormat)?),
            end if end == quote => return Ok(characters.as_str()),
            other => text.push(other),
        }
    }
}

fn field(text: &mut String, date: &NaiveDateTime, letter: char, count: usize) -> Result<(), BadFormat> {
    let padded = |number: u32| if count == 1 { number.to_string() } else { format!("{number:02}") };
    let named = |short: &str, long: &str| date.format(if count == 3 { short } else { long }).to_string();
    let hour12 = date.hour12().1;
    let part = match letter {
        'y' if count <= 2 => padded((date.year() % 100).unsigned_abs()),
        'y' => {
            let year = date.year().to_string();
            "0".repeat(count.saturating_sub(year.len())) + &year
        }
        'M' if count <= 2 => padded(date.month()),
        'M' => named("%b", "%B"),
        'd' if count <= 2 => padded(date.day()),
        'd' => named("%a", "%A"),
        'H' => padded(date.hour()),
        'h' => padded(hour12),
        'm' => padded(date.minute()),
        's' => padded(date.second()),
        'f' => fraction(date, count)?,
        'F' => {
            let digits = fraction(date, count)?;
            let digits = digits.trim_end_matches('0');
            // Where nothing is left, the point before it goes too.
            if digits.is_empty() && text.ends_with('.') {
                text.pop();
            }
            digits.to_owned()
        }
        't' => date.format("%p").to_string().chars().take(count).collect(),
        'g' => "A.D.".to_owned(),
        'K' => "Z".repeat(count),
        'z' => ["+0", "+00", "+00:00"][count.clamp(1, 3) - 1].to_owned(),
        other => other.to_string().repeat(count),
    };
    text.push_str(&part);
    Ok(())
}

/// As many digits of the second's fraction; there are seven.
fn fraction(date: &NaiveDateTime, count: usize) -> Result<String, BadFormat> {
    let digits = format!("{:07}", date.nanosecond() % 1_000_000_000 / 100);
    digits.get(..count).map(str::to_owned).ok_or(BadFormat)
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
            ("f", "Tuesday, 05 March 2024 16:07"),
            ("U", "Tuesday, 05 March 2024 16:07:09"),
            ("gg d", "A.D. 5"),
            ("'a\\'b'", "a'b"),
        ] {
            assert_eq!(format(&date, pattern).as_deref(), Ok(expected), "{pattern}");
        }
        for pattern in ["'open", "ü\\", "q", "1", "%", "%%", "ffffffff", "x%", "%'x'"] {
            assert_eq!(format(&date, pattern), Err(BadFormat), "{pattern}");
        }
        assert_eq!(format(&date, &"y".repeat(70_000)).map(|text| text.len()), Ok(70_000));
        let whole = date.with_nanosecond(0).unwrap();
        assert_eq!(format(&whole, "s.FFF 'x.'F").as_deref(), Ok("9 x"));
    }
}
