//! The `Host` of a request: the HTTP trigger makes a URI of it and fails if it cannot be that of one; pure (recordings Y20, DX-http10).

use std::net::Ipv6Addr;

use wire::{Headers, Name};

/// Whether there is a `Host` that a URI can have. Kestrel takes more than .NET's `Uri`.
pub fn is_of_uri(headers: &Headers) -> bool {
    let host = headers.text(Name::Host).unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    port.is_none_or(|port| port.parse::<u16>().is_ok()) && is_name(name)
}

fn is_name(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut labels = name.strip_suffix('.').unwrap_or(name).split('.');
    labels.all(|label| !label.is_empty() && label.bytes().all(is_letter))
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
