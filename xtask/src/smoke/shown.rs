//! What was expected and received, as a person reads it.

use crate::text;

/// Bytes as a person reads them: text as it is, quoted where its ends would not show; else hex; cut where it is long.
pub fn show(bytes: &[u8]) -> String {
    const LONGEST: usize = 2_000;
    if bytes.is_empty() {
        return "(empty)".to_owned();
    }
    let length = bytes.len();
    match std::str::from_utf8(bytes) {
        Ok(text) if length > LONGEST => {
            format!("{:?}… ({length} bytes)", text.chars().take(100).collect::<String>())
        }
        Ok(text) if text.trim() != text || text.chars().any(char::is_control) => format!("{text:?}"),
        Ok(text) => text.to_owned(),
        Err(_) => {
            let (begin, more) = (bytes.get(..32).unwrap_or(bytes), if length > 32 { "…" } else { "" });
            format!("{}{more} ({length} bytes)", text::hex(begin))
        }
    }
}

pub fn list(texts: &[String]) -> String {
    const MOST: usize = 12;
    if texts.is_empty() {
        return "(none)".to_owned();
    }
    let mut shown: Vec<String> = texts.iter().take(MOST).map(|text| show(text.as_bytes())).collect();
    if texts.len() > MOST {
        shown.push(format!("… {} more", texts.len() - MOST));
    }
    shown.join(" | ")
}

pub fn last_lines(lines: &[String]) -> String {
    const MOST: usize = 10;
    if lines.is_empty() {
        return "(the host printed nothing)".to_owned();
    }
    format!("\n    {}", text::last(lines, MOST).join("\n    "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read() {
        assert_eq!(show(b""), "(empty)");
        assert_eq!(show(b" x"), "\" x\"");
        assert_eq!(show("a\nb".as_bytes()), "\"a\\nb\"");
        assert_eq!(show(&[0xff, 0]), "ff00 (2 bytes)");
        assert!(show(&[b'x'; 5_000]).ends_with("… (5000 bytes)"));
    }
}
