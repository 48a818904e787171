//! The parts of header values as patterns. Pure.

use std::sync::LazyLock;

use regex::Regex;

pub const BLANKS: [char; 2] = [' ', '\t'];
/// Spaces and tabs, where there may be some.
pub const OPTIONAL: &str = r"[ \t]*";
pub const TOKEN: &str = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/// A text in quotes.
pub const QUOTED: &str = r#""(?:\\.|[^"\\])*""#;

/// A pattern: there is one, since each is tried by a test.
pub type Pattern = LazyLock<Option<Regex>>;

pub fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}
