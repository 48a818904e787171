//! Queries as ASP.NET Core parses them (protocol.md#forwarding-request-line and #http-trigger).

use crate::letter_case::same_name;

/// The decoded parameters of a query without its question mark: empty pairs vanish, `+` is a blank, a key without value has
/// the empty value. Keys are merged without regard to case at the place of the first; the spelling kept is that of the
/// second (recordings FX-req-query-repeat, DX-query-flags, DX-query-many).
pub fn parse(query: &str) -> Vec<(String, Vec<String>)> {
    let mut parameters: Vec<(String, Vec<String>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decode(key), decode(value));
        match parameters.iter_mut().find(|(known, _)| same_name(known, &key)) {
            Some((known, values)) => {
                if values.len() == 1 {
                    *known = key;
                }
                values.push(value);
            }
            None => parameters.push((key, vec![value])),
        }
    }
    parameters
}

fn decode(text: &str) -> String {
    unescape(&text.replace('+', " "))
}

/// Decodes percent escapes. What is not an escape, or not UTF-8 when decoded, stays as it is (recordings FX-req-query-badutf8,
/// FX-req-query-escapes).
#[must_use]
pub fn unescape(text: &str) -> String {
    unescape_unless(text, |_| false)
}

/// The same for a path, where `%2F` stays as it is, so that it does not part two segments (recording DX-path-escapes).
#[must_use]
pub fn unescape_path(text: &str) -> String {
    unescape_unless(text, |byte| byte == b'/')
}

/// The byte of the escape, such as `%2F`, with which these bytes begin.
#[must_use]
pub fn escaped_byte(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    match bytes {
        [b'%', high, low, ..] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    }
}

fn unescape_unless(text: &str, stays: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let escapes = rest.as_bytes().chunks(3).map_while(escaped_byte);
        let run: Vec<u8> = escapes.take_while(|byte| !stays(*byte)).collect();
        push_run(&mut out, rest, &run);
        rest = &rest[run.len() * 3..];
        if run.is_empty() {
            out.push('%');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// Appends the bytes as text, and those that are no UTF-8 as their escapes stood in `source`.
fn push_run(out: &mut String, source: &str, bytes: &[u8]) {
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        at += chunk.valid().len();
        out.push_str(&source[at * 3..(at + chunk.invalid().len()) * 3]);
        at += chunk.invalid().len();
    }
}

/// Several values of one header line or query parameter as one text: joined by commas, empty ones left out; one value alone
/// stands as it is (protocol.md#http-trigger: .NET's `StringValues`).
pub fn join_values(values: &[String]) -> String {
    match values {
        [value] => value.clone(),
        values => values.iter().filter(|value| !value.is_empty()).map(String::as_str).collect::<Vec<_>>().join(","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(query: &str) -> Vec<(String, String)> {
        parse(query).into_iter().map(|(key, values)| (key, values.join(","))).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn merges_keys() {
        assert_eq!(flat("a=1&A=2&b=3&a=4"), pairs(&[("A", "1,2,4"), ("b", "3")]));
        assert_eq!(flat("flag&=v&&x="), pairs(&[("flag", ""), ("", "v"), ("x", "")]));
        assert_eq!(flat("a=1&a=2&flag&code=K"), pairs(&[("a", "1,2"), ("flag", ""), ("code", "K")]));
        assert_eq!(flat(""), pairs(&[]));
        assert_eq!(flat("a=1?b=2=3"), pairs(&[("a", "1?b=2=3")]));
    }

    #[test]
    fn decodes() {
        assert_eq!(flat("a+b=c%20d%2B"), pairs(&[("a b", "c d+")]));
        for (escaped, expected) in [
            ("%C3%A9%e2%82%ac", "é€"),
            ("%ff", "%ff"),
            ("%C3%A9%ff%41", "é%ffA"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("é%41%é", "éA%é"),
            ("%E2%82", "%E2%82"),
        ] {
            assert_eq!(unescape(escaped), expected);
        }
    }

    #[test]
    fn a_slash_stays_escaped_in_a_path() {
        for (escaped, expected) in [("/a%2fb%2F%41", "/a%2fb%2FA"), ("%C3%2F%A9", "%C3%2F%A9"), ("/%20", "/ ")] {
            assert_eq!(unescape_path(escaped), expected);
        }
        assert_eq!(unescape("a%2Fb"), "a/b");
    }

    #[test]
    fn joins_what_is_not_empty() {
        for (values, expected) in [
            (&[][..], ""),
            (&[""], ""),
            (&["1"], "1"),
            (&["1", "2"], "1,2"),
            (&["", "1", "", "2", ""], "1,2"),
            (&["", ""], ""),
        ] {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            assert_eq!(join_values(&values), expected);
        }
    }
}
