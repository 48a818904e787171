//! `Location` as .NET's `Uri` writes it anew; pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use dotnet_text::percent::{escaped_byte, push, push_normal};
use wire::target::without_dot_segments;

/// The ports that go without saying.
const DEFAULT_PORTS: [(&str, u16); 5] = [("http", 80), ("https", 443), ("ws", 80), ("wss", 443), ("ftp", 21)];
/// A shorter scheme would be the name of a drive.
const MIN_SCHEME: usize = 2;
/// What parts the names of a path, in a URI or in Windows.
const SLASHES: [char; 2] = ['/', '\\'];

/// A URI: what may not stand in one is escaped. An absolute one has its host in small letters, no default port, a path without
/// dot segments, and no needless escapes; a path of Windows becomes one. `None` if it cannot be read.
pub fn written(value: &str) -> Option<String> {
    if let Some((letter, path)) = drive(value) {
        return Some(format!("file:///{letter}:{}", windows_path(path)));
    }
    if is_half_a_drive(value) && !value[1..].eq("|") {
        return None;
    }
    if value.starts_with(r"\\") {
        return share(value);
    }
    let Some((scheme, rest)) = split_scheme(value) else {
        return Some(relative(value));
    };
    let scheme = scheme.to_ascii_lowercase();
    if scheme == "file" {
        return file(rest);
    }
    if scheme == "mailto" {
        return (!rest.contains('\\')).then(|| format!("{scheme}:{}", mail(rest)));
    }
    let is_web = DEFAULT_PORTS.iter().any(|(known, _)| *known == scheme);
    let Some(rest) = rest.strip_prefix(SLASHES).and_then(|rest| rest.strip_prefix(SLASHES)) else {
        return Some(if is_web { relative(value) } else { format!("{scheme}:{}", normal(rest)) });
    };
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let authority = written_authority(&scheme, authority).filter(|authority| !is_web || !authority.is_empty())?;
    Some(format!("{scheme}://{authority}{}", hierarchical(rest, forward_slashes)))
}

