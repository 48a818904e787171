//! Numbers as Newtonsoft.Json's text reader takes them.

use super::value::Json;

/// Newtonsoft.Json refuses a longer integer, so as not to spend its time on it.
const LONGEST_INTEGER: usize = 380;

/// A number of the reader's wider grammar: a leading zero means octal, `0x` hexadecimal, an integer beyond 64 bits is kept
/// whole.
pub(super) fn number(text: &str) -> Option<Json> {
    if let Some(rest) = text.strip_prefix('0')
        && rest.starts_with(|c: char| !matches!(c, '.' | 'e' | 'E'))
    {
        let unsigned = match rest.strip_prefix(['x', 'X']) {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => u64::from_str_radix(rest, 8),
        };
        return unsigned.ok().map(|bits| Json::Integer(bits.cast_signed()));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if text.len() > LONGEST_INTEGER {
            return None;
        }
        return Some(text.parse().map_or_else(|_| Json::BigInteger(shortest(text, digits)), Json::Integer));
    }
    // Rust also takes `inf`, `nan` and `infinity`, which the caller's alphabet excludes.
    text.parse().ok().map(Json::Float)
}

fn shortest(text: &str, digits: &str) -> String {
    let sign = if text.starts_with('-') { "-" } else { "" };
    format!("{sign}{}", digits.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn read(text: &str) -> Json {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn tells_numbers_apart() {
        assert_eq!(read("-5"), Json::Integer(-5));
        assert_eq!(read("9223372036854775808"), Json::BigInteger("9223372036854775808".into()));
        assert_eq!(read("-0012345678901234567890"), Json::BigInteger("-12345678901234567890".into()));
        assert_eq!(read(&"1".repeat(380)), Json::BigInteger("1".repeat(380)));
        assert!(parse(&"1".repeat(381)).is_err());
        assert_eq!(read("1.0"), Json::Float(1.0));
        assert_eq!(read("1e21"), Json::Float(1e21));
        assert_eq!(read(".5"), Json::Float(0.5));
        assert_eq!(read("1e999"), Json::Float(f64::INFINITY));
        assert_eq!(read("-Infinity"), Json::Float(f64::NEG_INFINITY));
        assert_eq!(read("010"), Json::Integer(8));
    }
}
