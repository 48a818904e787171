//! The `Host` of a request: the HTTP trigger makes a URI of it and fails if it cannot be that of one; pure (recordings Y20, DX-http10).

use std::net::Ipv6Addr;
use std::str::FromStr;

use wire::{Headers, Name};

/// Whether there is a `Host` that a URI can have. Kestrel takes more than .NET's `Uri`.
pub fn is_of_uri(headers: &Headers) -> bool {
    let host = headers.get(Name::Host).unwrap_or_default();
    let (name, port) = match host.iter().rposition(|byte| *byte == b':') {
        Some(colon) if !host.ends_with(b"]") => (&host[..colon], Some(&host[colon + 1..])),
        _ => (host, None),
    };
    port.is_none_or(parsed::<u16>) && is_name(name)
}

fn is_name(name: &[u8]) -> bool {
    if let Some(address) = name.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
        return parsed::<Ipv6Addr>(address);
    }
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut labels = name.strip_suffix(b".").unwrap_or(name).split(|byte| *byte == b'.');
    labels.all(|label| !label.is_empty() && label.iter().all(is_letter))
}

fn parsed<T: FromStr>(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<T>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (host, expected) in [
            ("localhost:7071", true),
            ("a_b-c.d.", true),
            ("[::1]:5", true),
            ("", false),
            ("a$b", false),
            ("a'b", false),
            ("a..b", false),
            ("a:99999", false),
            ("[::x]", false),
        ] {
            let mut headers = Headers::default();
            headers.push(Name::Host, host);
            assert_eq!(is_of_uri(&headers), expected, "{host}");
        }
        assert!(!is_of_uri(&Headers::default()));
    }
}