/// The path, which `spelt` changes first, the query and the fragment of an absolute one.
fn hierarchical(rest: &str, spelt: impl FnOnce(&str) -> String) -> String {
    let (rest, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let path = without_dot_segments(&normal(&spelt(path)));
    format!("{path}{}{}", normal(query), normal(fragment))
}

/// The letter of a drive of Windows, and the path on it.
fn drive(value: &str) -> Option<(&str, &str)> {
    let (letter, rest) = value.split_at_checked(1)?;
    let path = rest.strip_prefix([':', '|']).filter(|path| path.starts_with(SLASHES))?;
    letter.starts_with(|letter: char| letter.is_ascii_alphabetic()).then_some((letter, path))
}

/// Whether this begins as a drive does, with a letter and a `:` or `|`, whatever follows.
fn is_half_a_drive(value: &str) -> bool {
    value.starts_with(|letter: char| letter.is_ascii_alphabetic()) && value[1..].starts_with([':', '|'])
}

/// `\\server\path`.
fn share(value: &str) -> Option<String> {
    let rest = value.trim_start_matches(SLASHES);
    if rest.is_empty() {
        return Some(relative(value));
    }
    let (server, path) = rest.split_at(rest.find(SLASHES).unwrap_or(rest.len()));
    Some(format!("file://{}{}", written_host(server)?, windows_path(path)))
}

/// A path that is no part of a URI: there is no query in it, and an escaped slash is none.
fn windows_path(path: &str) -> String {
    let mut path = forward_slashes(path);
    for slash in ["%2f", "%2F", "%5c", "%5C"] {
        path = path.replace(slash, &slash.replace('%', "%25"));
    }
    without_dot_segments(&normal(&path).replace('?', "%3F").replace('#', "%23"))
}

fn forward_slashes(path: &str) -> String {
    path.replace('\\', "/")
}

/// What follows `file:`. A drive may stand behind any number of slashes, a server behind two, or four and more.
fn file(rest: &str) -> Option<String> {
    let tail = rest.trim_start_matches(SLASHES);
    let slashes = &rest[..rest.len() - tail.len()];
    let with_slashes = |path: &str| path.replace("%2f", "/").replace("%2F", "/");
    if let Some((letter, path)) = drive(tail) {
        let spelt = |path: &str| with_slashes(&forward_slashes(path)).replace("%5c", "/").replace("%5C", "/");
        return Some(format!("file:///{letter}:{}", hierarchical(path, spelt)));
    }
    match slashes.len() {
        0 | 1 | 3 if is_half_a_drive(tail) => None,
        0 | 1 => Some(format!("file:{}", normal(rest))),
        3 => {
            let is_windows = slashes.ends_with('\\');
            let spelt = |path: &str| with_slashes(&if is_windows { forward_slashes(path) } else { path.to_owned() });
            Some(format!("file://{}", hierarchical(&format!("/{tail}"), spelt)))
        }
        count => {
            let (server, path) = tail.split_at(tail.find(['/', '\\', '?', '#']).unwrap_or(tail.len()));
            let is_drive = server.as_bytes().get(1) == Some(&b':');
            let authority = written_authority("file", server).filter(|_| !is_drive)?;
            let path = path.strip_prefix('\\').map_or_else(|| path.to_owned(), |path| format!("/{path}"));
            (count == 2 || !server.is_empty())
                .then(|| format!("file://{authority}{}", hierarchical(&path, with_slashes)))
        }
    }
}

/// The scheme, if there is one, and what follows its colon.
fn split_scheme(value: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = value.split_once(':')?;
    let is_sound = scheme.len() >= MIN_SCHEME
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_sound.then_some((scheme, rest))
}

/// What follows `mailto:`. There is no authority in it.
fn mail(rest: &str) -> String {
    match rest.split_once('@').filter(|_| !rest.starts_with('/')) {
        Some((user, host)) => {
            let (host, query) = host.split_at(host.find('?').unwrap_or(host.len()));
            format!("{}@{}{}", normal(user), host.to_ascii_lowercase(), normal(query))
        }
        None => normal(rest),
    }
}

fn written_authority(scheme: &str, authority: &str) -> Option<String> {
    if authority.contains('\\') {
        return None;
    }
    let (user, place) = authority.rsplit_once('@').map_or((None, authority), |(user, place)| (Some(user), place));
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (place, ""),
    };
    let port: Option<u16> = if port.is_empty() { None } else { Some(port.parse().ok()?) };
    let port = port.filter(|port| !DEFAULT_PORTS.contains(&(scheme, *port)));
    let user = user.map(|user| format!("{}@", normal(user))).unwrap_or_default();
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{user}{}{port}", written_host(host)?))
}

/// A host in small letters; an address in its usual form.
fn written_host(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        let (address, _zone) = address.strip_suffix(']').map(|it| it.split_once('%').unwrap_or((it, "")))?;
        let address: Ipv6Addr = address.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    if let Some(address) = ip_address(host) {
        return Some(address.to_string());
    }
    let host = host.to_lowercase();
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    let is_name = host
        .strip_suffix('.')
        .unwrap_or(&host)
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(is_letter));
    (host.is_empty() || is_name).then_some(host)
}

/// An address of up to four numbers, of which the last fills what is left; with a leading `0x` or `0` they are hexadecimal or
/// octal.
fn ip_address(host: &str) -> Option<Ipv4Addr> {
    let number = |text: &str| match (text.strip_prefix("0x"), text.strip_prefix('0')) {
        (Some(digits), _) => u32::from_str_radix(digits, 16).ok(),
        (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())),
    };
    let numbers: Vec<u32> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last()?;
    let left = 4_u32.checked_sub(u32::try_from(first.len()).ok()?).filter(|left| *left > 0)?;
    let is_sound = first.iter().all(|number| *number < 256) && u64::from(*last) < 1_u64 << (8 * left);
    let head = first.iter().zip([24, 16, 8]).map(|(number, shift)| number << shift).sum::<u32>();
    is_sound.then(|| Ipv4Addr::from(head + last))
}

/// A part of an absolute URI.
fn normal(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    push_normal(text, is_plain, &mut written);
    written
}

