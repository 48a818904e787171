//! Members of a JSON text whose names are secret: in any kind of quotes, in a text within another one, with escaped letters.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::secret_names;
use super::spelling::Plain;

/// What quotes are written as: as they are, and as JSON, XML and addresses escape them.
const QUOTES: [&str; 11] =
    ["\"", "'", "u0022", "u0027", "&quot;", "&apos;", "&#34;", "&#39;", "&#x22;", "&#x27;", "%22"];

/// The name of a member, which has no letters beyond ASCII as far as it matters, the quotes around it, and the colon behind it.
static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let quote = format!("({})", QUOTES.join("|").replace('#', r"\#"));
    Regex::new(&format!(
        r"(?i)(\\*){quote}((?:[[:word:]\[\]?&;[:space:]-]|\\+u[0-9a-f]{{4}}){{1,120}}?)\\*{quote}\s*(?::|=>|%3a)\s*"
    ))
    .ok()
});

/// The quotes around a text: how many backslashes stand before each, and what follows these.
#[derive(Clone, Copy)]
struct Quote<'a> {
    depth: usize,
    core: &'a str,
}

/// The values of secret members, in order: each a string, or a list of strings. A text that was cut may end in one.
pub fn values(text: &str) -> Vec<Range<usize>> {
    let Some(member) = MEMBER.as_ref() else { return Vec::new() };
    let mut places = Vec::new();
    let mut start = 0;
    while let Some(found) = member.captures(&text[start..]) {
        let end = |group| start + found.get(group).map_or(0, |group| group.end());
        if !found[2].eq_ignore_ascii_case(&found[4]) || !is_secret(&found[3]) {
            // The quote behind a value may be the one before a name.
            start = end(2);
            continue;
        }
        let depth = found[1].len();
        start = end(0);
        // A name that follows a comma is no value: there would be a bracket or nothing before the first.
        while let Some((value, quote)) = opening(&text[start..], depth) {
            let value = start + value;
            let (length, next) = closing(&text[value..], quote);
            if is_colon(&text[value + next..]) {
                break;
            }
            places.push(value..value + length);
            start = value + next;
        }
    }
    places
}

/// Whether a member is secret: a key's, or named like a header that is, with what frameworks pass over in a name.
fn is_secret(name: &str) -> bool {
    let name = Plain::of(name).into_text();
    let name = name.trim_start_matches("amp;").trim_matches(|letter: char| !letter.is_alphanumeric());
    secret_names::is_secret_member(name)
}

/// Where the next value begins, and in which quotes, if nothing but brackets, commas and blanks stand before it.
fn opening(text: &str, depth: usize) -> Option<(usize, Quote<'static>)> {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
        let core = &rest[slashes..];
        if let Some(quote) = QUOTES.iter().find(|quote| starts_with(core, quote)).filter(|_| slashes == depth) {
            return Some((at + slashes + quote.len(), Quote { depth, core: quote }));
        }
        at += match core.chars().next() {
            Some('n' | 'r' | 't') if slashes > 0 => slashes + 1,
            Some(letter) if slashes == 0 && (letter.is_whitespace() || matches!(letter, '[' | ',')) => {
                letter.len_utf8()
            }
            _ => return None,
        };
    }
}

/// Where the text that begins here ends, and what follows it begins: around a quote with no more backslashes than its level has.
fn closing(text: &str, quote: Quote<'_>) -> (usize, usize) {
    let mut slashes = 0;
    for (at, letter) in text.char_indices() {
        if letter == '\\' {
            slashes += 1;
        } else if slashes <= quote.depth && starts_with(&text[at..], quote.core) {
            return (at - slashes, at + quote.core.len());
        } else {
            slashes = 0;
        }
    }
    (text.len(), text.len())
}

fn is_colon(text: &str) -> bool {
    let text = text.trim_start();
    [":", "=>", "%3a"].iter().any(|colon| starts_with(text, colon))
}

/// Whether a text begins like this, ignoring case.
pub fn starts_with(text: &str, head: &str) -> bool {
    text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn a_member_is_found_in_any_quotes_and_under_escaped_names() {
        for (given, expected) in [
            (r#"{"co\u0064e":"abc","\\u0063ode":"d"}"#, vec!["abc", "d"]),
            (r#"{\"x-functions\\u002dkey\":[\n  \"abc\",\n  \"d\"],\"x\":\"y\"}"#, vec!["abc", "d"]),
            ("{'code': 'a\"b', 'x': 'y', 'cookie': \"it's\"}", vec!["a\"b", "it's"]),
            (r"{\u0022code\u0022:\u0022a\\u0022b\u0022,\u0022x\u0022:1}", vec![r"a\\u0022b"]),
            ("{&quot;code&quot;:&quot;abc&quot;}{&#34;sig&#34;: &#34;d&#34;}", vec!["abc", "d"]),
            ("%7B%22code%22%3A%22abc%22%7D", vec!["abc"]),
            ("'code' => 'abc'", vec!["abc"]),
            ("{\n  \"Cookie\": [\n    \"a\",\n    \"b\"\n  ],\n  \"x\": \"y\"\n}", vec!["a", "b"]),
            ("{\"code\":\"cut he", vec!["cut he"]),
            ("{\"zip-code\":\"1\",\"code\":5,\"x\":\"code\"}", vec![]),
        ] {
            let found: Vec<&str> = values(given).into_iter().map(|place| &given[place]).collect();
            assert_eq!(found, expected, "{given}");
        }
    }
}
