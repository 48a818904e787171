//! What stands between the braces of a route parameter (ASP.NET Core's `RouteParameterParser`), which takes whatever there is.

use super::segment::{Kind, Parameter};

/// Takes `*name:int:range(1,10)=5` apart.
pub(super) fn parse(inside: &str) -> Parameter {
    let (kind, rest) = match (inside.strip_prefix("**"), inside.strip_prefix('*')) {
        (Some(rest), _) => (Kind::DoubleCatchAll, rest),
        (None, Some(rest)) => (Kind::CatchAll, rest),
        (None, None) => (Kind::Standard, inside),
    };
    let (kind, rest) = rest.strip_suffix('?').map_or((kind, rest), |rest| (Kind::Optional, rest));
    // A name may begin with a colon or an equals sign.
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let Some(end) = rest[first..].find([':', '=']).map(|at| at + first) else {
        return Parameter { kind, name: rest.to_owned(), default: None, inline: Vec::new(), constraints: Vec::new() };
    };
    // The parser goes back to the last character of the name, which means something if it is a parenthesis or a colon.
    let last = rest[..end].char_indices().next_back().map_or(end, |(at, _)| at);
    let (inline, end_of_constraints) = constraints(rest, last);
    let default = rest.get(end_of_constraints..).and_then(|rest| rest.strip_prefix('=')).map(str::to_owned);
    Parameter { kind, name: rest[..end].to_owned(), default, inline, constraints: Vec::new() }
}

enum State {
    Start,
    Name,
    Parenthesis,
}

/// The constraints from `at` on, and where they end. Within parentheses a colon or an equals sign is part of the argument if one
/// closes them later; that one then counts as read, whatever stands behind it.
fn constraints(text: &str, mut at: usize) -> (Vec<String>, usize) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut state = State::Start;
    let mut start = at;
    loop {
        let end = match (&state, bytes.get(at), bytes.get(at + 1)) {
            (State::Start, None, _) => return (found, at),
            (State::Start | State::Name, Some(b'('), _) => {
                state = State::Parenthesis;
                None
            }
            (State::Parenthesis, Some(b')'), None | Some(b':' | b'=')) => Some(at + 1),
            (State::Parenthesis, Some(b':' | b'='), _) => match text[at..].find(')') {
                Some(closing) => {
                    at += closing;
                    None
                }
                None => Some(at),
            },
            (State::Start | State::Name, Some(b':' | b'='), _) | (State::Name | State::Parenthesis, None, _) => {
                Some(at)
            }
            _ => None,
        };
        at += 1;
        let Some(end) = end else { continue };
        if !matches!(state, State::Start) && start < end {
            found.push(text[start..end].to_owned());
        }
        if bytes.get(end) != Some(&b':') {
            return (found, end);
        }
        (state, at, start) = (State::Name, end + 1, end + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_and_defaults_are_taken_apart() {
        for (inside, name, inline, default) in [
            ("a:alpha:length(3)=a:b", "a", &["alpha", "length(3)"][..], Some("a:b")),
            ("a:regex(^a=b:c$)", "a", &["regex(^a=b:c$)"], None),
            ("a:regex(^a=b$):int", "a", &["regex(^a=b$)", "int"], None),
            ("a:regex(^a=b$):min(1)", "a", &["regex(^a=b$):min(1)"], None),
            ("a:regex((a|b)):int=1", "a", &["regex((a|b))", "int"], Some("1")),
            (r"a:regex(\():int=a.b", "a", &[r"regex(\()", "int"], Some("a.b")),
            ("a:regex(a)b)=c", "a", &["regex(a)b)"], Some("c")),
            ("a:length(:int", "a", &["length(", "int"], None),
            ("a::int:", "a", &["int"], None),
            (":a:int", ":a", &["int"], None),
            ("=a=", "=a", &[], Some("")),
            ("é=1", "é", &[], Some("1")),
            ("a(:int", "a(", &["(", "int"], None),
        ] {
            let it = parse(inside);
            assert_eq!((it.name.as_str(), it.default.as_deref()), (name, default), "{inside}");
            assert_eq!(it.inline, inline, "{inside}");
        }
    }
}
