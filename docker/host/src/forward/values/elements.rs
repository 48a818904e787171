//! The elements of lists as .NET's client writes them anew; each is read where a reader stands. Pure.

use dotnet_text::media_type::is_token;
use dotnet_text::percent::unescape;

use super::date;
use super::reader::Reader;

/// What `Alt-Svc` means without `ma`: a day.
const DAY_SECONDS: u32 = 86_400;
const WARNING_DIGITS: usize = 3;

/// Reads an element. `None` if there is none.
pub type Element = fn(&mut Reader<'_>) -> Option<String>;

/// The elements of a comma-separated list; `None` if one of them cannot be read.
pub fn list<'a, T>(value: &'a str, element: impl Fn(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
    let (mut reader, mut found) = (Reader::new(value), Vec::new());
    reader.separators();
    while !reader.is_at_end() {
        found.push(element(&mut reader)?);
        if !reader.separators() && !reader.is_at_end() {
            return None;
        }
    }
    Some(found)
}

/// The products and comments of `Server`, which spaces part: `Apache/2.4 (Ubuntu)` is one of each.
pub fn products(value: &str) -> Option<Vec<String>> {
    let (mut reader, mut found) = (Reader::new(value), Vec::new());
    while !reader.is_at_end() {
        found.push(match reader.peek() {
            Some(b'(') => reader.comment()?.to_owned(),
            _ => product(&mut reader)?,
        });
        reader.blanks();
        if !reader.is_at_end() && !reader.is_behind_blank() {
            return None;
        }
    }
    Some(found)
}

pub fn token(reader: &mut Reader<'_>) -> Option<String> {
    reader.token().map(str::to_owned)
}

/// A name with or without a value.
pub fn pair(reader: &mut Reader<'_>) -> Option<String> {
    let (name, value) = name_and_value(reader)?;
    Some(value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}")))
}

/// A name, and its value if it has one.
pub type Pair<'a> = (&'a str, Option<&'a str>);

pub fn name_and_value<'a>(reader: &mut Reader<'a>) -> Option<Pair<'a>> {
    let name = reader.token()?;
    reader.blanks();
    if !reader.eat(b'=') {
        return Some((name, None));
    }
    reader.blanks();
    Some((name, Some(reader.value()?)))
}

/// A name and its parameters.
pub fn with_parameters(reader: &mut Reader<'_>) -> Option<String> {
    let mut written = reader.token()?.to_owned();
    while let Some((name, value)) = parameter(reader)? {
        written.extend(["; ", name]);
        written.extend(value.iter().flat_map(|value| ["=", *value]));
    }
    Some(written)
}

/// The parameter behind the next semicolon, if there is one.
fn parameter<'a>(reader: &mut Reader<'a>) -> Option<Option<Pair<'a>>> {
    reader.blanks();
    if !reader.eat(b';') {
        return Some(None);
    }
    reader.blanks();
    name_and_value(reader).map(Some)
}

/// A name with or without a version.
pub fn product(reader: &mut Reader<'_>) -> Option<String> {
    let name = reader.token()?;
    reader.blanks();
    if !reader.eat(b'/') {
        return Some(name.to_owned());
    }
    reader.blanks();
    Some(format!("{name}/{}", reader.token()?))
}

pub fn via(reader: &mut Reader<'_>) -> Option<String> {
    let protocol = product(reader)?;
    reader.blanks();
    if !reader.is_behind_blank() {
        return None;
    }
    let host = reader.host().filter(|host| !host.is_empty())?;
    reader.blanks();
    match reader.peek() {
        Some(b'(') => Some(format!("{protocol} {host} {}", reader.comment()?)),
        _ => Some(format!("{protocol} {host}")),
    }
}

pub fn warning(reader: &mut Reader<'_>) -> Option<String> {
    let code = reader.digits().filter(|code| code.len() <= WARNING_DIGITS)?;
    let has_blanks = reader.blanks();
    let agent = reader.host().filter(|agent| has_blanks && !agent.is_empty())?;
    let has_blanks = reader.blanks();
    let text = reader.quoted().filter(|_| has_blanks)?;
    let is_parted = reader.blanks();
    let date = match reader.peek() {
        Some(b'"') => {
            let date = reader.quoted().filter(|_| is_parted)?;
            format!(" \"{}\"", date::written(date.trim_matches('"'))?)
        }
        _ => String::new(),
    };
    Some(format!("{code:0>WARNING_DIGITS$} {agent} {text}{date}"))
}

/// A challenge of `WWW-Authenticate`: a scheme, and what is for it. A name with a value behind a comma belongs to it, too.
pub fn challenge(reader: &mut Reader<'_>) -> Option<String> {
    let scheme = reader.token()?;
    let is_parted = reader.blanks();
    if reader.is_at_end() || reader.peek() == Some(b',') {
        return Some(scheme.to_owned());
    }
    let start = reader.at();
    if !is_parted || !pass_blob(reader) {
        return None;
    }
    let mut parameters = reader.since(start);
    while reader.peek() == Some(b',') {
        let mut ahead = *reader;
        ahead.separators();
        if ahead.is_at_end() {
            break;
        }
        ahead.token()?;
        ahead.blanks();
        if !ahead.eat(b'=') {
            break;
        }
        ahead.blanks();
        ahead.value()?;
        parameters = ahead.since(start);
        ahead.blanks();
        *reader = ahead;
    }
    Some(format!("{scheme} {}", parameters.trim_end()))
}

/// Passes all up to a comma that is not in quotes. False if a quote is open.
fn pass_blob(reader: &mut Reader<'_>) -> bool {
    while let Some(byte) = reader.peek() {
        match byte {
            b',' => break,
            b'"' if reader.quoted().is_none() => return false,
            b'"' => {}
            _ => reader.skip(),
        }
    }
    true
}

/// Another place of the same service. What it says besides its lifetime and persistence is left out.
pub fn service(reader: &mut Reader<'_>) -> Option<String> {
    let token = reader.token()?;
    // It stands alone or is the last.
    if token == "clear" && reader.is_at_end() {
        return Some(token.to_owned());
    }
    let protocol = unescape(token);
    let authority = if reader.eat(b'=') { reader.quoted()?.trim_matches('"') } else { return None };
    let (host, port) = authority.rsplit_once(':')?;
    let mut written = format!("{protocol}=\"{host}:{}\"", port.parse::<u16>().ok()?);
    let (mut lifetime_seconds, mut is_persistent) = (DAY_SECONDS, false);
    while let Some((name, value)) = parameter(reader)? {
        let value = value?.trim_matches('"');
        match name {
            "ma" => lifetime_seconds = value.parse().ok()?,
            "persist" => is_persistent = value == "1",
            _ => {}
        }
    }
    if lifetime_seconds != DAY_SECONDS {
        written.push_str(&format!("; ma={lifetime_seconds}"));
    }
    if is_persistent {
        written.push_str("; persist=1");
    }
    is_token(&protocol).then_some(written)
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
