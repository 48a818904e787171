//! The elements of lists as .NET's client writes them anew; each is read at the beginning of a text. Pure.

use dotnet_text::media_type::is_token;
use dotnet_text::percent::unescape;

use super::date;
use super::patterns::{BLANKS, OPTIONAL, Pattern, QUOTED, TOKEN, pattern};

/// What `Alt-Svc` means without `ma`: a day.
const DAY_SECONDS: u32 = 86_400;
/// How many comments may stand in one another.
const MAX_COMMENT_DEPTH: usize = 6;
const SEPARATORS: [char; 3] = [' ', '\t', ','];

/// Spaces and tabs.
const BLANK: &str = r"[ \t]+";
/// What may be a host with or without a port, or another name for one.
const HOST: &str = r"[^ \t,]+";

/// What was read, and what is behind it. `None` if it is not there.
type Read<'a, T> = Option<(T, &'a str)>;

/// Reads an element, as it is written anew.
pub type Element = fn(&str) -> Read<'_, String>;

/// The elements of a comma-separated list; `None` if one of them cannot be read.
pub fn list<'a, T>(value: &'a str, element: impl Fn(&'a str) -> Read<'a, T>) -> Option<Vec<T>> {
    let (mut rest, mut found) = (value.trim_start_matches(SEPARATORS), Vec::new());
    while !rest.is_empty() {
        let (read, behind) = element(rest)?;
        found.push(read);
        rest = behind.trim_start_matches(SEPARATORS);
        if !rest.is_empty() && !behind[..behind.len() - rest.len()].contains(',') {
            return None;
        }
    }
    Some(found)
}

static COMMENT: Pattern = Pattern::new(|| pattern(&format!("^({})", comment(MAX_COMMENT_DEPTH))));

/// A text in parentheses, with others in it.
fn comment(depth: usize) -> String {
    let inner = if depth > 1 { format!("|{}", comment(depth - 1)) } else { String::new() };
    format!(r"\((?:\\.|[^()\\]{inner})*\)")
}

/// The products and comments of `Server`, which spaces part: `Apache/2.4 (Ubuntu)` is one of each.
pub fn products(value: &str) -> Option<Vec<String>> {
    let (mut rest, mut found) = (value, Vec::new());
    while !rest.is_empty() {
        let (read, behind) = groups(&COMMENT, rest).or_else(|| product(rest))?;
        found.push(read);
        rest = behind.trim_start_matches(BLANKS);
        if !rest.is_empty() && rest.len() == behind.len() {
            return None;
        }
    }
    Some(found)
}

/// The groups of a pattern one behind the other, without what stands between them.
fn groups<'a>(pattern: &Pattern, text: &'a str) -> Read<'a, String> {
    let found = pattern.as_ref()?.captures(text)?;
    let written = found.iter().skip(1).flatten().map(|group| group.as_str()).collect();
    Some((written, &text[found[0].len()..]))
}

static TOKENS: Pattern = Pattern::new(|| pattern(&format!("^({TOKEN})")));

pub fn token(text: &str) -> Read<'_, String> {
    groups(&TOKENS, text)
}

static PAIR: Pattern = Pattern::new(|| pattern(&format!("^({TOKEN})(?:{OPTIONAL}(=){OPTIONAL}({TOKEN}|{QUOTED}))?")));

/// A name with or without a value.
pub fn pair(text: &str) -> Read<'_, String> {
    groups(&PAIR, text)
}

/// A name, and its value if it has one.
pub type Pair<'a> = (&'a str, Option<&'a str>);

pub fn name_and_value(text: &str) -> Read<'_, Pair<'_>> {
    let found = PAIR.as_ref()?.captures(text)?;
    let group = |index| found.get(index).map(|group| &text[group.range()]);
    Some(((group(1)?, group(3)), &text[found[0].len()..]))
}

/// A name and its parameters.
pub fn with_parameters(text: &str) -> Read<'_, String> {
    let (mut written, mut rest) = token(text)?;
    while let Some(((name, value), behind)) = parameter(rest) {
        written.extend(["; ", name]);
        written.extend(value.iter().flat_map(|value| ["=", *value]));
        rest = behind;
    }
    Some((written, rest))
}

fn parameter(text: &str) -> Read<'_, Pair<'_>> {
    let rest = text.trim_start_matches(BLANKS).strip_prefix(';')?;
    name_and_value(rest.trim_start_matches(BLANKS))
}

static PRODUCT: Pattern = Pattern::new(|| pattern(&format!("^({TOKEN})(?:{OPTIONAL}(/){OPTIONAL}({TOKEN}))?")));

/// A name with or without a version.
pub fn product(text: &str) -> Read<'_, String> {
    groups(&PRODUCT, text)
}

static VIA: Pattern =
    Pattern::new(|| pattern(&format!("^{BLANK}({HOST})(?:{OPTIONAL}({}))?", comment(MAX_COMMENT_DEPTH))));

pub fn via(text: &str) -> Read<'_, String> {
    let (protocol, rest) = product(text)?;
    let found = VIA.as_ref()?.captures(rest).filter(|found| is_host(&found[1]))?;
    let comment = found.get(2).map(|comment| format!(" {}", comment.as_str())).unwrap_or_default();
    Some((format!("{protocol} {}{comment}", &found[1]), &rest[found[0].len()..]))
}

static WARNING: Pattern =
    Pattern::new(|| pattern(&format!("^([0-9]{{1,3}}){BLANK}({HOST}){BLANK}({QUOTED})(?:{BLANK}({QUOTED}))?")));

