//! The kernel's tables of sockets: who listens where. Only Linux has them; elsewhere none is found.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const LISTENING: &str = "0A";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listener {
    pub address: SocketAddr,
    pub user: u32,
    pub inode: String,
}

pub(super) fn listeners() -> Vec<Listener> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(listener).collect()
}

/// A row of the kernel's table, if it is that of a listening socket.
fn listener(row: &str) -> Option<Listener> {
    let fields: Vec<&str> = row.split_whitespace().collect();
    let (address, state, user, inode) = (fields.get(1)?, fields.get(3)?, fields.get(7)?, fields.get(9)?);
    let found =
        || Some(Listener { address: address_of(address)?, user: user.parse().ok()?, inode: (*inode).to_owned() });
    if *state == LISTENING { found() } else { None }
}

/// `0100007F:1F90` is 127.0.0.1:8080: words of four bytes, each as this machine keeps it.
fn address_of(text: &str) -> Option<SocketAddr> {
    let (digits, port) = text.split_once(':')?;
    let words = digits.as_bytes().chunks(8).map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok());
    let bytes: Vec<u8> = words.collect::<Option<Vec<_>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let ip = match bytes.len() {
        4 => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        _ => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_are_read_from_the_tables_of_the_kernel() {
        let shown = |text| address_of(text).map(|address| address.to_string());
        assert_eq!(shown("0100007F:1F90").as_deref(), Some("127.0.0.1:8080"));
        assert_eq!(shown("00000000000000000000000001000000:0050").as_deref(), Some("[::1]:80"));
        assert_eq!(shown("nonsense"), None);
        let row =
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 4711 1 0 100 0";
        let found = listener(row).unwrap();
        assert_eq!((found.address.port(), found.user, found.inode.as_str()), (8080, 65534, "4711"));
        assert_eq!(listener(&row.replace(" 0A ", " 01 ")), None, "a connection");
    }
}