/// A relative URI: what may not stand in it is escaped, a lone `%` included, and its escapes are kept.
fn relative(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let is_kept = if byte == b'%' { escaped_byte(&text.as_bytes()[at..]).is_some() } else { is_plain(byte) };
        push(byte, is_kept, &mut written);
    }
    written
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_ones_are_written_anew() {
        for (value, expected) in [
            ("http://EXAMPLE.org", "http://example.org/"),
            ("HTTP://u:P@A.B:80/%7Ex/%2f", "http://u:P@a.b/~x/%2f"),
            ("https://a.b:080/x y?z w#u v", "https://a.b:80/x%20y?z%20w#u%20v"),
            ("http:\\/A.b/b\\c?d\\e", "http://a.b/b/c?d%5Ce"),
            ("http:/a b", "http:/a%20b"),
            ("http://a.b/a/b/../../../c/.", "http://a.b/c/"),
            ("http://a.b/%2e%2e/x%", "http://a.b/x%25"),
            ("http://a.b/%c3%bc%e4?%41=%c3%bc", "http://a.b/%C3%BC%e4?A=%C3%BC"),
            ("http://a.b/für", "http://a.b/f%C3%BCr"),
            ("http://Bücher.example", "http://bücher.example/"),
            ("http://127.1", "http://127.0.0.1/"),
            ("http://0x7f.0.0.1/", "http://127.0.0.1/"),
            ("http://[::FFFF:1.2.3.4]/", "http://[::ffff:1.2.3.4]/"),
            ("http://[fe80::1%25eth0]:80/x", "http://[fe80::1]/x"),
            ("myapp://Call/Back?x=A", "myapp://call/Back?x=A"),
            ("mailto:A@B.c", "mailto:A@b.c"),
            ("mailto://A@B , c", "mailto://A@B%20,%20c"),
            ("urn:A:b", "urn:A:b"),
        ] {
            assert_eq!(written(value).as_deref(), Some(expected), "{value}");
        }
        let bad = ["http://[::", "http:///x", "http://a\\b", "http://a b/", "http://a..b/", "http://a.b:65536/", "a:b"];
        bad.iter().for_each(|value| assert_eq!(written(value), None, "{value}"));
    }

    /// As a .NET client on Linux writes them.
    #[test]
    fn paths_of_windows_become_files() {
        for (value, expected) in [
            (r"C:\A\..\b\c?x=1#f%20%zz%2f%41", "file:///C:/b/c%3Fx=1%23f%20%25zz%252fA"),
            ("c|/a b", "file:///c:/a%20b"),
            (r"\\Server\Share\a b\..", "file://server/Share/"),
            (r"\\\1.2/x?", "file://1.0.0.2/x%3F"),
            (r"\\", "%5C%5C"),
            (r"\a", "%5Ca"),
            (r"//Server/a b", "//Server/a%20b"),
            (r"file:C:\a%2fb?x y#z", "file:///C:/a/b?x%20y#z"),
            ("file:////C|/x", "file:///C:/x"),
            (r"FILE:/\Server\a\b?c", r"file://server/a%5Cb?c"),
            ("file://///server/x", "file://server/x"),
            (r"file:///a\b%2fc", "file:///a%5Cb/c"),
            (r"file:\\\a\b", "file:///a/b"),
            (r"file:\x", "file:%5Cx"),
            ("file://?x", "file:///?x"),
        ] {
            assert_eq!(written(value).as_deref(), Some(expected), "{value}");
        }
        for value in [
            r"C:a",
            "c|0",
            "file:///c|a",
            "file:c|a",
            "file:/c|",
            "mailto:\\a",
            r"\\a b\x",
            r"\\server:80\x",
            r"\\?\C:\x",
            r"\\a..b\x",
            "file://C:a",
            "file:////",
            "file://a b/x",
        ] {
            assert_eq!(written(value), None, "{value}");
        }
    }

    #[test]
    fn in_relative_ones_only_what_must_be_is_escaped() {
        for (value, expected) in [
            ("/a b", "/a%20b"),
            ("../x?y=1#z", "../x?y=1#z"),
            ("/suche?q=für", "/suche?q=f%C3%BCr"),
            ("/%41%zz", "/%41%25zz"),
            ("/a/../[b]|\\", "/a/../[b]%7C%5C"),
            ("//A.B/x:y", "//A.B/x:y"),
        ] {
            assert_eq!(written(value).as_deref(), Some(expected), "{value}");
        }
    }
}
