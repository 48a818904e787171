//! Numbers as .NET reads and writes them with the invariant culture.

use crate::letter_case::is_one_of;

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

/// A boolean as `bool.TryParse` reads it: the words in any case, with spaces and NUL characters around them.
#[must_use]
pub fn parse_boolean(text: &str) -> Option<bool> {
    let word = text.trim_matches(|edge: char| edge.is_whitespace() || edge == '\0');
    is_one_of(word, &["true", "false"]).then(|| word.eq_ignore_ascii_case("true"))
}

/// A 32-bit integer as `int.TryParse` reads it: spaces around it, a sign and NUL characters behind it are allowed (recordings
/// RX-sc-string-*).
pub fn parse_int(text: &str) -> Option<i32> {
    trimmed(text).parse().ok()
}

/// A 64-bit integer, likewise.
pub fn parse_long(text: &str) -> Option<i64> {
    trimmed(text).parse().ok()
}

/// Whether `double.TryParse` takes a text, with thousands separators: a number with a fraction and an exponent, or one of the words.
/// What is too great is infinite.
pub fn is_float(text: &str) -> bool {
    // The words are looked for where there is no number, with any spaces around them.
    let word = text.trim();
    if is_one_of(word.strip_prefix(['-', '+']).unwrap_or(word), &["nan", "infinity"]) {
        return true;
    }
    let text = trimmed(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let has_exponent = !exponent.is_empty() && exponent.bytes().all(|byte| byte.is_ascii_digit());
    has_exponent && digits(mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa)).is_some()
}

/// Whether `decimal.TryParse` takes a text: no exponent, a sign before or behind, at most 96 bits.
pub fn is_decimal(text: &str) -> bool {
    const MOST: u128 = (1 << 96) - 1;
    let text = trimmed(text);
    let unsigned = match text.strip_prefix(['-', '+']) {
        Some(rest) => rest,
        None => text.strip_suffix(['-', '+']).map_or(text, |rest| rest.trim_end_matches(is_space)),
    };
    let Some((whole, fraction)) = digits(unsigned) else { return false };
    let whole = whole.trim_start_matches('0');
    match whole.parse::<u128>() {
        _ if whole.is_empty() => true,
        Ok(number) => number < MOST || number == MOST && !fraction.starts_with(['5', '6', '7', '8', '9']),
        Err(_) => false,
    }
}

/// The digits of a number without its sign before and behind the point, thousands separators left out.
fn digits(text: &str) -> Option<(String, &str)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = whole.replace(',', "");
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = are_digits(&plain) && are_digits(fraction) && !(plain.is_empty() && fraction.is_empty());
    (is_number && !whole.starts_with(',')).then_some((plain, fraction))
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches('\0').trim_matches(is_space)
}

const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

/// The number of an enumeration's value as .NET's `Enum.Parse` reads it: a number, whether it has a name or not, or names ignoring
/// case, of which several are joined. `names` begin with 0.
pub fn enumeration(text: &str, names: &[&str]) -> Option<i32> {
    let named = |name: &str| names.iter().position(|known| known.eq_ignore_ascii_case(name.trim()));
    let joined = || text.split(',').try_fold(0, |all, name| Some(all | i32::try_from(named(name)?).ok()?));
    parse_int(text).or_else(joined)
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
    fn enumerations() {
        let names = ["none", "one", "two"];
        for (text, expected) in
            [("One", Some(1)), (" two ", Some(2)), ("one, two", Some(3)), ("7", Some(7)), ("-1", Some(-1))]
        {
            assert_eq!(enumeration(text, &names), expected, "{text}");
        }
        for text in ["", "three", "one,", "one 2", "0,1", "one,2"] {
            assert_eq!(enumeration(text, &names), None, "{text}");
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
}
