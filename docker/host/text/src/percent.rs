//! Percent escapes, as ASP.NET Core undoes them and .NET's `Uri` writes them.

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
/// How long an escape is.
const ESCAPE: usize = 3;

/// Undoes percent escapes. What is not an escape, or not UTF-8 when decoded, stays as it is (recordings FX-req-query-badutf8,
/// FX-req-query-escapes).
pub fn unescape(text: &str) -> String {
    unescape_unless(text, |_| false)
}

/// The same for a path, where `%2F` stays as it is, so that it does not part two segments (recording DX-path-escapes).
pub fn unescape_path(text: &str) -> String {
    unescape_unless(text, |byte| byte == b'/')
}

/// The byte of the escape, such as `%2F`, with which these bytes begin.
pub fn escaped_byte(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    match bytes {
        [b'%', high, low, ..] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    }
}

/// How long the escapes are with which a text begins, if they are those of one letter outside ASCII.
fn escaped_letter(text: &str) -> Option<usize> {
    const LONGEST: usize = 4;

    let bytes: Vec<u8> = text.as_bytes().chunks(ESCAPE).map_while(escaped_byte).take(LONGEST).collect();
    let character = bytes.utf8_chunks().next()?.valid().chars().next()?;
    (!character.is_ascii()).then(|| ESCAPE * character.len_utf8())
}

/// Appends a byte as an escape.
pub fn push_escape(byte: u8, out: &mut String) {
    out.extend(['%', char::from(DIGITS[usize::from(byte >> 4)]), char::from(DIGITS[usize::from(byte & 15)])]);
}

/// Appends a byte as it is, or as an escape if it is not plain.
pub fn push(byte: u8, is_plain: bool, out: &mut String) {
    if is_plain {
        out.push(char::from(byte));
    } else {
        push_escape(byte, out);
    }
}

/// Appends a text as .NET's `Uri` writes it: needless escapes are undone, those of letters outside ASCII are in capitals, and what is not
/// plain is escaped, a lone `%` included. Nothing outside ASCII is plain.
pub fn push_normal(text: &str, is_plain: impl Fn(u8) -> bool, out: &mut String) {
    let mut rest = text;
    loop {
        let plain = rest.bytes().position(|byte| byte == b'%' || !is_plain(byte)).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let Some(character) = rest.chars().next() else { return };
        let length = match (escaped_byte(rest.as_bytes()), escaped_letter(rest)) {
            (None, _) => {
                rest.bytes().take(character.len_utf8()).for_each(|byte| push_escape(byte, out));
                character.len_utf8()
            }
            (_, Some(length)) => {
                out.push_str(&rest[..length].to_ascii_uppercase());
                length
            }
            (Some(escaped), None) => {
                if is_unreserved(escaped) {
                    out.push(char::from(escaped));
                } else {
                    out.push_str(&rest[..ESCAPE]);
                }
                ESCAPE
            }
        };
        rest = &rest[length..];
    }
}

/// Whether a byte means the same escaped and as it is: RFC 3986's unreserved characters.
pub const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether a byte may stand in a path as it is: RFC 3986's characters of a segment, and slashes.
pub const fn is_path_byte(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'!' | b'$' | b'&'..=b',' | b';' | b'=' | b':' | b'@' | b'/')
}

fn unescape_unless(text: &str, stays: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let escapes = rest.as_bytes().chunks(ESCAPE).map_while(escaped_byte);
        let run: Vec<u8> = escapes.take_while(|byte| !stays(*byte)).collect();
        push_run(&mut out, rest, &run);
        rest = &rest[run.len() * ESCAPE..];
        if run.is_empty() {
            out.push('%');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// Appends the bytes as text, and those that are not UTF-8 as their escapes stood at the start of `source`.
fn push_run(out: &mut String, source: &str, bytes: &[u8]) {
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        at += chunk.valid().len();
        out.push_str(&source[at * ESCAPE..(at + chunk.invalid().len()) * ESCAPE]);
        at += chunk.invalid().len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_as_far_as_they_are_text() {
        for (escaped, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("%C3%A9%e2%82%ac", "é€"),
            ("%ff", "%ff"),
            ("%C3%A9%ff%41", "é%ffA"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%+1", "%+1"),
            ("é%41%é", "éA%é"),
            ("%E2%82", "%E2%82"),
            ("%00", "\0"),
            ("a%2Fb", "a/b"),
        ] {
            assert_eq!(unescape(escaped), expected);
        }
    }

    #[test]
    fn what_dotnet_writes_has_no_needless_escapes() {
        for (text, expected) in [
            ("a b", "a%20b"),
            ("%41%2f%2F%7e", "A%2f%2F~"),
            ("%c3%bcx%F0%9f%8d%b5%41", "%C3%BCx%F0%9F%8D%B5A"),
            ("%c3%e9%e9", "%c3%e9%e9"),
            ("100%%zz", "100%25%25zz"),
            ("ü|", "%C3%BC%7C"),
            ("", ""),
        ] {
            let mut written = String::new();
            push_normal(text, is_unreserved, &mut written);
            assert_eq!(written, expected, "{text}");
        }
    }

    #[test]
    fn a_slash_stays_escaped_in_a_path() {
        for (escaped, expected) in [("/a%2fb%2F%41", "/a%2fb%2FA"), ("%C3%2F%A9", "%C3%2F%A9"), ("/%20", "/ ")] {
            assert_eq!(unescape_path(escaped), expected);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for byte in 0..=u8::MAX {
            let mut escape = String::new();
            push_escape(byte, &mut escape);
            assert_eq!(escaped_byte(escape.as_bytes()), Some(byte));
        }
        for bytes in [&b"%4"[..], b"%4g", b"%-1", b"41", b""] {
            assert_eq!(escaped_byte(bytes), None);
        }
    }
}
