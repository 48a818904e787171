//! Base64 as .NET reads it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding must be exact; stray bits in the last letter do no harm.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The bytes of a text that `Convert.FromBase64String` would take, spaces and line ends ignored: also of innocent words such
/// as `test` (protocol.md#output-values rule 4; recording R19-unpadded).
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    if !text.bytes().any(|byte| is_space(&byte)) {
        return BASE64.decode(text).ok();
    }
    BASE64.decode(text.bytes().filter(|byte| !is_space(byte)).collect::<Vec<u8>>()).ok()
}

/// The base64 text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Appends the base64 text of `bytes`.
pub fn push(out: &mut String, bytes: &[u8]) {
    BASE64.encode_string(bytes, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_counts_and_spaces_do_not() {
        assert_eq!(decode("aGk=").as_deref(), Some(&b"hi"[..]));
        assert_eq!(decode("").as_deref(), Some(&b""[..]));
        for word in ["test", "true", "null", "abcd", "data", "HelloWorld12", "output from go", "a G\nk =", "aGl="] {
            assert!(decode(word).is_some(), "{word}");
        }
        for word in ["aGk", "hello", "Hello,World", "a===", "aGk=aGk=", "grüß", "ab=c", "-_-_", "aGk=x"] {
            assert!(decode(word).is_none(), "{word}");
        }
    }
}
