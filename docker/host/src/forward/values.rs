//! Header values of responses as .NET reads and writes them anew on their way to the caller (protocol.md#header-lines). What it cannot
//! read passes as it came.

use std::borrow::Cow;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime, Utc};
use dotnet_text::media_type::{self, is_token};
use dotnet_text::percent::push_escape;
use wire::client::spelt;
use wire::headers::Line;
use wire::{Headers, Name};

use super::headers::{USUAL_BYTES, USUAL_LINES};

/// The directives of `Cache-Control` without a value, in the order in which they are written.
const FLAGS: [&str; 6] =
    ["no-store", "no-transform", "only-if-cached", "public", "must-revalidate", "proxy-revalidate"];
/// Those with a number of seconds, likewise.
const SECONDS: [&str; 4] = ["max-age", "s-maxage", "max-stale", "min-fresh"];
/// Obsolete formats of dates, which are still read.
const OLD_DATES: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// The same lines with their values rewritten. All lines of `Cache-Control` become one, at the place of the first.
pub fn rewritten(headers: &Headers) -> Headers {
    let mut sent = Headers::with_capacity(USUAL_LINES, USUAL_BYTES);
    let mut has_cache_control = false;
    for line in headers.iter() {
        let (name, value) = (spelt(line.name), text(&line));
        if line.has_name(Name::CacheControl) {
            if has_cache_control {
                continue;
            }
            if let Some(value) = cache_control(headers) {
                has_cache_control = true;
                sent.push(name, value);
                continue;
            }
        }
        match rewrite(&line, &value) {
            Some(values) => values.iter().for_each(|value| sent.push(name, value)),
            None => sent.push(name, &*value),
        }
    }
    sent
}

/// Whether a line is a URI, which alone may have bytes above 127: they are escaped.
pub(super) fn is_uri(line: &Line<'_>) -> bool {
    matches!(line.known, Some(Name::ContentLocation | Name::Location))
}

/// The value of a line as text, ASCII in a URI. .NET reads UTF-8 in `Location`, and otherwise one character a byte.
fn text<'a>(line: &Line<'a>) -> Cow<'a, str> {
    let text = std::str::from_utf8(line.value);
    if line.value.is_ascii() || !is_uri(line) {
        return text.unwrap_or_default().into();
    }
    let read = text.ok().filter(|_| line.has_name(Name::Location)).map(str::to_owned);
    let read = read.unwrap_or_else(|| line.value.iter().copied().map(char::from).collect());
    let mut escaped = String::with_capacity(3 * read.len());
    for byte in read.bytes() {
        if byte.is_ascii() { escaped.push(char::from(byte)) } else { push_escape(byte, &mut escaped) }
    }
    escaped.into()
}

/// The values of the lines that one line becomes; `None` if it stays as it is.
fn rewrite(line: &Line<'_>, value: &str) -> Option<Vec<String>> {
    use Name::{
        Allow, ContentLanguage, ContentLocation, ContentType, Expires, LastModified, Location, Pragma, RetryAfter,
        Server, Vary, Via, WwwAuthenticate,
    };
    let one = match line.known {
        Some(Allow | ContentLanguage | Pragma | Vary | Via | WwwAuthenticate) => return Some(elements(value)),
        Some(Server) => return products(value),
        Some(ContentType) => media_type::normal(value),
        Some(ContentLocation | Location) => location(value),
        Some(Expires | LastModified) => date(value),
        Some(RetryAfter) => seconds(value),
        None if line.is_called("Content-Disposition") => disposition(value),
        _ => None,
    };
    one.map(|value| vec![value])
}

/// The elements of a list, separated by commas that are neither in quotes nor in a comment. Parameters of a challenge stay with it.
fn elements(value: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in split(value, |letter| letter == ',') {
        let piece = piece.trim();
        let is_parameter = piece.split_once('=').is_some_and(|(name, _)| is_token(name.trim_end()));
        match found.last_mut() {
            _ if piece.is_empty() => {}
            Some(challenge) if is_parameter && challenge.contains(' ') => challenge.push_str(&format!(", {piece}")),
            _ => found.push(piece.to_owned()),
        }
    }
    found
}

