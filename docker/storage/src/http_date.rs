//! Dates in headers and lists of storage.

use chrono::{NaiveDateTime, ParseResult};

/// A date as HTTP writes it: `Fri, 01 Nov 2024 10:00:00 GMT`. The last second of the year 9999 means "never".
pub fn http_date(text: &str) -> ParseResult<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT")
}
