//! The trigger value of an HTTP request, and the binding data it gives (protocol.md#http-trigger).

use super::data::{BindingData, Value};
use super::http_request::{HttpRequest, Identity};
use crate::app::Diagnostic;
use dotnet_text::base64;
use dotnet_text::encoding::decode;
use dotnet_text::json::{self, Json, Object};
use dotnet_text::letter_case::same_name;
use dotnet_text::percent::push_escape;
use dotnet_text::query::join_values;
use dotnet_text::{media_type, query};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;
use wire::Name;
use wire::name::Table;

/// The URL of a request: its `Host` header, its decoded path (`%2F` still escaped) escaped anew, and its raw query, in which only
/// `#` is escaped; a question mark with nothing behind it stays. Without a host no URL can be formed and the invocation fails
/// (recordings DX-http10, DX-host, DX-path-escapes).
pub fn url(host: &str, decoded_path: &str, query: Option<&str>) -> Result<String, Diagnostic> {
    if host.is_empty() {
        return Err(Diagnostic::of_whole(
            "the request has no `Host` header that a URI can have, so its `Url` cannot be formed",
        ));
    }
    let mut url = format!("http://{host}");
    push_escaped_path(&mut url, decoded_path);
    if let Some(query) = query {
        url.push('?');
        url.push_str(&query.replace('#', "%23"));
    }
    Ok(url)
}

/// Escapes all but the characters that may stand in a path and what is an escape already.
fn push_escaped_path(url: &mut String, path: &str) {
    let bytes = path.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let is_escape = || bytes[at + 1..].iter().take(2).filter(|digit| digit.is_ascii_hexdigit()).count() == 2;
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) || (byte == b'%' && is_escape()) {
            url.push(byte.into());
        } else {
            push_escape(byte, url);
        }
    }
}

/// The binding data of an HTTP invocation whose trigger binding is called `trigger_name`: properties of a JSON body, over
/// these the query, over these the route, whose optional parameters count also where the URL lacks them; then `Query` and
/// `Headers`, unless something is called so already. The trigger's own name is never free (recordings DX-clash-*,
/// DX-trigger-suffix).
pub fn binding_data(request: &Arc<HttpRequest>, trigger_name: &str) -> BindingData {
    let mut data = BindingData::default();
    if let Some(text) = request.body.as_deref().and_then(possible_object) {
        data.add_properties(&text);
    }
    // Of a repeated key the last value counts.
    let parsed = query::parse(&request.query).into_iter();
    let parameters: Vec<_> = parsed.map(|(name, mut values)| (name, values.pop().unwrap_or_default())).collect();
    for (name, value) in parameters.iter().filter(|(name, _)| !same_name(name, "code")) {
        data.set(name, value.as_str());
    }
    for (name, value) in &request.params {
        data.set(name, value.as_deref().map_or(Value::Null, Value::from));
    }
    if !data.contains("Query") {
        let query = parameters.into_iter().map(|(name, value)| (name, Json::Text(value))).collect();
        data.set("Query", Value::Json(Json::Object(query)));
    }
    if !data.contains("Headers") {
        let joined =
            header_lines(request).into_iter().map(|(name, lines)| (name, Json::Text(join_values(&lines)))).collect();
        data.set("Headers", Value::Json(Json::Object(joined)));
    }
    data.set(trigger_name, Value::Http(Arc::clone(request)));
    data
}

/// The text of a body that may be a JSON object: a large binary body is not decoded for nothing.
fn possible_object(body: &[u8]) -> Option<Cow<'_, str>> {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == VERTICAL_TAB;
    let begins_like_one = body.iter().find(|byte| !blank(byte)).is_some_and(|byte| *byte == b'{' || !byte.is_ascii());
    (begins_like_one || body.starts_with(&[0, 0, 0xFE, 0xFF])).then(|| decode(body))
}

/// White space to .NET, unlike to `is_ascii_whitespace`.
const VERTICAL_TAB: u8 = 11;

/// Writes `Data.<name>` (protocol.md#http-trigger).
pub fn write(out: &mut String, request: &HttpRequest) -> fmt::Result {
    let joined = |(name, values): (String, Vec<String>)| (name, Json::Text(join_values(&values)));
    let lines = |values: Vec<String>| Json::Array(values.into_iter().map(Json::Text).collect());
    let param = |value: &Option<String>| value.clone().map_or(Json::Null, Json::Text);
    let headers = header_lines(request).into_iter().map(|(name, values)| (name, lines(values)));
    let params = request.params.iter().map(|(name, value)| (name.clone(), param(value)));
    for (name, value) in [
        ("{\"Url\":", Json::from(request.url.as_str())),
        (",\"Method\":", Json::from(request.method.as_str())),
        (",\"Query\":", Json::Object(query::parse(&request.query).into_iter().map(joined).collect())),
        (",\"Headers\":", Json::Object(headers.collect())),
        (",\"Params\":", Json::Object(params.collect())),
        (",\"Identities\":", Json::Array(vec![identity(request.identity.as_ref())])),
    ] {
        out.write_str(name)?;
        json::write(out, &value)?;
    }
    if let Some(body) = &request.body {
        out.write_str(",\"Body\":")?;
        write_body(out, body, &content_type(request))?;
    }
    out.write_char('}')
}