/// Splits a text at characters that are neither in quotes nor in parentheses.
fn split(text: &str, parts: impl Fn(char) -> bool) -> Vec<&str> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    let (mut in_quotes, mut depth, mut is_escaped) = (false, 0_usize, false);
    for (index, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if in_quotes || depth > 0 => is_escaped = true,
            '"' if depth == 0 => in_quotes = !in_quotes,
            '(' if !in_quotes => depth += 1,
            ')' if !in_quotes => depth = depth.saturating_sub(1),
            letter if !in_quotes && depth == 0 && parts(letter) => {
                pieces.push(&text[start..index]);
                start = index + letter.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// The products and comments of `Server`: `Apache/2.4 (Ubuntu)` is one of each.
fn products(value: &str) -> Option<Vec<String>> {
    let pieces: Vec<&str> =
        split(value, |letter| letter == ' ').into_iter().filter(|piece| !piece.is_empty()).collect();
    let is_product = |piece: &&str| {
        let (name, version) = piece.split_once('/').map_or((*piece, None), |(name, version)| (name, Some(version)));
        (piece.starts_with('(') && piece.ends_with(')')) || (is_token(name) && version.is_none_or(is_token))
    };
    (!pieces.is_empty() && pieces.iter().all(is_product)).then(|| pieces.into_iter().map(str::to_owned).collect())
}

fn disposition(value: &str) -> Option<String> {
    let mut parts = split(value, |letter| letter == ';').into_iter().map(str::trim);
    let mut normal = parts.next().filter(|kind| is_token(kind))?.to_owned();
    for part in parts.filter(|part| !part.is_empty()) {
        let (name, value) =
            part.split_once('=').map_or((part, None), |(name, value)| (name.trim_end(), Some(value.trim_start())));
        if !is_token(name) || value.is_some_and(|value| !value.starts_with('"') && !is_token(value)) {
            return None;
        }
        _ = match value {
            Some(value) => write!(normal, "; {name}={value}"),
            None => write!(normal, "; {name}"),
        };
    }
    Some(normal)
}

/// A URI: what may not stand in one is escaped; if it is absolute, its host is in lower case and its path not empty.
fn location(value: &str) -> Option<String> {
    let mut escaped = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => {
                _ = write!(escaped, "%{:02X}", u32::from(letter))
            }
            letter => escaped.push(letter),
        }
    }
    let Some((scheme, rest)) = escaped.split_once("://").filter(|(scheme, _)| is_token(scheme)) else {
        return Some(escaped);
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let scheme = scheme.to_ascii_lowercase();
    let is_open = authority.is_empty() || (authority.starts_with('[') && !authority.contains(']'));
    if is_open || !["http", "https"].contains(&scheme.as_str()) {
        return None;
    }
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let host = host.strip_suffix(if scheme == "http" { ":80" } else { ":443" }).unwrap_or(host).to_ascii_lowercase();
    let at = if user.is_empty() { String::new() } else { format!("{user}@") };
    let slash = if path.starts_with('/') { "" } else { "/" };
    Some(format!("{scheme}://{at}{host}{slash}{path}"))
}

/// A date in any of three formats and in any zone, written in today's format in GMT.
fn date(value: &str) -> Option<String> {
    let zoned = DateTime::parse_from_rfc2822(value).ok().map(|date| date.with_timezone(&Utc));
    let old = || {
        OLD_DATES.iter().find_map(|format| NaiveDateTime::parse_from_str(value, format).ok()).map(|date| date.and_utc())
    };
    Some(zoned.or_else(old)?.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn seconds(value: &str) -> Option<String> {
    value.trim().parse::<u32>().ok().map(|seconds| seconds.to_string())
}

/// All lines of `Cache-Control` as one, its directives in the order of .NET; `None` if one of them cannot be read.
fn cache_control(headers: &Headers) -> Option<String> {
    let lines = headers.iter().filter(|line| line.has_name(Name::CacheControl));
    let values: Vec<String> = lines.map(|line| String::from_utf8_lossy(line.value).into_owned()).collect();
    let mut given: Vec<(String, Option<&str>)> = Vec::new();
    for piece in values.iter().flat_map(|value| split(value, |letter| letter == ',')).map(str::trim) {
        if piece.is_empty() {
            continue;
        }
        let (name, value) = piece.split_once('=').map_or((piece, None), |(name, value)| (name, Some(value)));
        let folded = name.to_ascii_lowercase();
        let is_number = value.is_some_and(|value| value.parse::<u32>().is_ok());
        let is_sound = match folded.as_str() {
            name if FLAGS.contains(&name) => value.is_none(),
            "max-stale" => value.is_none() || is_number,
            name if SECONDS.contains(&name) => is_number,
            name => is_token(name) && value.is_none_or(|value| value.starts_with('"') || is_token(value)),
        };
        if !is_sound {
            return None;
        }
        let is_known = FLAGS.contains(&folded.as_str()) || SECONDS.contains(&folded.as_str());
        let is_named = is_known || matches!(folded.as_str(), "no-cache" | "private");
        given.push((if is_named { folded } else { name.to_owned() }, value));
    }
    // A stable sort: extensions stand last, as they came.
    let order = FLAGS.iter().chain(&["no-cache"]).chain(&SECONDS).chain(&["private"]).copied().collect::<Vec<_>>();
    given.sort_by_key(|(name, _)| order.iter().position(|known| known == name).unwrap_or(usize::MAX));
    let written =
        given.iter().map(|(name, value)| value.map_or_else(|| name.clone(), |value| format!("{name}={value}")));
    Some(written.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(&str, &str)]) -> Vec<String> {
        let mut headers = Headers::default();
        lines.iter().for_each(|(name, value)| headers.push(*name, *value));
        let sent = rewritten(&headers);
        sent.iter().map(|line| format!("{}: {}", line.name(), String::from_utf8_lossy(line.value))).collect()
    }

    #[test]
    fn values_are_written_anew() {
        for (name, value, expected) in [
            ("Vary", "Accept-Encoding,Origin,  Accept", &["Accept-Encoding", "Origin", "Accept"][..]),
            ("WWW-Authenticate", "Basic realm=\"a, b\", Bearer", &["Basic realm=\"a, b\"", "Bearer"]),
            ("Via", "1.1 a, 1.0 b (c, d)", &["1.1 a", "1.0 b (c, d)"]),
            ("Pragma", "no-cache, foo=bar", &["no-cache", "foo=bar"]),
            ("Server", "Apache/2.4 (Ubuntu)", &["Apache/2.4", "(Ubuntu)"]),
            (
                "Content-Type",
                "multipart/mixed;boundary=abc ;  start=\"<a>\"",
                &["multipart/mixed; boundary=abc; start=\"<a>\""],
            ),
            ("Content-Type", "text", &["text"]),
            ("Content-Disposition", "attachment;filename=a.txt", &["attachment; filename=a.txt"]),
            ("Content-Disposition", "attachment; filename*=UTF-8''%e2", &["attachment; filename*=UTF-8''%e2"]),
            ("Location", "/a b", &["/a%20b"]),
            ("Location", "http://EXAMPLE.org", &["http://example.org/"]),
            ("Location", "../x?y=1#z", &["../x?y=1#z"]),
            ("Location", "http://[::", &["http://[::"]),
            ("Location", "/suche?q=für", &["/suche?q=f%C3%BCr"]),
            ("Content-Location", "/für", &["/f%C3%83%C2%BCr"]),
            ("Expires", "Sunday, 06-Nov-94 08:49:37 GMT", &["Sun, 06 Nov 1994 08:49:37 GMT"]),
            ("Expires", "Sun Nov  6 08:49:37 1994", &["Sun, 06 Nov 1994 08:49:37 GMT"]),
            ("Last-Modified", "Sun, 06 Nov 1994 09:49:37 +0100", &["Sun, 06 Nov 1994 08:49:37 GMT"]),
            ("Expires", "0", &["0"]),
            ("Retry-After", "007", &["7"]),
            ("Cache-Control", "NO-CACHE, Max-Age=5", &["no-cache, max-age=5"]),
            (
                "Cache-Control",
                "private=\"X-A, X-B\", no-cache=\"Set-Cookie\"",
                &["no-cache=\"Set-Cookie\", private=\"X-A, X-B\""],
            ),
            ("Cache-Control", "max-age=1, immutable, public", &["public, max-age=1, immutable"]),
            ("Cache-Control", "max-age=abc, =", &["max-age=abc, ="]),
            ("Access-Control-Allow-Methods", "GET,POST", &["GET,POST"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|value| format!("{name}: {value}")).collect();
            assert_eq!(lines(&[(name, value)]), expected, "{value}");
        }
    }

    #[test]
    fn lines_of_cache_control_become_one() {
        let sent = lines(&[("Cache-Control", "no-cache"), ("x-frame-options", "deny"), ("cache-control", "max-age=5")]);
        assert_eq!(sent, ["Cache-Control: no-cache, max-age=5", "X-Frame-Options: deny"]);
    }
}
