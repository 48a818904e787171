//! Texts as .NET's `ToString` with the invariant culture gives them, and its base64 and case rules.

use super::json::{self, Json};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// The .NET text of a value: `True`, `1` for `1.0`, `11/01/2024 10:00:00`, indented JSON for objects and arrays, nothing for
/// null (protocol.md#metadata-filter, #named-http-output; recordings RX-body-*, RX-raw-body-*).
pub fn text(value: &Json) -> Cow<'_, str> {
    match value {
        Json::Null => "".into(),
        Json::Bool(true) => "True".into(),
        Json::Bool(false) => "False".into(),
        Json::Integer(number) => number.to_string().into(),
        Json::BigInteger(digits) => digits.into(),
        Json::Float(number) => float_text(*number).into(),
        Json::Text(text) => text.into(),
        Json::Date(date) => date.invariant().into(),
        Json::Array(_) | Json::Object(_) => json::to_indented(value).into(),
    }
}

/// The same for a value that is given up, so that a long text is not copied.
pub fn into_text(value: Json) -> String {
    match value {
        Json::Text(text) => text,
        other => text(&other).into_owned(),
    }
}

/// The decimal exponents that .NET 10, on which the recorded host ran, writes out in full; outside it turns to `E` notation.
const PLAIN_EXPONENTS: std::ops::RangeInclusive<i32> = -4..=16;

/// The shortest text that reads back as the same number: `1`, `1.5`, `1E+21`, `1E-07`, `-0`
/// (recording DX-json-floats).
pub fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    // Rust writes the same shortest digits, always as `d.dddde-7`.
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || PLAIN_EXPONENTS.contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}E{sign}{:02}", exponent.abs())
}

/// Padding must be exact; stray bits in the last letter do no harm.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The bytes of a text that `Convert.FromBase64String` would take, blanks and line ends ignored: also of innocent words such
/// as `test` (protocol.md#output-values rule 4; recording R19-unpadded).
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    if !text.bytes().any(|byte| blank(&byte)) {
        return BASE64.decode(text).ok();
    }
    BASE64.decode(text.bytes().filter(|byte| !blank(byte)).collect::<Vec<u8>>()).ok()
}

/// Appends the base64 text of `bytes`.
pub fn push_base64(out: &mut String, bytes: &[u8]) {
    BASE64.encode_string(bytes, out);
}

/// A 32-bit integer as `int.TryParse` reads it: blanks around it, a sign and NUL characters behind it are allowed (recordings
/// RX-sc-string-*).
pub fn parse_int(text: &str) -> Option<i32> {
    let blank = |c: char| matches!(c, ' ' | '\t'..='\r');
    text.trim_end_matches('\0').trim_matches(blank).parse().ok()
}

/// Several values of one header line or query parameter as one text: joined by commas, empty ones left out; one value alone
/// stands as it is (protocol.md#http-trigger: .NET's `StringValues`).
pub fn join_values(values: &[String]) -> String {
    match values {
        [value] => value.clone(),
        values => values.iter().filter(|value| !value.is_empty()).map(String::as_str).collect::<Vec<_>>().join(","),
    }
}

/// What two names have in common that .NET's ordinal comparison without case takes for equal.
pub fn fold_case(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_uppercase();
    }
    let upper = |c: char| {
        let mut upper = c.to_uppercase();
        // A letter whose capital is more than one letter, such as `ß`, stays as it is.
        match (upper.next(), upper.next()) {
            (Some(single), None) => single,
            _ => c,
        }
    };
    name.chars().map(upper).collect()
}

/// Whether two names are equal without regard to case.
pub fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!(one.is_ascii() && other.is_ascii()) && fold_case(one) == fold_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats() {
        let cases = [
            (1.0, "1"),
            (0.1, "0.1"),
            (1e21, "1E+21"),
            (-0.0, "-0"),
            (123_456_789.123_456_79, "123456789.12345679"),
            (1e-7, "1E-07"),
            (1e-5, "1E-05"),
            (0.0001, "0.0001"),
            (0.00012, "0.00012"),
            (1e14, "100000000000000"),
            (1e16, "10000000000000000"),
            (1234567890123456.0, "1234567890123456"),
            (1e17, "1E+17"),
            (123_456_789_012_345_680.0, "1.2345678901234568E+17"),
            (5e-324, "5E-324"),
            (f64::MAX, "1.7976931348623157E+308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (number, expected) in cases {
            assert_eq!(float_text(number), expected);
        }
    }

    #[test]
    fn base64_as_dotnet_takes_it() {
        assert_eq!(from_base64("aGk=").as_deref(), Some(&b"hi"[..]));
        assert_eq!(from_base64("").as_deref(), Some(&b""[..]));
        for word in ["test", "true", "null", "abcd", "data", "HelloWorld12", "output from go", "a G\nk =", "aGl="] {
            assert!(from_base64(word).is_some(), "{word}");
        }
        for word in ["aGk", "hello", "Hello,World", "a===", "aGk=aGk=", "grüß", "ab=c", "-_-_", "aGk=x"] {
            assert!(from_base64(word).is_none(), "{word}");
        }
    }

    #[test]
    fn integers() {
        for (text, expected) in
            [(" 201 ", Some(201)), ("+5", Some(5)), ("-1", Some(-1)), ("\t7\n", Some(7)), ("201 \0\0", Some(201))]
        {
            assert_eq!(parse_int(text), expected);
        }
        for text in ["", "Created", "201.0", "99999999999", "2 01", "1,000", "\u{a0}5"] {
            assert_eq!(parse_int(text), None, "{text}");
        }
    }

    #[test]
    fn joins_what_is_not_empty() {
        for (values, expected) in [
            (&[][..], ""),
            (&[""], ""),
            (&["1"], "1"),
            (&["1", "2"], "1,2"),
            (&["", "1", "", "2", ""], "1,2"),
            (&["", ""], ""),
        ] {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            assert_eq!(join_values(&values), expected);
        }
    }

    #[test]
    fn names_without_case() {
        assert!(same_name("StatusCode", "statuscode"));
        assert!(same_name("É", "é"));
        assert!(!same_name("a", "b"));
        assert!(!same_name("ß", "SS"));
    }
}
