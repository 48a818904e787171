//! How far a value reaches that is secret.

use std::ops::Range;

/// Where the value of a part of a connection string stands: behind blanks, and within quotes where it has some.
pub fn setting_range(text: &str, is_escaped: bool) -> Range<usize> {
    let start = text.len() - text.trim_start_matches([' ', '\t']).len();
    let value = &text[start..];
    let range = quoted(value).unwrap_or_else(|| 0..assigned_end(value, true, is_escaped));
    start + range.start..start + range.end
}

/// What stands within the quotes that a text begins with, unless the quote is the end of a JSON text that this one stands in.
fn quoted(text: &str) -> Option<Range<usize>> {
    let start = text.len() - text.trim_start_matches('\\').len() + 1;
    let quote = text[start - 1..].chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    if ends_json(&text[start..]) {
        return None;
    }
    let value = &text[start..start + text[start..].find(quote)?];
    Some(start..start + value.trim_end_matches('\\').len())
}

/// Whether this would follow the quote at the end of a JSON text.
fn ends_json(rest: &str) -> bool {
    rest.bytes().next().is_none_or(|next| b",:;}])\"'\\ \r\n".contains(&next))
}

/// Where a value ends that begins here: one of a connection string with a semicolon, too, and one in an escaped address with an
/// escaped ampersand. A quote belongs to it unless something follows that would follow a JSON text.
pub fn assigned_end(text: &str, has_semicolons: bool, is_escaped: bool) -> usize {
    let mut slashes = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'&' | b'<' | b'>' => return at,
            b';' if has_semicolons => return at,
            b'%' if is_escaped && text[at..].starts_with("%26") => return at,
            b'\\' if text[at..].starts_with("\\u0026") => return at,
            b'"' | b'\'' if ends_json(&text[at + 1..]) => {
                return at - slashes;
            }
            _ if byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        slashes = if byte == b'\\' { slashes + 1 } else { 0 };
    }
    text.len()
}

/// Where a header line ends: at its own end, or as a text among others with the quote that it began with. Without one it ends with a
/// quote only where a JSON text would.
pub fn line_end(text: &str, quote: &str) -> usize {
    const ENDS: [&str; 5] = ["}", "]", ",\"", ", \"", ",\n"];
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        let rest = &text[at + letter.len_utf8()..];
        let ends = match letter {
            '\r' | '\n' => true,
            '"' | '\'' if quote.starts_with(letter) => !is_escaped,
            '"' => quote.is_empty() && (rest.is_empty() || ENDS.iter().any(|end| rest.starts_with(end))),
            _ => false,
        };
        if ends {
            return at;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    text.len()
}
