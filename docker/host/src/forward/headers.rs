//! Headers on their way to the handler and back (protocol.md#forwarding-request-headers and #forwarding-response).

use dotnet_text::media_type;
use uuid::Uuid;
use wire::client::{separator, spelt};
use wire::framing::number;
use wire::headers::{Line, is_sendable};
use wire::name::Table;
use wire::{Headers, Name};

use super::values::{self, USUAL_BYTES, USUAL_LINES};
use crate::app::Diagnostic;
use crate::handler::own_headers;
use crate::invoke::trigger_host;

/// The caller's headers as the handler gets them. `length` is that of the body.
///
/// # Errors
/// If the request cannot be forwarded; the caller gets a 500.
pub fn to_handler(headers: &Headers, length: u64, invocation: Uuid) -> Result<Headers, Diagnostic> {
    if !trigger_host::is_of_uri(headers) {
        return Err(Diagnostic::of_whole("no URI can be made of the `Host` header of the request"));
    }
    if headers.contains(Name::TransferEncoding) {
        let text = "a request with `Transfer-Encoding` cannot be forwarded";
        return Err(Diagnostic::of_whole(text).hint("send a `Content-Length`"));
    }
    // Those of a body cannot be put on a request and are lost. Length and type come back with a body.
    let kept = || headers.iter().filter(|line| !line.is_in(Table::Body));
    if let Some(line) = kept().find(|line| !line.value.is_ascii()) {
        return Err(Diagnostic::of_whole(format!("the request header `{}` has a byte above 127", line.name())));
    }
    // Two types are read as one, which cannot be.
    let types: Vec<_> = headers.all(Name::ContentType).filter(|_| length > 0).collect();
    let content_type = Some(types.join(&b',')).filter(|value| !value.is_empty());
    let content_type = content_type.as_deref().map(normal_content_type).transpose()?;
    let mut lines: Vec<(usize, &[u8], Line<'_>)> = kept().map(placed).collect();
    lines.sort_by_key(|(place, ..)| *place);
    let mut sent = Headers::with_capacity(USUAL_LINES, USUAL_BYTES);
    // Repeated lines become one (recording FX-req-header-repeat).
    for (_, name, line) in lines {
        let agent = if line.has_name(Name::UserAgent) { values::agent(line.value) } else { None };
        sent.append(name, separator(&line), agent.as_deref().map_or(line.value, str::as_bytes));
    }
    own_headers::append(&mut sent, invocation);
    if length > 0 {
        sent.push(Name::ContentLength, length.to_string());
        content_type.into_iter().for_each(|value| sent.push(Name::ContentType, value));
    }
    Ok(sent)
}

/// A line with its place and its spelling: first the names that Kestrel knows, then all others as they came
/// (protocol.md#header-lines).
fn placed(line: Line<'_>) -> (usize, &[u8], Line<'_>) {
    match line.known.and_then(Name::in_requests) {
        Some((place, name)) => (place, name.as_bytes(), line),
        None => (usize::MAX, spelt(&line), line),
    }
}

/// What no caller can be sent: a byte above 127 or a control character in a value, two lengths, or to `HEAD` one that is not a number.
/// What stands before it has been copied by then, and nothing else is left.
pub fn cut_at_bad_line(headers: &mut Headers, is_to_head: bool) -> Option<String> {
    let has_two_lengths = headers.all(Name::ContentLength).nth(1).is_some();
    let reason = |line: &Line<'_>| match line.known {
        Some(Name::ContentLength) if has_two_lengths => Some("two `Content-Length`".to_owned()),
        Some(Name::ContentLength) => {
            (is_to_head && number(line.value).is_none()).then(|| "a `Content-Length` that is not a number".to_owned())
        }
        _ => (!is_sendable(line.value))
            .then(|| format!("a byte above 127 or a control character in its header `{}`", line.name())),
    };
    let (bad, reason) = headers.iter().find_map(|line| reason(&line).map(|reason| (line.name().to_owned(), reason)))?;
    let mut is_before = true;
    headers.retain(|line| {
        is_before &= !line.is_called(&bad);
        is_before
    });
    Some(reason)
}

/// Drops what frames a response, which is framed anew. To some requests a length is all that is said of a body; then it is kept.
pub fn drop_length(headers: &mut Headers, keeps_length: bool) {
    headers.retain(|line| !line.has_name(Name::ContentLength) || (keeps_length && number(line.value).is_some()));
}

