//! Keeps secrets out of what people are shown, and may pass on: by the names under which they stand, and by their values where the
//! host knows these.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::extent::{assigned_end, line_end, setting_range};
use super::known::{self, LEAST_SECRET_BYTES};
use super::member;
use super::secret_names::{HEADERS, PARAMETERS, PREFIX, SETTINGS, is_secret, is_secret_setting};
use super::spelling::Plain;

pub use super::known::Known;

const MASK: &str = "***";
/// What a setting has to be, at least, to be looked for: passwords may be words.
const LEAST_SETTING_BYTES: usize = 20;

/// `code=` of an address, be its letters or its equals sign escaped, and what is secret in a connection string, whose values end with
/// a semicolon.
static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let escaped = |letter: char| {
        let [lower, upper] = [letter, letter.to_ascii_uppercase()].map(|letter| format!("%(?:25)*{:x}", letter as u32));
        format!("(?:{letter}|{lower}|{upper})")
    };
    let code: String = "code".chars().map(escaped).collect();
    Regex::new(&format!(
        r"(?i)(?:^|\W|%[0-9a-f]{{2}}|\\u[0-9a-f]{{4}})(?:{PREFIX}({SETTINGS})|{PARAMETERS}|{code})(?:[ +]|%00|%20|\[\]|%5b%5d)*(=|%(?:25)*3d)"
    ))
    .ok()
});
/// The name of a header line that is secret, and the quote before it if it is a text among others.
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!(r#"(?i)(["']?)\b(?:{HEADERS}): *"#)).ok());
/// The password in an address, before the name of its server.
static USER_INFO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#":(?:\\?/){2}[^\s/?#@:"'<>]*:([^\s/?#"'<>]+)@"#).ok());
/// An element of XML, be it escaped, that is named like a secret header, or like a key with what looks like a key.
static ELEMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let [open, close, cdata] = [r"(?:<|&lt;|\\+u003c)", r"(?:>|&gt;|\\+u003e)", r"(?:!\[CDATA\[)"];
    let (name, value) = (format!(r"(?:\w+:)?(?:{HEADERS})"), r"(?:[^<&\\]|&(?:amp|quot|apos|\#\w+);|\\+[^u])*");
    let attributes = r"(?:\s[^<>]*?)?";
    Regex::new(&format!(
        r"(?i)({open}{name}{attributes}{close}(?:{open}{cdata})?){value}|({open}(?:{PREFIX}(?:{SETTINGS})|{PARAMETERS}|code){attributes}{close}(?:{open}{cdata})?)[\w%+/=.-]{{20,}}"
    ))
    .ok()
});

/// The value of a header line as it may be shown.
pub fn header(name: &str, value: &str) -> String {
    if is_secret(name) { MASK.to_owned() } else { text(value) }
}

/// The secrets in a header line that a text behind it may repeat: the value, and its parts.
pub fn secrets(name: &str, value: &str) -> Vec<String> {
    if !is_secret(name) {
        return Vec::new();
    }
    let parts =
        value.split([' ', ';', ',']).flat_map(|part| [Some(part), part.split_once('=').map(|(_, value)| value)]);
    let all = std::iter::once(Some(value)).chain(parts).flatten();
    all.filter(|secret| secret.len() >= LEAST_SECRET_BYTES).map(str::to_owned).collect()
}

/// The keys in a query that a text behind it may repeat.
pub fn secrets_of_query(query: &str) -> Vec<String> {
    unescaped_values(query, LEAST_SECRET_BYTES)
}

/// Looks for what is secret in a setting in whatever is shown from now on: parts of its value, or all of it if its name says so.
pub fn remember_setting(name: &str, value: &str) {
    unescaped_values(value, LEAST_SETTING_BYTES).iter().for_each(|secret| known::remember(secret));
    // A reference tells where the secret is.
    if value.len() >= LEAST_SETTING_BYTES && is_secret_setting(name) && !value.starts_with('@') {
        known::remember(value);
    }
}

