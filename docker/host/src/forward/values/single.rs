//! Values that stand alone, as .NET's client writes them anew. `None` if it cannot read them. Pure.

use dotnet_text::base64::{decode, encode};

use super::date;
use super::elements::with_parameters;
use super::patterns::{BLANKS, OPTIONAL, Pattern, QUOTED, TOKEN, pattern};

/// A weak tag, or any other.
static TAG: Pattern = Pattern::new(|| pattern(&format!(r"^(?:[Ww]/{OPTIONAL}({QUOTED})|{OPTIONAL}(\*|{QUOTED}))$")));
/// A unit, the first and the last of it, and how many there are.
static RANGE: Pattern = Pattern::new(|| {
    let bounds = format!(r"(?:\*|([0-9]+){OPTIONAL}-{OPTIONAL}([0-9]+))");
    pattern(&format!(r"^({TOKEN})[ \t]+{bounds}{OPTIONAL}/{OPTIONAL}(?:\*|([0-9]+))$"))
});

/// A time in seconds.
pub fn seconds(value: &str) -> Option<String> {
    Some(number_of_seconds(value)?.to_string())
}

pub fn number_of_seconds(value: &str) -> Option<i32> {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| is_number)
}

/// What `Retry-After` says: a time or a date, which begins with the name of a day.
pub fn seconds_or_date(value: &str) -> Option<String> {
    if value.starts_with(|first: char| first.is_ascii_digit()) { seconds(value) } else { date::written(value) }
}

/// An `ETag`.
pub fn tag(value: &str) -> Option<String> {
    let found = TAG.as_ref()?.captures(value)?;
    let weak = found.get(1).map(|tag| format!("W/{}", tag.as_str()));
    weak.or_else(|| Some(found.get(2)?.as_str().to_owned()))
}

/// A `Content-Range`.
pub fn range(value: &str) -> Option<String> {
    let found = RANGE.as_ref()?.captures(value)?;
    let number = |group| found.get(group).map(|digits| digits.as_str().parse::<i64>()).transpose().ok();
    let (from, to, length) = (number(2)?, number(3)?, number(4)?);
    if from > to || to.zip(length).is_some_and(|(to, length)| to >= length) {
        return None;
    }
    let bounds = from.zip(to).map_or_else(|| "*".to_owned(), |(from, to)| format!("{from}-{to}"));
    Some(format!("{} {bounds}/{}", &found[1], length.map_or_else(|| "*".to_owned(), |length| length.to_string())))
}

/// Bytes in base64.
pub fn bytes(value: &str) -> Option<String> {
    decode(value).map(|bytes| encode(&bytes))
}

/// A `Content-Disposition`.
pub fn disposition(value: &str) -> Option<String> {
    let (written, rest) = with_parameters(value)?;
    rest.trim_start_matches(BLANKS).is_empty().then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_anew() {
        type Form = fn(&str) -> Option<String>;
        for (form, value, expected) in [
            (seconds as Form, "007", Some("7")),
            (seconds, "+5", None),
            (seconds, "-1", None),
            (seconds, "2147483648", None),
            (seconds_or_date, "Sun Nov  6 08:49:37 1994", Some("Sun, 06 Nov 1994 08:49:37 GMT")),
            (seconds_or_date, "6 Nov 1994 08:49:37 GMT", None),
            (tag, "w/ \"a\"", Some("W/\"a\"")),
            (tag, "*", Some("*")),
            (tag, "abc", None),
            (tag, "\"a\", \"b\"", None),
            (range, "bytes  00 - 01 / 02", Some("bytes 0-1/2")),
            (range, "bytes */5", Some("bytes */5")),
            (range, "bytes 5-1/9", None),
            (range, "bytes 0-9/5", None),
            (range, "bytes=0-1/2", None),
            (bytes, "Q2hl Y2s=", Some("Q2hlY2s=")),
            (bytes, "x", None),
            (disposition, "attachment;filename=a.txt", Some("attachment; filename=a.txt")),
            (disposition, "attachment; filename*=UTF-8''%e2", Some("attachment; filename*=UTF-8''%e2")),
            (disposition, "attachment;", None),
        ] {
            assert_eq!(form(value).as_deref(), expected, "{value}");
        }
    }
}
