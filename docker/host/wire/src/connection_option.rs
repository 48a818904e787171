//! What the lines of `Connection` say to Kestrel (protocol.md#header-lines).

use crate::headers::Headers;
use crate::name::Name;

/// The option of `Connection` that Kestrel knows, if its lines name just one: then it is all that is left of them.
pub fn named(headers: &Headers) -> Option<&'static str> {
    const KNOWN: [&str; 3] = ["keep-alive", "Upgrade", "close"];

    // Most heads have no such line: to see that once is enough.
    if !headers.contains(Name::Connection) {
        return None;
    }
    let mut named = KNOWN.into_iter().filter(|option| headers.lists(Name::Connection, option));
    named.next().filter(|_| named.next().is_none())
}

/// Leaves of the lines of `Connection` only the one option that Kestrel knows, if it is one.
pub fn settle(headers: &mut Headers) {
    let Some(option) = named(headers) else { return };
    if !headers.all(Name::Connection).eq([option.as_bytes()]) {
        headers.remove(Name::Connection);
        headers.push(Name::Connection, option);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_known_option_of_a_connection_stands_alone() {
        for (lines, expected) in [
            (&["Keep-Alive"][..], &["keep-alive"][..]),
            (&["x, upgrade"], &["Upgrade"]),
            (&["x", "CLOSE"], &["close"]),
            (&["keep-alive, Upgrade", "x"], &["keep-alive, Upgrade", "x"]),
            (&["x", "y"], &["x", "y"]),
        ] {
            let mut headers = Headers::default();
            lines.iter().for_each(|line| headers.push(Name::Connection, line));
            settle(&mut headers);
            assert!(headers.all(Name::Connection).eq(expected.iter().map(|line| line.as_bytes())), "{lines:?}");
        }
    }
}
