//! Values that stand alone, as .NET's client writes them anew. `None` if it cannot read them. Pure.

use dotnet_text::base64::{decode, encode};

use super::date;
use super::elements::with_parameters;
use super::reader::Reader;

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
    let mut reader = Reader::new(value);
    let is_weak = reader.eat(b'W') || reader.eat(b'w');
    if is_weak && !reader.eat(b'/') {
        return None;
    }
    reader.blanks();
    let tag = if !is_weak && reader.eat(b'*') { "*" } else { reader.quoted()? };
    reader.is_at_end().then(|| format!("{}{tag}", if is_weak { "W/" } else { "" }))
}

/// A `Content-Range`.
pub fn range(value: &str) -> Option<String> {
    let mut reader = Reader::new(value);
    let unit = reader.token()?;
    if !reader.blanks() {
        return None;
    }
    let bounds = if reader.eat(b'*') {
        None
    } else {
        let from = number(&mut reader)?;
        reader.blanks();
        let to = if reader.eat(b'-') { number(&mut reader)? } else { return None };
        if from > to {
            return None;
        }
        Some((from, to))
    };
    reader.blanks();
    if !reader.eat(b'/') {
        return None;
    }
    reader.blanks();
    let length = if reader.eat(b'*') { None } else { Some(number(&mut reader)?) };
    let is_within = |(_, to): (i64, i64)| length.is_none_or(|length| to < length);
    if !reader.is_at_end() || !bounds.is_none_or(is_within) {
        return None;
    }
    let bounds = bounds.map_or_else(|| "*".to_owned(), |(from, to)| format!("{from}-{to}"));
    Some(format!("{unit} {bounds}/{}", length.map_or_else(|| "*".to_owned(), |length| length.to_string())))
}

fn number(reader: &mut Reader<'_>) -> Option<i64> {
    reader.blanks();
    reader.digits()?.parse().ok()
}

/// Bytes in base64.
pub fn bytes(value: &str) -> Option<String> {
    decode(value).map(|bytes| encode(&bytes))
}

/// A `Content-Disposition`.
pub fn disposition(value: &str) -> Option<String> {
    let mut reader = Reader::new(value);
    let written = with_parameters(&mut reader)?;
    reader.is_at_end().then_some(written)
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
