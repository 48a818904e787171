//! Where a server listens: `ASPNETCORE_URLS` as Kestrel reads it; pure.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A URL that does not say where to listen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{url}` in ASPNETCORE_URLS {mistake}")]
pub struct AddressError {
    url: String,
    mistake: &'static str,
}

impl AddressError {
    /// What to write instead.
    pub const HINT: &str = "ASPNETCORE_URLS=http://127.0.0.1:8080, or http://+:80 for all interfaces";
}

/// The addresses that `urls` names, separated by semicolons; 127.0.0.1 with a port of the system's choice if there are none.
/// `port` takes the place of every port they name.
///
/// # Errors
/// If a URL is not `http`, or does not name an address or a port.
pub fn addresses(urls: Option<&str>, port: Option<u16>) -> Result<Vec<SocketAddr>, AddressError> {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)));
    let Some(urls) = urls.filter(|urls| !urls.trim().is_empty()) else { return Ok(vec![local]) };
    let urls = urls.split(';').map(str::trim).filter(|url| !url.is_empty());
    urls.map(|url| address(url, port).map_err(|mistake| AddressError { url: url.to_owned(), mistake })).collect()
}

fn address(url: &str, port: Option<u16>) -> Result<SocketAddr, &'static str> {
    let rest = url.strip_prefix("http://").ok_or("is not an http URL")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let (name, own_port) = match authority.rsplit_once(':') {
        Some((name, digits)) if !digits.contains(']') => (name, digits.parse().map_err(|_| "has no valid port")?),
        _ => (authority, 80),
    };
    let ip = match name {
        "+" | "*" => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        "localhost" => Ipv4Addr::LOCALHOST.into(),
        name => name.trim_matches(['[', ']']).parse().map_err(|_| "does not name an address")?,
    };
    Ok(SocketAddr::new(ip, port.unwrap_or(own_port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_from_the_urls_and_the_port_wins() {
        let listed =
            |urls, port| addresses(urls, port).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(listed(None, Some(7)), Ok(vec!["127.0.0.1:7".into()]));
        assert_eq!(listed(None, None), Ok(vec!["127.0.0.1:0".into()]));
        assert_eq!(listed(Some("http://+:80"), None), Ok(vec!["0.0.0.0:80".into()]));
        assert_eq!(listed(Some("http://*:80/;http://[::1]"), Some(0)), Ok(vec!["0.0.0.0:0".into(), "[::1]:0".into()]));
        assert!(listed(Some("https://+:443"), None).is_err());
        assert!(listed(Some("http://nowhere:80"), None).is_err());
    }
}
