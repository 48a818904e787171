//! A response body in the form in which a caller gets it.

use bytes::Bytes;

/// A body with its type and framing.
pub struct Written {
    pub content_type: Option<String>,
    pub body: Bytes,
    pub framing: Framing,
}

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Framing {
    /// `Transfer-Encoding: chunked`; neither header on `HEAD` (protocol.md#named-http-output).
    Chunked,
    /// `Content-Length`.
    Length,
    /// Neither: 204 and 304 have no body, that of a 101 ends with the connection (recordings RX-sc-101, -304).
    None,
}

/// Appends `; charset=utf-8` (to what is no media type in any case), or puts it in the place of another charset (recordings R10, RX-hdr-content-type-*).
pub fn with_utf8(content_type: &str) -> String {
    let Some(parameter) = charset_parameter(content_type) else { return format!("{content_type}; charset=utf-8") };
    if content_type[parameter.clone()].trim_matches('"').eq_ignore_ascii_case("utf-8") {
        return content_type.to_owned();
    }
    format!("{}utf-8{}", &content_type[..parameter.start], &content_type[parameter.end..])
}

/// Where the value of the `charset` parameter of a media type stands.
fn charset_parameter(content_type: &str) -> Option<std::ops::Range<usize>> {
    let mut start = content_type.find(';')? + 1;
    let (kind, subkind) = content_type[..start - 1].split_once('/')?;
    if !is_token(kind.trim_start()) || !is_token(subkind.trim_end()) {
        return None;
    }
    loop {
        let end = content_type[start..].find(';').map_or(content_type.len(), |length| start + length);
        if let Some((name, value)) = content_type[start..end].split_once('=')
            && name.trim().eq_ignore_ascii_case("charset")
        {
            let from = end - value.trim_start().len();
            return Some(from..from + value.trim().len());
        }
        if end == content_type.len() {
            return None;
        }
        start = end + 1;
    }
}

pub fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