/// Base64 for `application/octet-stream` and `multipart/*`, text for everything else, whatever its charset
/// (recordings D09, D10).
fn write_body(out: &mut String, body: &[u8], content_type: &str) -> fmt::Result {
    let media_type = media_type::of(content_type).unwrap_or_default().to_ascii_lowercase();
    if media_type == "application/octet-stream" || media_type.contains("multipart/") {
        out.reserve(body.len() / 3 * 4 + ROOM_FOR_THE_REST_BYTES);
        out.push('"');
        base64::push(out, body);
        out.push('"');
        return Ok(());
    }
    // A body of JSON text grows by its escaped quotes.
    out.reserve(body.len() + body.len() / 8 + ROOM_FOR_THE_REST_BYTES);
    json::write_text(out, &decode(body))
}

/// What commonly follows a body in an envelope; only saves moving it.
const ROOM_FOR_THE_REST_BYTES: usize = 4096;

/// The `Content-Type`; of several, what no parser takes.
fn content_type(request: &HttpRequest) -> String {
    let named = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let values: Vec<String> = named.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect();
    join_values(&values)
}

/// The headers by name, each line a value; well-known names in their standard spelling, others as first sent; values decoded
/// as UTF-8 (recording DX-header-cookie-twice).
fn header_lines(request: &HttpRequest) -> Vec<(String, Vec<String>)> {
    let mut headers: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value).into_owned();
        match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, values)) => values.push(value),
            None => {
                headers.push((standard(name).unwrap_or(name).to_owned(), vec![value]));
            }
        }
    }
    headers
}

/// The name as ASP.NET Core's server spells it: its library has a constant for every name that its requests and responses know,
/// and for some others.
fn standard(name: &str) -> Option<&'static str> {
    let name = Name::of(name.as_bytes())?;
    let is_known = || name.is_in(Table::Response) || name.is_in(Table::Library);
    name.in_requests().map(|(_, spelling)| spelling).or_else(|| is_known().then(|| name.as_str()))
}

/// Exactly one identity: the anonymous one, or the key's with three claims (recordings D07, D14).
fn identity(of: Option<&Identity>) -> Json {
    let (kind, claims) = match of {
        None => (Json::Null, Vec::new()),
        Some(Identity { level, key_name }) => {
            let claims = [("authlevel", level.name()), ("invoke", "true"), ("keyid", key_name)];
            (Json::from("WebJobsAuthLevel"), claims.map(|(kind, value)| claim(kind, value)).to_vec())
        }
    };
    json::object([
        ("AuthenticationType", kind),
        ("IsAuthenticated", Json::Bool(of.is_some())),
        ("Actor", Json::Null),
        ("BootstrapContext", Json::Null),
        ("Claims", Json::Array(claims)),
        ("Label", Json::Null),
        ("Name", Json::Null),
        ("NameClaimType", Json::from("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name")),
        ("RoleClaimType", Json::from("http://schemas.microsoft.com/ws/2008/06/identity/claims/role")),
    ])
}

fn claim(kind: &str, value: &str) -> Json {
    json::object([
        ("Issuer", Json::from("LOCAL AUTHORITY")),
        ("OriginalIssuer", Json::from("LOCAL AUTHORITY")),
        ("Properties", Json::Object(Object::new())),
        ("Type", Json::Text(format!("http://schemas.microsoft.com/2017/07/functions/claims/{kind}"))),
        ("Value", Json::from(value)),
        ("ValueType", Json::from("http://www.w3.org/2001/XMLSchema#string")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        // DX-path-escapes: the path as routing sees it.
        let expected = "http://h:1/api/p/a%20b%C3%A9%2Fx/%23?q=%20";
        assert_eq!(url("h:1", "/api/p/a bé%2Fx/#", Some("q=%20")).unwrap(), expected);
        assert_eq!(url("example.test:99", "/api/f", None).unwrap(), "http://example.test:99/api/f");
        assert_eq!(url("h", "/a%b\"", None).unwrap(), "http://h/a%25b%22");
        assert_eq!(url("h", "/a", Some("")).unwrap(), "http://h/a?");
        assert_eq!(url("h", "/a", Some("q=#x'<")).unwrap(), "http://h/a?q=%23x'<");
        assert!(url("", "/api/f", None).is_err());
    }

    #[test]
    fn header_names() {
        let names = ["SEC-websocket-key", "etag", "x-requested-with", "TRACEPARENT", "x-Mine", "X-MINE"];
        let headers = names.map(|name| (name.to_owned(), Vec::new())).to_vec();
        let lines = header_lines(&HttpRequest { headers, ..HttpRequest::default() });
        let seen: Vec<&str> = lines.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(seen, ["Sec-WebSocket-Key", "ETag", "X-Requested-With", "traceparent", "x-Mine"]);
    }

    #[test]
    fn encodes_bodies_by_media_type() {
        for (content_type, expected) in [
            ("application/octet-stream", "\"aGk=\""),
            ("Application/Octet-Stream; x=y", "\"aGk=\""),
            ("multipart/mixed; boundary=b", "\"aGk=\""),
            ("Multipart/Form-Data; boundary=\"a b\"", "\"aGk=\""),
            ("application/octet-stream;", "\"hi\""),
            ("application/octet-stream,application/octet-stream", "\"hi\""),
            ("multipart/form-data; boundary=a b", "\"hi\""),
            ("application/json", "\"hi\""),
            ("nonsense", "\"hi\""),
            ("", "\"hi\""),
        ] {
            let mut out = String::new();
            write_body(&mut out, b"hi", content_type).unwrap();
            assert_eq!(out, expected, "{content_type}");
        }
    }
}
