//! How .NET's client spells what it sends (protocol.md#header-lines).

use std::borrow::Cow;

use crate::headers::Line;
use crate::name::{Name, Table};

/// The name of a line as the client hands it on, whatever letter case it came in.
pub fn spelt<'a>(line: &Line<'a>) -> &'a [u8] {
    line.known.filter(|known| known.is_in(Table::Client)).map_or(line.name, |known| known.in_client().as_bytes())
}

/// What parts the values of a line and those of the same name that the client makes one with it.
pub fn separator(line: &Line<'_>) -> &'static str {
    match line.known {
        Some(Name::Cookie) => "; ",
        Some(Name::UserAgent) => " ",
        _ => ", ",
    }
}

/// A method as the client sends it: a well-known one in capitals (recordings FX-req-lower, Y30-get-lower).
pub fn spelt_method(method: &str) -> Cow<'static, str> {
    const KNOWN: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT"];
    let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(method));
    known.map_or_else(|| method.to_owned().into(), Cow::Borrowed)
}
