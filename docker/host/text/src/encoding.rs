//! Text files as .NET reads them: a byte order mark tells UTF-16 from UTF-8, and bytes that are neither become U+FFFD.

use std::io;
use std::path::Path;

/// The text of a file, without its byte order mark.
///
/// # Errors
/// If it cannot be read.
pub fn read(path: &Path) -> io::Result<String> {
    let bytes = std::fs::read(path)?;
    let utf_16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let mut text = String::from_utf16_lossy(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>());
        text.extend((!odd.is_empty()).then_some(char::REPLACEMENT_CHARACTER));
        text
    };
    Ok(match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        all => String::from_utf8_lossy(all).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_tells_the_encoding() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.json");
        for (bytes, text) in [
            (b"{}".as_slice(), "{}"),
            (b"\xEF\xBB\xBF{}", "{}"),
            (b"\xFF\xFE{\0}\0", "{}"),
            (b"\xFE\xFF\0{\0}", "{}"),
            (b"gr\xFC\xDF", "gr\u{FFFD}\u{FFFD}"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path).unwrap(), text);
        }
    }
}
