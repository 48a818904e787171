//! The values of a response's header lines as .NET's client writes them anew; what it cannot read passes as it came. Pure
//! (protocol.md#header-lines).

mod cache_control;
mod date;
mod elements;
mod form;
mod location;
mod patterns;
mod single;

use std::borrow::Cow;
use std::collections::HashMap;

use wire::headers::Line;
use wire::name::Table;
use wire::{Headers, Name};

use elements::list;
use form::{Form, form};

/// Room for the lines of most messages, so that it need not grow with every one.
pub const USUAL_LINES: usize = 16;
/// Room for their text.
pub const USUAL_BYTES: usize = 768;

/// The same lines with their values rewritten, those of one name together. A line without a value is left out if it is the only
/// one of its name.
pub fn rewritten(mut headers: Headers) -> Headers {
    if form::are_kept(&headers) {
        headers.respell();
        headers.put_last(|line| line.is_in(Table::Body));
        return headers;
    }
    read_and_written(&headers)
}

fn read_and_written(headers: &Headers) -> Headers {
    let mut sent = Headers::with_capacity(USUAL_LINES, USUAL_BYTES);
    let mut lines = by_name(headers);
    // Those of a body are kept apart and copied last.
    lines.sort_by_key(|(line, _)| line.is_in(Table::Body));
    for (line, values) in lines {
        let written = rewrite(&form(&line).0, &values.iter().map(|value| &**value).collect::<Vec<_>>());
        if written.iter().any(|value| !value.is_empty()) || written.len() > 1 {
            written.iter().for_each(|value| sent.push(line.name, value));
        }
    }
    sent.respell();
    sent
}

/// The first line of each name, in order, and the values of all lines that have it.
fn by_name(headers: &Headers) -> Vec<(Line<'_>, Vec<Cow<'_, str>>)> {
    let mut lines: Vec<(Line<'_>, Vec<Cow<'_, str>>)> = Vec::with_capacity(USUAL_LINES);
    // Where each name is among them: to look through them for every line would take long where there are thousands.
    let mut places: HashMap<Vec<u8>, usize> = HashMap::with_capacity(USUAL_LINES);
    for line in headers.iter() {
        let place = *places.entry(line.name.to_ascii_lowercase()).or_insert(lines.len());
        match lines.get_mut(place) {
            Some((_, values)) => values.push(text(&line)),
            None => lines.push((line, vec![text(&line)])),
        }
    }
    lines
}

/// The value of a line as text. .NET reads UTF-8 in `Location`, and else a byte a letter.
fn text<'a>(line: &Line<'a>) -> Cow<'a, str> {
    match std::str::from_utf8(line.value) {
        Ok(text) if line.value.is_ascii() || line.has_name(Name::Location) => text.into(),
        _ => line.value.iter().copied().map(char::from).collect::<String>().into(),
    }
}

/// A `User-Agent` as the client writes it when it adds to it.
pub fn agent(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok().filter(|value| value.is_ascii())?;
    elements::products(value).map(|found| found.join(" "))
}