/// What is assigned to secret names, without its escapes: so it is looked for, and so the signature of an address is used.
fn unescaped_values(text: &str, least_bytes: usize) -> Vec<String> {
    let places = assigned(text).into_iter().chain(passwords(text));
    let values = places.map(|place| Plain::unescaped(&text[place]).into_text());
    values.filter(|secret| secret.len() >= least_bytes).collect()
}

/// A text as it may be shown.
pub fn text(text: &str) -> String {
    let text = without(text, &known::places(text));
    if !may_name_a_secret(&text) {
        return text.into_owned();
    }
    let masked = without(&text, &member::values(&text));
    let masked = without(&masked, &assigned(&masked));
    let masked = without(&masked, &passwords(&masked)).into_owned();
    let masked = without(&masked, &lines(&masked));
    match ELEMENT.as_ref().map(|pattern| pattern.replace_all(&masked, format!("${{1}}${{2}}{MASK}"))) {
        Some(Cow::Owned(masked)) => masked,
        _ => masked.into_owned(),
    }
}

/// A text of the handler's own: nothing is masked in it but these secrets, and those that the host knows.
pub fn of_handler<'a>(text: &'a str, secrets: &Known) -> Cow<'a, str> {
    let masked = without(text, &secrets.places(text));
    let places = known::places(&masked);
    if places.is_empty() { masked } else { without(&masked, &places).into_owned().into() }
}

/// A text, without these secrets either.
pub fn text_without(shown: &str, secrets: &Known) -> String {
    text(&without(shown, &secrets.places(shown)))
}

/// The same for bytes, some of which may be no text.
pub fn bytes_without(shown: &[u8], secrets: &Known) -> Vec<u8> {
    let mut masked = Vec::with_capacity(shown.len());
    for chunk in shown.utf8_chunks() {
        masked.extend_from_slice(text_without(chunk.valid(), secrets).as_bytes());
        masked.extend_from_slice(chunk.invalid());
    }
    masked
}

/// Whether the patterns have to be asked, which takes a hundred times as long: most lines of a log have none of this.
fn may_name_a_secret(text: &str) -> bool {
    const PARTS: [&str; 15] = [
        "auth", "code", "cookie", "identity", "key", "password", "pwd", "secret", "sig", "token", "x-ms-", "%25", "%4",
        "%6", "\\u00",
    ];
    let lower = text.to_ascii_lowercase();
    PARTS.iter().any(|part| lower.contains(part)) || lower.contains('@')
}

/// The text with a mask in each of these places that is not empty.
fn without<'a>(text: &'a str, places: &[Range<usize>]) -> Cow<'a, str> {
    let mut masked = String::new();
    let mut end = 0;
    for place in places.iter().filter(|place| !place.is_empty()) {
        masked.push_str(&text[end..place.start]);
        masked.push_str(MASK);
        end = place.end;
    }
    if end == 0 { text.into() } else { (masked + &text[end..]).into() }
}

/// What is assigned to secret names.
fn assigned(text: &str) -> Vec<Range<usize>> {
    behind(ASSIGNED.as_ref(), text, |found, value| match found.get(1) {
        Some(_) => setting_range(value, &found[2] != "="),
        None => 0..assigned_end(value, false, &found[2] != "="),
    })
}

/// The passwords of addresses.
fn passwords(text: &str) -> Vec<Range<usize>> {
    let Some(pattern) = USER_INFO.as_ref() else { return Vec::new() };
    pattern.captures_iter(text).filter_map(|found| found.get(1)).map(|password| password.range()).collect()
}

