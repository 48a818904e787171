//! The names under which the host may be asked: the setting `AllowedHosts` (protocol.md#allowed-hosts).

use crate::app::Settings;

/// What ASP.NET sends to others.
pub const REFUSAL: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">\r\n\
    <HTML><HEAD><TITLE>Bad Request</TITLE>\r\n\
    <META HTTP-EQUIV=\"Content-Type\" Content=\"text/html; charset=us-ascii\"></ HEAD >\r\n\
    <BODY><h2>Bad Request - Invalid Hostname</h2>\r\n\
    <hr><p>HTTP Error 400. The request hostname is invalid.</p>\r\n\
    </BODY></HTML>";
/// Each of these allows all.
const WILDCARDS: [&str; 3] = ["*", "[::]", "0.0.0.0"];

/// The patterns of the setting: one at least.
#[derive(Debug)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// `None` if all names are allowed.
    pub fn of(settings: &Settings) -> Option<Self> {
        let value = settings.get("AllowedHosts").unwrap_or_default();
        let patterns: Vec<String> =
            value.split(';').filter(|pattern| !pattern.is_empty()).map(str::to_ascii_lowercase).collect();
        let allows_all = patterns.iter().any(|pattern| WILDCARDS.contains(&pattern.as_str()));
        (!allows_all && !patterns.is_empty()).then_some(Self(patterns))
    }

    /// Whether a request whose `Host` line says this is served. One without a name is, as it cannot come from a page.
    pub fn have(&self, host: &str) -> bool {
        let host = name(host.trim()).to_ascii_lowercase();
        host.is_empty() || self.0.iter().any(|pattern| matches(pattern, &host))
    }
}

fn matches(pattern: &str, host: &str) -> bool {
    let is_below = |root: &str| root.starts_with('.') && host.len() > root.len() && host.ends_with(root);
    pattern == host || pattern.strip_prefix('*').is_some_and(is_below)
}

/// The host without its port. Only an address of IPv6 has two colons.
fn name(host: &str) -> &str {
    if let Some(end) = host.find(']') {
        return &host[..=end];
    }
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(setting: &str, host: &str) -> bool {
        AllowedHosts::of(&[("ALLOWEDHOSTS", setting)].into_iter().collect()).is_none_or(|allowed| allowed.have(host))
    }

    #[test]
    fn only_the_names_of_the_setting_are_served() {
        for host in ["localhost", "LocalHost:7071", "127.0.0.1:80", "[::1]:7071", "a.example.com", "", " "] {
            assert!(allow("localhost;127.0.0.1;[::1];*.example.com", host), "{host}");
        }
        for host in
            ["attacker.example", "localhost.attacker.example", "127.0.0.1.nip.io:80", "example.com", "[::2]", "::1"]
        {
            assert!(!allow("localhost;127.0.0.1;[::1];*.example.com", host), "{host}");
        }
        // Blanks are part of a pattern.
        assert!(!allow("localhost; 127.0.0.1", "127.0.0.1"));
    }

    #[test]
    fn without_names_or_with_a_wildcard_all_are_served() {
        for setting in ["", ";", "*", "localhost;*", "[::]", "0.0.0.0"] {
            assert!(allow(setting, "attacker.example"), "{setting}");
        }
        assert!(AllowedHosts::of(&Settings::default()).is_none());
    }
}
