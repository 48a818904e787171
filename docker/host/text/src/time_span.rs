//! .NET's `TimeSpan` in text: `[-][d.]hh:mm[:ss[.fffffff]]`, or a number of days.

use std::time::Duration;

/// A span that is not negative, or `None` where .NET's `TimeSpan.Parse` refuses the text or the span is below zero.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Some(days) = whole(text, 10_675_199) {
        return Some(Duration::from_secs(days * 86_400));
    }
    let mut parts: Vec<&str> = text.split(':').collect();
    let mut days = 0;
    if parts.len() == 4 {
        days = whole(parts.remove(0), 10_675_199)?;
    } else if let Some((day, hour)) = parts.first()?.split_once('.') {
        days = whole(day, 10_675_199)?;
        parts[0] = hour;
    }
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, *seconds),
        _ => return None,
    };
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let whole_seconds = days * 86_400 + whole(hours, 23)? * 3_600 + whole(minutes, 59)? * 60 + whole(seconds, 59)?;
    Some(Duration::new(whole_seconds, nanoseconds(fraction)?))
}

fn whole(text: &str, most: u64) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number <= most)
}

fn nanoseconds(fraction: &str) -> Option<u32> {
    let digits = (1..=7).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{fraction:0<9}").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_dotnet_reads() {
        for (text, milliseconds) in [
            ("00:00:30", 30_000),
            ("1:2", 3_720_000),
            ("00:00:00.500", 500),
            ("1.00:00:00", 86_400_000),
            ("1:00:00:01", 86_401_000),
            ("2", 172_800_000),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn refuses_what_dotnet_refuses() {
        for text in ["", "soon", "24:00:00", "00:60:00", "00:00:00.", "1:2:3:4:5", "-00:00:01"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