/// The values that stand behind what a pattern finds, each where `range` says.
fn behind(
    pattern: Option<&Regex>,
    text: &str,
    range: impl Fn(&Captures<'_>, &str) -> Range<usize>,
) -> Vec<Range<usize>> {
    let Some(pattern) = pattern else { return Vec::new() };
    let mut places = Vec::new();
    let mut start = 0;
    while let Some(found) = pattern.captures(&text[start..]) {
        let value = start + found.get(0).map_or(0, |whole| whole.end());
        let range = range(&found, &text[value..]);
        start = value + range.end;
        places.push(value + range.start..start);
    }
    places
}

/// The values of header lines that are secret.
fn lines(text: &str) -> Vec<Range<usize>> {
    behind(LINE.as_ref(), text, |found, value| 0..line_end(value, &found[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_passwords_are_masked_wherever_they_stand() {
        for (given, shown) in [
            ("GET /api/hello?code=abc%2Bdef&name=Ada", "GET /api/hello?code=***&name=Ada"),
            ("/api/hello?a=1&CO%64e=abc", "/api/hello?a=1&CO%64e=***"),
            (r#"{"Query":{"code":"abc"},"zip-code":"1"}"#, r#"{"Query":{"code":"***"},"zip-code":"1"}"#),
            (
                r#"{"Headers":{"x-functions-key":["abc==","de"],"A":"b"}}"#,
                r#"{"Headers":{"x-functions-key":["***","***"],"A":"b"}}"#,
            ),
            (r#"{"Cookie":["a=\"b\"; c=d", "e"],"A":["b"]}"#, r#"{"Cookie":["***", "***"],"A":["b"]}"#),
            (r#"{"cookie":"a","authorization":"b","c":"d"}"#, r#"{"cookie":"***","authorization":"***","c":"d"}"#),
            (r#"{"X-MS-CLIENT-PRINCIPAL-ID":["a"],"code":5}"#, r#"{"X-MS-CLIENT-PRINCIPAL-ID":["***"],"code":5}"#),
            (r#"{"code":"\"a\u002Bc\""}"#, r#"{"code":"***"}"#),
            (r#""{\"Authorization\":\"Bearer a.b\"}""#, r#""{\"Authorization\":\"***\"}""#),
            (r#""{\"Cookie\":\"a=\\\"b\\\"\",\"x\":1}""#, r#""{\"Cookie\":\"***\",\"x\":1}""#),
            (r#"{"x-functions-key":["abc"#, r#"{"x-functions-key":["***"#),
            ("x-functions-key: abc, d\nA: b", "x-functions-key: ***\nA: b"),
            ("AccountName=a;AccountKey=abc==;X=1", "AccountName=a;AccountKey=***;X=1"),
            ("/a?%63ode=abc&%43%4F%44%45=def", "/a?%63ode=***&%43%4F%44%45=***"),
            ("/a?to=%2Fb%3Fcode%3Dabc%26d%3De&x=y", "/a?to=%2Fb%3Fcode%3D***%26d%3De&x=y"),
            ("/a?a=1&amp;code=abc&code[]=d&code =e", "/a?a=1&amp;code=***&code[]=***&code =***"),
            ("/a?code=a;b\\c\"d'e HTTP/1.1", "/a?code=*** HTTP/1.1"),
            ("/a?code='abc' and /b?x-functions-key=\"abc\"", "/a?code=***' and /b?x-functions-key=***\""),
            (r#"{"Url":"/a?code=a\"b","x":"/b?code=c"}"#, r#"{"Url":"/a?code=***","x":"/b?code=***"}"#),
            (
                r#"{"u":"{\"v\":\"/a?b\u0026code=c\u0026d\",\"e\":1}"}"#,
                r#"{"u":"{\"v\":\"/a?b\u0026code=***\u0026d\",\"e\":1}"}"#,
            ),
            (r#"{"amp;code":"abc","code[]":"abc","sig":"abc"}"#, r#"{"amp;code":"***","code[]":"***","sig":"***"}"#),
            ("x-ms-token-aad-id-token: abc", "x-ms-token-aad-id-token: ***"),
            ("a decode=1 encode", "a decode=1 encode"),
            ("/a?%43%4f%44%45=abc", "/a?%43%4f%44%45=***"),
            ("/a?%2563%256f%2564%2565%253dabc", "/a?%2563%256f%2564%2565%253d***"),
            ("Cookie: a=\"b\"; c=d\nA: b", "Cookie: ***\nA: b"),
            (r#"["Cookie: a=\"b\"; c=d","A: b"]"#, r#"["Cookie: ***","A: b"]"#),
            ("['Cookie: a=\"b\"; c=d', 'A: b']", "['Cookie: ***', 'A: b']"),
            (
                "<a><x-functions-key>a&amp;b</x-functions-key><b/></a>",
                "<a><x-functions-key>***</x-functions-key><b/></a>",
            ),
            ("&lt;h:Cookie x='y'&gt;abc&lt;/h:Cookie&gt;", "&lt;h:Cookie x='y'&gt;***&lt;/h:Cookie&gt;"),
            ("<code>a0123456789b0123456789==</code>", "<code>***</code>"),
            ("<code>let x = 1;</code>", "<code>let x = 1;</code>"),
            ("<Cookie><![CDATA[abc]]></Cookie>", "<Cookie><![CDATA[***</Cookie>"),
            ("{'code': 'abc', 'x': 'y'}", "{'code': '***', 'x': 'y'}"),
            (r#"{"\\u0063ode":"abc"}"#, r#"{"\\u0063ode":"***"}"#),
            ("nothing to see", "nothing to see"),
        ] {
            assert_eq!(text(given), shown);
        }
        assert_eq!(header("X-Functions-Key", "abc"), MASK);
        assert_eq!(header("x-ms-client-principal", "abc"), MASK);
        assert_eq!(header("X-Api-Key", "abc"), MASK);
        assert_eq!(header("x-api-keys", "abc"), "abc");
        let known = Known::of(["a-long-key"]);
        assert_eq!(text_without("you sent a-long-key", &known), "you sent ***");
        assert_eq!(bytes_without(b"\xffa-long-key\xfe", &known), b"\xff***\xfe");
        assert_eq!(of_handler("you sent a-long-key", &known), "you sent ***");
        assert_eq!(secrets("cookie", "a=b; id=0123456789"), ["a=b; id=0123456789", "id=0123456789", "0123456789"]);
        assert_eq!(secrets("Authorization", "Bearer a.b.c.d.e"), ["Bearer a.b.c.d.e", "a.b.c.d.e"]);
        assert_eq!(secrets_of_query("a=b&code=A%2bb3456789"), ["A+b3456789"]);
        assert_eq!(of_handler("you sent a-long-key", &Known::default()), "you sent a-long-key");
    }

    #[test]
    fn secrets_have_many_names() {
        for name in [
            "aeg-sas-key",
            "aeg-sas-token",
            "Api-Key",
            "x-auth-token",
            "X-CSRF-Token",
            "x-identity-header",
            "x-ms-site-restricted-token",
        ] {
            assert_eq!(header(name, "abc"), MASK);
            assert_eq!(text(&format!("{name}: abc\nA: b")), format!("{name}: ***\nA: b"));
            assert_eq!(text(&format!(r#"{{"{name}":["abc"],"A":"b"}}"#)), format!(r#"{{"{name}":["***"],"A":"b"}}"#));
            assert_eq!(text(&format!("<{name}>abc</{name}>")), format!("<{name}>***</{name}>"));
        }
        for name in ["AccessKey", "ClientSecret", "Password", "pwd", "Secret", "access_token", "client_secret"] {
            let key = "a0123456789b0123456789";
            assert_eq!(text(&format!("/a?b=c&{name}={key}&d=e")), format!("/a?b=c&{name}=***&d=e"));
            assert_eq!(text(&format!(r#"{{"{name}":"{key}"}}"#)), format!(r#"{{"{name}":"***"}}"#));
            assert_eq!(text(&format!("<{name}>{key}</{name}>")), format!("<{name}>***</{name}>"));
        }
        for (given, shown) in [
            ("Server=a;User=b;Pwd=abc;X=1", "Server=a;User=b;Pwd=***;X=1"),
            ("Endpoint=https://a;AccessKey=abc=;Version=1.0", "Endpoint=https://a;AccessKey=***;Version=1.0"),
            ("User = b; Password = abc; X = 1", "User = b; Password = ***; X = 1"),
            ("Password=\"a;b\";X=1", "Password=\"***\";X=1"),
            ("Password='a;b c';X=1", "Password='***';X=1"),
            (r#"{"a":"Password=\"a;b\";X=1","c":"d"}"#, r#"{"a":"Password=\"***\";X=1","c":"d"}"#),
            (r#"{"a":"Password=","c":"d"}"#, r#"{"a":"Password=","c":"d"}"#),
            ("to mongodb://user:p@ss:1@host:1/x?y=z", "to mongodb://user:***@host:1/x?y=z"),
            (r"redis:\/\/:abc@host", r"redis:\/\/:***@host"),
            ("http://localhost:7071/a@b and mail c@d", "http://localhost:7071/a@b and mail c@d"),
            ("a Secret of mine: the token", "a Secret of mine: the token"),
            ("DB_PASSWORD=hunter2 A=b", "DB_PASSWORD=*** A=b"),
            (r#"{"Db__Password":"hunter2","passwords":"a"}"#, r#"{"Db__Password":"***","passwords":"a"}"#),
            ("<db-password>a0123456789b0123456789</db-password>", "<db-password>***</db-password>"),
            ("mypassword=a", "mypassword=a"),
        ] {
            assert_eq!(text(given), shown);
        }
    }

    #[test]
    fn what_is_secret_in_settings_is_masked_wherever_it_stands() {
        remember_setting("A", "AccountName=a;AccountKey=0123456789abcdef0123456789==;EndpointSuffix=x");
        remember_setting("A", "Server=a;Password=password");
        remember_setting("A", "Server=a;Password=Correct%2Bhorse+battery%3Dstaple;X=1");
        remember_setting("A", "https://a.blob.core.windows.net/c?sp=r&sig=q0Zx7Kb1%2BvPs9Lm3%2FtYw5Rn8Ha2C%3D&se=2030");
        remember_setting(
            "A",
            "BlobEndpoint=https://a/;SharedAccessSignature=sv=2030&sig=Jd4Tg6%2Fu8Wq1Xe3Zo5%2Bi7Py9%3D",
        );
        assert_eq!(of_handler("key 0123456789ABCDEF0123456789==, password", &Known::default()), "key ***, password");
        remember_setting("SendGridApiKey", "SG.a0123456789b0123456789");
        remember_setting("DB_PASSWORD", "postgres");
        remember_setting("ApiKey", "@Microsoft.KeyVault(SecretUri=https://a/secrets/b)");
        remember_setting("WEBSITE_HOSTNAME", "a-name-that-is-long-enough");
        for (given, shown) in [
            ("with SG.a0123456789b0123456789", "with ***"),
            ("a postgres, @Microsoft.KeyVault(SecretUri=https://a/secrets/b), a-name-that-is-long-enough", ""),
        ] {
            assert_eq!(of_handler(given, &Known::default()), if shown.is_empty() { given } else { shown });
        }
        for secret in ["Correct+horse+battery=staple", "q0Zx7Kb1+vPs9Lm3/tYw5Rn8Ha2C=", "Jd4Tg6/u8Wq1Xe3Zo5+i7Py9="] {
            let escaped = secret.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            for spelling in [secret, &escaped, &escaped.to_lowercase()] {
                assert_eq!(of_handler(&format!("is '{spelling}', so"), &Known::default()), "is '***', so");
            }
            let encoded = dotnet_text::base64::encode(secret.as_bytes());
            assert!(of_handler(&encoded, &Known::default()).starts_with("***"), "{encoded}");
        }
    }
}
