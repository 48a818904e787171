//! What a value becomes as a blob (protocol.md#blob-output).

use super::output_value::OutputValue;
use crate::app::Diagnostic;
use dotnet_text::json::{self, Json};

/// The content of the blob that a value means (recordings R19-*, R22-*): bytes and texts as they are, objects and arrays as
/// compact JSON, an integer as 4 bytes and a float as 8, little-endian, a boolean as one; a bare date fails.
pub fn content(value: OutputValue) -> Result<Vec<u8>, Diagnostic> {
    let value = match value {
        OutputValue::Bytes(bytes) => return Ok(bytes),
        OutputValue::Json(value) => value,
    };
    Ok(match value {
        Json::Text(text) => text.into_bytes(),
        Json::Array(_) | Json::Object(_) => json::to_compact(&value).into_bytes(),
        // The real host keeps the low half of a 64-bit integer.
        Json::Integer(number) => number.to_le_bytes()[..4].to_vec(),
        Json::Float(number) => number.to_le_bytes().to_vec(),
        Json::Bool(value) => vec![u8::from(value)],
        Json::Null | Json::Undefined => Vec::new(),
        Json::Date(_) | Json::BigInteger(_) => {
            let kind = if matches!(value, Json::Date(_)) { "a date" } else { "an integer beyond 64 bits" };
            return Err(Diagnostic::of_whole(format!("{kind} cannot be the content of a blob"))
                .hint("send base64 of the exact bytes wanted"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents() {
        for (value, expected) in [
            (r#""Hello,World""#, Some(&b"Hello,World"[..])),
            (r#""""#, Some(b"")),
            (r#"[1,{"a":1},null]"#, Some(br#"[1,{"a":1},null]"#)),
            (r#"{"k": 1}"#, Some(br#"{"k":1}"#)),
            ("100", Some(&[100, 0, 0, 0])),
            ("4294967297", Some(&[1, 0, 0, 0])),
            ("1.5", Some(&[0, 0, 0, 0, 0, 0, 0xF8, 0x3F])),
            ("true", Some(&[1])),
            (r#""2020-01-01T00:00:00Z""#, None),
        ] {
            let got = content(OutputValue::Json(json::parse(value).unwrap())).ok();
            assert_eq!(got.as_deref(), expected, "{value}");
        }
    }
}
