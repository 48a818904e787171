//! Bytes that are text.

use std::borrow::Cow;

/// The text of bytes as .NET's stream reader decodes them: UTF-8 unless a byte order mark says otherwise, invalid bytes as U+FFFD.
/// The mark itself is not part of the text (recordings DX-body-bom, DX-body-utf16, DX-body-png, DX-body-binary-text).
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest),
        [0xFF, 0xFE, 0, 0, rest @ ..] => utf_32(rest, u32::from_le_bytes).into(),
        [0, 0, 0xFE, 0xFF, rest @ ..] => utf_32(rest, u32::from_be_bytes).into(),
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes).into(),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes).into(),
        _ => String::from_utf8_lossy(bytes),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let decoded = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
    let mut text: String = decoded.map(|result| result.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.extend((!odd.is_empty()).then_some(char::REPLACEMENT_CHARACTER));
    text
}

fn utf_32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    let (units, _) = bytes.as_chunks::<4>();
    units.iter().map(|bytes| char::from_u32(unit(*bytes)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_says_how_to_decode() {
        for (bytes, expected) in [
            (&b"\xef\xbb\xbf{\"a\":1}"[..], "{\"a\":1}"),
            (b"\xff\xfeh\0\xe9\0", "hé"),
            (b"\xfe\xff\0h\0\xe9", "hé"),
            (b"\xff\xfe\x3d\xd8\x00\xde", "😀"),
            (b"\xff\xfe\0\0h\0\0\0", "h"),
            (b"\0\0\xfe\xff\0\0\0h", "h"),
            (b"{}", "{}"),
            (b"", ""),
        ] {
            assert_eq!(decode(bytes), expected);
        }
    }

    #[test]
    fn what_is_not_text_becomes_replacement_characters() {
        for (bytes, expected) in [
            (&b"a\xffb\x80"[..], "a\u{fffd}b\u{fffd}"),
            (b"gr\xfc\xdf", "gr\u{fffd}\u{fffd}"),
            (b"\xff\xfeh\0\xe9", "h\u{fffd}"),
            (b"\xff\xfe\x3d\xd8", "\u{fffd}"),
            (b"a\r\n", "a\r\n"),
        ] {
            assert_eq!(decode(bytes), expected);
        }
    }
}