pub fn warning(text: &str) -> Read<'_, String> {
    let found = WARNING.as_ref()?.captures(text).filter(|found| is_host(&found[2]))?;
    let date = match found.get(4) {
        Some(date) => format!(" \"{}\"", date::written(date.as_str().trim_matches('"'))?),
        None => String::new(),
    };
    Some((format!("{:0>3} {} {}{date}", &found[1], &found[2], &found[3]), &text[found[0].len()..]))
}

fn is_host(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let is_address = name.starts_with('[') && name.ends_with(']');
    !host.contains('/') && (is_token(name) || is_address)
}

/// A scheme, what is for it, and a name behind a comma whose value cannot be read.
static CHALLENGE: Pattern = Pattern::new(|| {
    let name = format!("{OPTIONAL},[ \t,]*{TOKEN}{OPTIONAL}=");
    let more = format!("{name}{OPTIONAL}(?:{TOKEN}|{QUOTED})");
    pattern(&format!(r#"^({TOKEN})(?:{BLANK}((?:[^ \t,"]|{QUOTED})(?:[^,"]|{QUOTED})*(?:{more})*)({name})?)?"#))
});

/// A challenge of `WWW-Authenticate`: a scheme, and what is for it. A name with a value behind a comma belongs to it, too.
pub fn challenge(text: &str) -> Read<'_, String> {
    let found = CHALLENGE.as_ref()?.captures(text).filter(|found| found.get(3).is_none())?;
    let written = match found.get(2) {
        Some(parameters) => format!("{} {}", &found[1], parameters.as_str().trim_end()),
        None => found[1].to_owned(),
    };
    Some((written, &text[found[0].len()..]))
}

static SERVICE: Pattern = Pattern::new(|| pattern(&format!("^({TOKEN})=({QUOTED})")));

/// Another place of the same service. What it says besides its lifetime and persistence is left out.
pub fn service(text: &str) -> Read<'_, String> {
    // It stands alone or is the last.
    if text == "clear" {
        return Some((text.to_owned(), ""));
    }
    let found = SERVICE.as_ref()?.captures(text)?;
    let protocol = unescape(&found[1]);
    let (host, port) = found[2].trim_matches('"').rsplit_once(':')?;
    let mut written = format!("{protocol}=\"{host}:{}\"", port.parse::<u16>().ok()?);
    let (mut lifetime_seconds, mut is_persistent) = (DAY_SECONDS, false);
    let mut rest = &text[found[0].len()..];
    while let Some(((name, value), behind)) = parameter(rest) {
        let value = value?.trim_matches('"');
        match name {
            "ma" => lifetime_seconds = value.parse().ok()?,
            "persist" => is_persistent = value == "1",
            _ => {}
        }
        rest = behind;
    }
    if lifetime_seconds != DAY_SECONDS {
        written.push_str(&format!("; ma={lifetime_seconds}"));
    }
    if is_persistent {
        written.push_str("; persist=1");
    }
    is_token(&protocol).then_some((written, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_parted() {
        for (element, value, expected) in [
            (token as Element, "Accept-Encoding,Origin, , Accept", &["Accept-Encoding", "Origin", "Accept"][..]),
            (pair, "no-cache, foo = \"a,b\"", &["no-cache", "foo=\"a,b\""]),
            (product, "HTTP / 2.0, h2c", &["HTTP/2.0", "h2c"]),
            (via, "1.1  a, HTTP/1.0 b:80 (c, d)", &["1.1 a", "HTTP/1.0 b:80 (c, d)"]),
            (warning, "99 a \"b\", 110 - \"c\"", &["099 a \"b\"", "110 - \"c\""]),
            (
                warning,
                "299 a \"b\" \"Sunday, 06-Nov-94 08:49:37 GMT\"",
                &["299 a \"b\" \"Sun, 06 Nov 1994 08:49:37 GMT\""],
            ),
            (challenge, "Basic realm=\"a, b\", Bearer", &["Basic realm=\"a, b\"", "Bearer"]),
            (challenge, "Bearer a=b,c=d , Basic e=f", &["Bearer a=b,c=d", "Basic e=f"]),
            (challenge, "Negotiate abc== , NTLM", &["Negotiate abc==", "NTLM"]),
            (service, r#"h2="a:443" , clear"#, &[r#"h2="a:443""#, "clear"]),
            (
                service,
                "h3=\":443\"; ma=86400, h2=\":1\";ma=5; persist=1",
                &["h3=\":443\"", "h2=\":1\"; ma=5; persist=1"],
            ),
        ] {
            assert_eq!(
                list(value, element).as_deref(),
                Some(&expected.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]),
                "{value}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        for (element, value) in [
            (token as Element, "a b"),
            (service, "clear , h2=\":1\""),
            (token, "a;q=1"),
            (pair, "a="),
            (via, "x"),
            (via, "1.1 a/b"),
            (warning, "1999 a \"b\""),
            (warning, "199 a b"),
            (challenge, "Bearer a=b, c=, d"),
            (challenge, "Basic realm=\"a"),
        ] {
            assert_eq!(list(value, element), None, "{value}");
        }
        assert_eq!(list(" , ", token), Some(Vec::new()));
    }

    #[test]
    fn products_are_parted_by_spaces() {
        let found = |value: &str| products(value).map(|found| found.join("|"));
        assert_eq!(found("Apache/2.4 (Ubuntu)  x / 1").as_deref(), Some("Apache/2.4|(Ubuntu)|x/1"));
        for value in ["a (b", "a/1(b)", "a/1,b/2"] {
            assert_eq!(found(value), None, "{value}");
        }
    }
}