/// A content type as .NET parses and writes it.
fn normal_content_type(value: &[u8]) -> Result<String, Diagnostic> {
    let normal = std::str::from_utf8(value).ok().and_then(media_type::normal);
    normal.ok_or_else(|| {
        let value = String::from_utf8_lossy(value);
        Diagnostic::of_whole(format!("the format of the content type `{value}` is invalid"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::default();
        lines.iter().for_each(|(name, value)| headers.push(*name, *value));
        headers
    }

    fn with_host(lines: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = headers(lines);
        headers.push(Name::Host, "a");
        headers
    }

    /// What the handler gets, but for the host's own lines.
    fn seen(lines: &[(&'static str, &'static str)], length: u64) -> Vec<(String, String)> {
        let all = to_handler(&with_host(lines), length, Uuid::nil()).expect("sound headers");
        let own = ["Host", "User-Agent", "X-Azure-Functions-InvocationId", "X-Azure-Functions-HostVersion"];
        let others = all.iter().filter(|line| !own.iter().any(|name| line.is_called(name)));
        others.map(|line| (line.name().to_owned(), String::from_utf8_lossy(line.value).into_owned())).collect()
    }

    fn lines(lines: &[(&str, &str)]) -> Vec<(String, String)> {
        lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn known_names_come_first_and_repeated_ones_become_one() {
        let sent = [("x-A", "1"), ("Cookie", "a=1"), ("X-a", "2"), ("cookie", "b=2"), ("Empty", "")];
        assert_eq!(seen(&sent, 0), lines(&[("Cookie", "a=1; b=2"), ("x-A", "1, 2"), ("Empty", "")]));
    }

    #[test]
    fn headers_of_bodies_are_lost_but_type_and_length_come_back_with_a_body() {
        let sent =
            [("content-encoding", "gzip"), ("expires", "0"), ("content-type", "text/plain"), ("content-length", "5")];
        assert_eq!(seen(&sent, 0), []);
        assert_eq!(seen(&sent, 5), lines(&[("Content-Length", "5"), ("Content-Type", "text/plain")]));
        assert_eq!(seen(&[("Content-Type", "")], 5), lines(&[("Content-Length", "5")]));
    }

    #[test]
    fn the_hosts_own_are_appended() {
        let sent = with_host(&[
            ("user-agent", "t / 1  (x)"),
            ("user-agent", "a , b"),
            ("x-azure-functions-invocationid", "mine"),
        ]);
        let all = to_handler(&sent, 0, Uuid::nil()).expect("sound headers");
        assert!(all.text(Name::UserAgent).expect("there").starts_with("t/1 (x) a , b Azure-Functions-Host/"));
        let id = all.named("X-Azure-Functions-InvocationId");
        assert_eq!(id, Some(&b"mine, 00000000-0000-0000-0000-000000000000"[..]));
    }

    #[test]
    fn content_types_are_parsed_and_written_anew() {
        let normal = |text: &str| normal_content_type(text.as_bytes()).ok();
        let expected = "text/plain; charset=\"UTF-8\"; x=y";
        assert_eq!(normal("text/plain ;  charset=\"UTF-8\";x=y").as_deref(), Some(expected));
        assert_eq!(normal("a/b; q=\"x;y\"").as_deref(), Some("a/b; q=\"x;y\""));
        for bad in ["nonsense", "a b/c", "a/", "a/b; =x", "a/b; q=", "a/b;", "a/\u{c}b", "a/b\u{a0}"] {
            assert_eq!(normal(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_dotnet_cannot_send_is_refused() {
        assert!(to_handler(&with_host(&[("content-language", "ü"), ("content-type", "ü")]), 0, Uuid::nil()).is_ok());
        for line in [("transfer-encoding", "chunked"), ("x", "ü")] {
            assert!(to_handler(&with_host(&[line]), 0, Uuid::nil()).is_err(), "{line:?}");
        }
        assert!(to_handler(&with_host(&[("content-type", "nonsense")]), 5, Uuid::nil()).is_err());
        assert!(to_handler(&with_host(&[("content-type", "a/b"), ("content-type", "a/b")]), 5, Uuid::nil()).is_err());
        assert!(to_handler(&headers(&[]), 0, Uuid::nil()).is_err());
    }

    #[test]
    fn what_stands_before_something_kestrel_cannot_send_is_left() {
        for (name, value, is_to_head, expected) in [
            ("x-b", "ü", false, "`x-b`"),
            ("x-b", "a\u{1}b", false, "`x-b`"),
            ("x-b", "a\u{7f}", true, "`x-b`"),
            ("content-length", "+5", true, "not a number"),
        ] {
            let mut response = headers(&[("x-a", "1"), (name, "5"), (name, value), ("vary", "a")]);
            if name == "content-length" {
                response = headers(&[("x-a", "1"), (name, value), ("vary", "a")]);
            }
            let reason = cut_at_bad_line(&mut response, is_to_head);
            assert!(reason.is_some_and(|reason| reason.contains(expected)), "{value}");
            assert_eq!(response, headers(&[("x-a", "1")]));
        }
        let mut twice = headers(&[("vary", "a"), ("content-length", "5"), ("content-length", "5")]);
        assert_eq!(cut_at_bad_line(&mut twice, false).as_deref(), Some("two `Content-Length`"));
        let mut sound = headers(&[("x-a", "a\tb"), ("content-length", "ü5")]);
        assert_eq!(cut_at_bad_line(&mut sound, false), None);
    }

    #[test]
    fn a_length_reaches_a_caller_only_if_it_is_all_that_is_said_of_a_body() {
        let response = headers(&[("content-length", "2"), ("x-a", "1")]);
        for (keeps_length, expected) in [(false, &[("x-a", "1")][..]), (true, &[("content-length", "2"), ("x-a", "1")])]
        {
            let mut response = response.clone();
            drop_length(&mut response, keeps_length);
            assert_eq!(response, headers(expected));
        }
    }
}
