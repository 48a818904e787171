//! What Kestrel answers by itself, before any code of the host (protocol section 7.6).

use std::time::SystemTime;

use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST, HeaderName, HeaderValue, SERVER};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode, Version};

use crate::forward::target::Target;
use crate::wire::Head;

/// The longest request line.
const MAX_REQUEST_LINE_BYTES: usize = 8 * 1024;
/// The most that all header lines may take.
pub const MAX_HEADERS_BYTES: usize = 32 * 1024;
/// The most header lines.
pub const MAX_HEADERS: usize = 100;
/// What a header line takes besides its name and value: colon, blank, line end.
const HEADER_LINE_BYTES: usize = 4;

/// The target of a request, or the status with which Kestrel refuses it.
///
/// # Errors
/// The status of the refusal; the connection is closed with it.
pub fn accept(head: &Parts) -> Result<Target, StatusCode> {
    let line =
        head.method.as_str().len() + head.uri.path().len() + head.uri.query().map_or(0, str::len) + " HTTP/1.1".len();
    if line > MAX_REQUEST_LINE_BYTES {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let header_bytes: usize =
        head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_LINE_BYTES).sum();
    if head.headers.len() > MAX_HEADERS || header_bytes > MAX_HEADERS_BYTES {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    if head.method == Method::CONNECT || !has_sound_host(head) {
        return Err(StatusCode::BAD_REQUEST);
    }
    // The library drops what looks like a fragment; Kestrel does not (recording FX-req-fragment).
    let sent = head.extensions.get::<Head>().and_then(Head::target).filter(|target| target.contains('#'));
    let target = match sent.filter(|target| target.starts_with('/')) {
        Some(target) => {
            let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
            Target::parse(path, query)
        }
        None => Target::parse(head.uri.path(), head.uri.query()),
    };
    target.ok_or(StatusCode::BAD_REQUEST)
}

/// The same response with its headers in Kestrel's order: those it knows first.
#[must_use]
pub fn in_order<B>(mut response: Response<B>) -> Response<B> {
    const FIRST: [HeaderName; 5] = [CONTENT_LENGTH, CONNECTION, CONTENT_TYPE, DATE, SERVER];
    let mut sent = std::mem::take(response.headers_mut());
    let headers = response.headers_mut();
    headers.reserve(sent.len() + 2);
    sent.entry(SERVER).or_insert(HeaderValue::from_static("Kestrel"));
    sent.entry(DATE).or_insert_with(|| {
        let now = httpdate::fmt_http_date(SystemTime::now());
        HeaderValue::try_from(now).unwrap_or(HeaderValue::from_static(""))
    });
    for name in FIRST {
        for value in sent.get_all(&name) {
            headers.append(name.clone(), value.clone());
        }
        sent.remove(name);
    }
    headers.extend(sent);
    response
}

/// HTTP/1.1 wants one `Host`; one that is there must be well-formed and must be that of an absolute target.
fn has_sound_host(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(HOST).iter();
    let Some(host) = hosts.next() else { return head.version == Version::HTTP_10 };
    let agrees = head.uri.authority().is_none_or(|authority| {
        let without_port = authority.as_str().strip_suffix(":80").unwrap_or(authority.as_str());
        [authority.as_str(), without_port].iter().any(|text| text.as_bytes().eq_ignore_ascii_case(host.as_bytes()))
    });
    hosts.next().is_none() && agrees && is_well_formed(host)
}

fn is_well_formed(host: &HeaderValue) -> bool {
    let Ok(text) = host.to_str() else { return false };
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let Some((address, port)) = rest.split_once(']') else { return false };
            let is_address =
                !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte));
            if !is_address || !(port.is_empty() || port.starts_with(':')) {
                return false;
            }
            ("", port.strip_prefix(':'))
        }
        None => text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port))),
    };
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!$&'()-._~".contains(&byte);
    name.bytes().all(is_name_byte)
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(request: hyper::http::request::Builder) -> Option<u16> {
        let (head, ()) = request.body(()).expect("a request").into_parts();
        accept(&head).err().map(|status| status.as_u16())
    }

    fn request(target: &str) -> hyper::http::request::Builder {
        hyper::Request::builder().uri(target)
    }

    #[test]
    fn the_host_must_be_one_and_sound() {
        assert_eq!(status(request("/")), Some(400));
        assert_eq!(status(request("/").version(Version::HTTP_10)), None);
        assert_eq!(status(request("/").header("host", "a").header("host", "a")), Some(400));
        for (host, expected) in
            [("a.b:80", None), ("", None), ("[::1]:7", None), ("a b", Some(400)), ("a:", Some(400)), ("a/b", Some(400))]
        {
            assert_eq!(status(request("/").header("host", host)), expected, "{host}");
        }
    }

    #[test]
    fn an_absolute_target_must_agree_with_the_host() {
        assert_eq!(status(request("http://a/x").header("host", "a")), None);
        assert_eq!(status(request("http://a/x").header("host", "b")), Some(400));
    }

    #[test]
    fn sizes_are_limited() {
        let long = format!("/{}", "x".repeat(MAX_REQUEST_LINE_BYTES));
        assert_eq!(status(request(&long).header("host", "a")), Some(414));
        assert_eq!(status(request("/").header("host", "a").header("x", "x".repeat(20_000))), None);
        assert_eq!(status(request("/").header("host", "a").header("x", "x".repeat(MAX_HEADERS_BYTES))), Some(431));
    }
}
