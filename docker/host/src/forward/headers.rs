//! Headers on their way to the handler and back (protocol sections 3.3 and 3.6).

use hyper::header::{
    ALLOW, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE,
    CONTENT_TYPE, COOKIE, EXPIRES, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, TRANSFER_ENCODING, USER_AGENT,
};
use uuid::Uuid;

use crate::host;

/// The header with the id of the invocation.
pub const INVOCATION_ID: HeaderName = HeaderName::from_static("x-azure-functions-invocationid");
/// The header with the version of the host.
pub const HOST_VERSION_HEADER: HeaderName = HeaderName::from_static("x-azure-functions-hostversion");
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// Names that .NET keeps for bodies; they cannot be put on a request and are lost.
const LOST: [HeaderName; 9] = [
    ALLOW,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LOCATION,
    CONTENT_MD5,
    CONTENT_RANGE,
    EXPIRES,
    LAST_MODIFIED,
];

/// The client's headers as the handler gets them. `length` is that of the body.
///
/// # Errors
/// What makes .NET's client refuse to send the request: a chunked body, a byte above 127, a content type without a slash.
pub fn to_handler(mut headers: HeaderMap, length: u64, invocation: Uuid) -> Result<HeaderMap, String> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err("a request with `Transfer-Encoding` cannot be forwarded: send a `Content-Length`".to_owned());
    }
    if let Some((name, _)) = headers.iter().find(|(_, value)| !value.as_bytes().is_ascii()) {
        return Err(format!("the request header `{name}` has a byte above 127"));
    }
    for name in &LOST {
        headers.remove(name);
    }
    if headers.len() > headers.keys_len() {
        headers = joined(&headers);
    }
    headers.remove(CONTENT_LENGTH);
    let content_type = headers.remove(CONTENT_TYPE).filter(|value| !value.is_empty());
    if length > 0 {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(value) = content_type {
            headers.insert(CONTENT_TYPE, normal_content_type(&value)?);
        }
    }
    extend(&mut headers, USER_AGENT, " ", HeaderValue::from_static(host::AGENT));
    extend(&mut headers, HOST_VERSION_HEADER, ", ", HeaderValue::from_static(host::VERSION));
    extend(&mut headers, INVOCATION_ID, ", ", id_value(invocation));
    Ok(headers)
}

/// The headers that the host puts on every request of its own: version, id and agent (protocol section 4.1).
#[must_use]
pub fn of_host(invocation: Uuid) -> [(HeaderName, HeaderValue); 3] {
    [
        (HOST_VERSION_HEADER, HeaderValue::from_static(host::VERSION)),
        (INVOCATION_ID, id_value(invocation)),
        (USER_AGENT, HeaderValue::from_static(host::AGENT)),
    ]
}

/// Drops from an answer what does not reach a client: framing, which is written anew, and headers without a value.
pub fn to_client(headers: &mut HeaderMap) {
    headers.remove(TRANSFER_ENCODING);
    if headers.iter().any(|(_, value)| value.is_empty()) {
        let kept = headers.iter().filter(|(_, value)| !value.is_empty());
        *headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    }
}

fn id_value(invocation: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let text = invocation.hyphenated().encode_lower(&mut buffer);
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Appends the host's value to the client's, in the same line.
fn extend(headers: &mut HeaderMap, name: HeaderName, separator: &str, value: HeaderValue) {
    let joined = headers.get(&name).map(|client| [client.as_bytes(), separator.as_bytes(), value.as_bytes()].concat());
    let value = joined.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok()).unwrap_or(value);
    headers.insert(name, value);
}

/// Repeated headers become one: values joined by `, `, those of `Cookie` by `; ` (recording FX-req-header-repeat).
fn joined(headers: &HeaderMap) -> HeaderMap {
    let one = |name: &HeaderName| {
        let separator: &[u8] = if name == COOKIE { b"; " } else { b", " };
        let values: Vec<_> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        HeaderValue::from_bytes(&values.join(separator)).ok()
    };
    headers.keys().filter_map(|name| Some((name.clone(), one(name)?))).collect()
}