fn rewrite(form: &Form, values: &[&str]) -> Vec<String> {
    let given = |value: &str| value.to_owned();
    match form {
        Form::CacheControl if values.iter().all(|value| value.is_ascii()) => cache_control::written(values),
        Form::One(read) => {
            let first = values.iter().take(1).map(|value| read(value).unwrap_or_else(|| given(value)));
            first.chain(values.iter().skip(1).map(|value| given(value))).collect()
        }
        Form::List(_) | Form::Products => {
            let read = |value: &str| match form {
                Form::List(element) => list(value, *element),
                _ => elements::products(value).filter(|found| !found.is_empty()),
            };
            let mut written = Vec::new();
            for value in values {
                // What is not ASCII is not sent anyway (recording FX-ans-header-utf8).
                match Some(*value).filter(|value| value.is_ascii()).and_then(read) {
                    Some(found) if !found.is_empty() || !written.is_empty() => written.extend(found),
                    _ => written.push(given(value)),
                }
            }
            written
        }
        Form::CacheControl | Form::AsGiven => values.iter().map(|value| given(value)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(&str, &str)]) -> Vec<String> {
        let mut headers = Headers::default();
        lines.iter().for_each(|(name, value)| headers.push(*name, *value));
        let sent = rewritten(headers);
        sent.iter().map(|line| format!("{}: {}", line.name(), String::from_utf8_lossy(line.value))).collect()
    }

    #[test]
    fn values_are_written_anew() {
        for (name, value, expected) in [
            ("Vary", "Accept-Encoding,Origin,  Accept", &["Accept-Encoding", "Origin", "Accept"][..]),
            ("Vary", "a b, c", &["a b, c"]),
            ("Content-Encoding", "br,gzip", &["br", "gzip"]),
            ("WWW-Authenticate", "Basic realm=\"a, b\", Bearer", &["Basic realm=\"a, b\"", "Bearer"]),
            ("Server", "Apache/2.4 (Ubuntu)", &["Apache/2.4", "(Ubuntu)"]),
            (
                "Content-Type",
                "multipart/mixed;boundary=abc ;  start=\"<a>\"",
                &["multipart/mixed; boundary=abc; start=\"<a>\""],
            ),
            ("Content-Type", "text", &["text"]),
            ("Content-Disposition", "attachment;filename=a.txt", &["attachment; filename=a.txt"]),
            ("Transfer-Encoding", "gzip;a=b,Chunked", &["gzip; a=b", "Chunked"]),
            ("Location", "/a b", &["/a%20b"]),
            ("Location", "/suche?q=für", &["/suche?q=f%C3%BCr"]),
            ("Content-Location", "/für", &["/f%C3%83%C2%BCr"]),
            ("Expires", "Sunday, 06-Nov-94 08:49:37 GMT", &["Sun, 06 Nov 1994 08:49:37 GMT"]),
            ("Expires", "0", &["0"]),
            ("Retry-After", "007", &["7"]),
            ("Cache-Control", "NO-CACHE, Max-Age=5", &["no-cache, max-age=5"]),
            ("Access-Control-Allow-Methods", "GET,POST", &["GET,POST"]),
            ("X-A", "", &[]),
        ] {
            let expected: Vec<String> = expected.iter().map(|value| format!("{name}: {value}")).collect();
            assert_eq!(lines(&[(name, value)]), expected, "{value}");
        }
    }

    /// Thousands of short lines fit into a head. Were each compared with all before it, this would take minutes.
    #[test]
    fn many_lines_take_no_longer_than_few_do() {
        const LINES: usize = 30_000;
        let mut headers = Headers::default();
        (0..LINES).for_each(|number| headers.push(&format!("x{}", number % (LINES / 2)), "1"));
        let sent = rewritten(headers);
        assert!(sent.iter().zip(0..LINES).all(|(line, at)| line.is_called(&format!("x{}", at / 2))));
        assert_eq!(sent.iter().len(), LINES);
    }

    /// What is passed over is what would come out the same.
    #[test]
    fn values_in_form_are_those_that_writing_anew_keeps() {
        const PARTS: [&str; 14] = ["", "a", "B", "7", "0", "=", ";", "; ", "/", ",", " ", "\"", "W/", "no-cache"];
        let dates = ["Sun, 06 Nov 1994 08:49:37 GMT", "Mon, 06 Nov 1994 08:49:37 GMT", "SUN, 06 Nov 1994 08:49:37 GMT"];
        let names = [
            "Accept-Ranges",
            "Age",
            "Alt-Svc",
            "Cache-Control",
            "Connection",
            "Content-Disposition",
            "Content-Location",
            "Content-MD5",
            "Content-Range",
            "Content-Type",
            "Date",
            "ETag",
            "expires",
            "Location",
            "Pragma",
            "Retry-After",
            "Server",
            "Transfer-Encoding",
            "Upgrade",
            "Vary",
            "Via",
            "Warning",
            "WWW-Authenticate",
            "x-Other",
        ];
        let mut kept = 0;
        let built = PARTS.iter().flat_map(|one| PARTS.map(|two| [*one, two].concat()));
        let built = built.flat_map(|start| PARTS.map(|end| format!("{start}{end}")));
        let values: Vec<String> = built.chain(dates.map(str::to_owned)).collect();
        for (name, value) in names.iter().flat_map(|name| values.iter().map(move |value| (name, value.trim()))) {
            let mut headers = Headers::default();
            headers.push("Content-Language", "de");
            headers.push(name, value);
            headers.push("x-last", "1");
            if form::are_kept(&headers) {
                kept += 1;
                assert_eq!(rewritten(headers.clone()), read_and_written(&headers), "{name}: {value}");
            }
        }
        assert!(kept > values.len(), "{kept}");
    }

    #[test]
    fn lines_of_one_name_stand_together() {
        let sent = lines(&[("Cache-Control", "no-cache"), ("x-frame-options", "deny"), ("cache-control", "max-age=5")]);
        assert_eq!(sent, ["Cache-Control: no-cache, max-age=5", "X-Frame-Options: deny"]);
        let sent = lines(&[
            ("x-A", ""),
            ("Location", "/a b"),
            ("X-a", "b"),
            ("Location", "/a b"),
            ("Allow", ","),
            ("Allow", ""),
        ]);
        assert_eq!(sent, ["x-A: ", "x-A: b", "Location: /a%20b", "Location: /a b", "Allow: ,"]);
    }
}
