//! Queries as ASP.NET Core parses them (protocol.md#forwarding-request-line and #http-trigger).

use super::dotnet::same_name;

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

/// Decodes percent escapes; what is no escape, or not UTF-8 when decoded, stays as it is (recordings FX-req-query-badutf8,
/// FX-req-query-escapes).
pub fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let run = escaped_run(rest);
        push_run(&mut out, &rest[..run.len() * 3], &run);
        rest = &rest[run.len() * 3..];
        if run.is_empty() {
            out.push('%');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// The bytes of the escapes at the very start of `text`.
fn escaped_run(text: &str) -> Vec<u8> {
    let escape = |chunk: &[u8]| match chunk {
        [b'%', high, low] => Some(hex(*high)? * 16 + hex(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(3).map_while(escape).collect()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
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
}