/// A content type as .NET parses and writes it: `text/plain ;  x=y` becomes `text/plain; x=y` (recording FX-req-type-params).
fn normal_content_type(value: &HeaderValue) -> Result<HeaderValue, String> {
    let invalid =
        || format!("the format of the content type `{}` is invalid", String::from_utf8_lossy(value.as_bytes()));
    let text = value.to_str().map_err(|_| invalid())?;
    let mut parts = split_parameters(text).into_iter().map(str::trim);
    let media = parts.next().unwrap_or_default();
    let (kind, subkind) = media.split_once('/').ok_or_else(invalid)?;
    if !is_token(kind.trim_end()) || !is_token(subkind.trim_start()) {
        return Err(invalid());
    }
    let mut normal = format!("{}/{}", kind.trim_end(), subkind.trim_start());
    for parameter in parts.filter(|parameter| !parameter.is_empty()) {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
            None => (parameter, None),
        };
        let is_quoted = |text: &str| text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
        if !is_token(name) || value.is_some_and(|value| !is_token(value) && !is_quoted(value)) {
            return Err(invalid());
        }
        normal.push_str("; ");
        normal.push_str(name);
        if let Some(value) = value {
            normal.push('=');
            normal.push_str(value);
        }
    }
    HeaderValue::from_str(&normal).map_err(|_| invalid())
}

fn split_parameters(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut in_quotes, mut is_escaped) = (0, false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if in_quotes => is_escaped = true,
            '"' => in_quotes = !in_quotes,
            ';' if !in_quotes => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::from_bytes(name.as_bytes()).expect("name"), HeaderValue::from_str(value).expect("value"))
        };
        pairs.iter().map(pair).collect()
    }

    fn seen(pairs: &[(&str, &str)], length: u64) -> Vec<(String, String)> {
        let all = to_handler(headers(pairs), length, Uuid::nil()).expect("sound headers");
        let text = |value: &HeaderValue| value.to_str().expect("ASCII").to_owned();
        let own = ["user-agent", "x-azure-functions-invocationid", "x-azure-functions-hostversion"];
        let mut others: Vec<_> = all
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        others.sort();
        others
    }

    #[test]
    fn repeated_headers_become_one() {
        let seen = seen(&[("x-a", "1"), ("x-a", "2"), ("cookie", "a=1"), ("cookie", "b=2")], 0);
        assert_eq!(seen, [("cookie".into(), "a=1; b=2".into()), ("x-a".into(), "1, 2".into())]);
    }

    #[test]
    fn headers_of_bodies_are_lost_but_type_and_length_come_back_with_a_body() {
        let sent =
            [("content-encoding", "gzip"), ("expires", "0"), ("content-type", "text/plain"), ("content-length", "5")];
        assert_eq!(seen(&sent, 0), []);
        let with_body = seen(&sent, 5);
        assert_eq!(with_body, [("content-length".into(), "5".into()), ("content-type".into(), "text/plain".into())]);
    }

    #[test]
    fn the_hosts_own_are_appended() {
        let sent = headers(&[("user-agent", "t/1"), ("x-azure-functions-invocationid", "mine")]);
        let all = to_handler(sent, 0, Uuid::nil()).expect("sound headers");
        assert!(all[USER_AGENT].to_str().expect("ASCII").starts_with("t/1 Azure-Functions-Host/"));
        assert_eq!(all[INVOCATION_ID], "mine, 00000000-0000-0000-0000-000000000000");
    }

    #[test]
    fn content_types_are_parsed_and_written_anew() {
        let normal = |text| normal_content_type(&HeaderValue::from_static(text));
        assert_eq!(
            normal("text/plain ;  charset=\"UTF-8\";x=y"),
            Ok(HeaderValue::from_static("text/plain; charset=\"UTF-8\"; x=y"))
        );
        assert_eq!(normal("a/b; q=\"x;y\""), Ok(HeaderValue::from_static("a/b; q=\"x;y\"")));
        for bad in ["nonsense", "a b/c", "a/", "a/b; =x"] {
            assert!(normal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_dotnet_cannot_send_is_refused() {
        let chunked = headers(&[("transfer-encoding", "chunked")]);
        assert!(to_handler(chunked, 0, Uuid::nil()).is_err());
        let mut umlaut = HeaderMap::new();
        umlaut.insert("x", HeaderValue::from_bytes(b"\xc3\xbc").expect("value"));
        assert!(to_handler(umlaut, 0, Uuid::nil()).is_err());
    }

    #[test]
    fn empty_headers_do_not_reach_a_client() {
        let mut answer = headers(&[("x-empty", ""), ("x-a", "1"), ("transfer-encoding", "chunked")]);
        to_client(&mut answer);
        assert_eq!(answer, headers(&[("x-a", "1")]));
    }
}
