//! Content negotiation, as far as a caller can see (protocol.md#http-return-value).

use super::written::Written;
use dotnet_text::json::{self, Json};
use dotnet_text::media_type::{MediaType, with_utf8};
use dotnet_text::xml;
use wire::response::Framing;

/// The forms a value can take, in the server's order of preference.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Text,
    Json,
    Xml,
}

/// Why a value is not written.
pub(super) enum NotWritten {
    /// The headers give a type that it cannot take: the caller gets a 406.
    NotAcceptable,
    /// The caller gets a 500 with this content type.
    Failed { message: String, content_type: Option<String> },
}

/// Writes a value that is not null in the form the caller likes best: texts as text, JSON or XML, other values as JSON, and as
/// XML where `xml` allows it. A type the headers give is taken in place of the caller's wishes (recordings RX-accept-*).
pub(super) fn write(
    value: Json,
    xml: bool,
    content_type: Option<&str>,
    accept: Option<&str>,
) -> Result<Written, NotWritten> {
    let forms: Vec<Form> = [(Form::Text, matches!(value, Json::Text(_))), (Form::Json, true), (Form::Xml, xml)]
        .into_iter()
        .filter_map(|(form, possible)| possible.then_some(form))
        .collect();
    let chosen = match content_type {
        Some(given) => Some(find(&forms, |form| prescribed(form, given)).ok_or_else(|| not_written(given))?),
        None => accept.map(wishes).unwrap_or_default().iter().find_map(|wish| find(&forms, |form| wished(form, wish))),
    };
    let (form, media_type) = chosen.unwrap_or((forms[0], media_types(forms[0])[0].to_owned()));
    let body = match (form, value) {
        (Form::Text, Json::Text(text)) => text,
        (Form::Xml, value) => match xml::document(&value) {
            Some(text) => text,
            None => {
                let message = "an object with arrays, or an array of objects, cannot be written as XML".to_owned();
                return Err(NotWritten::Failed { message, content_type: Some(with_utf8(&media_type)) });
            }
        },
        (_, value) => json::to_compact(&value),
    };
    let framing = if form == Form::Text { Framing::Chunked } else { Framing::Length };
    Ok(Written::text(body, &media_type, framing))
}

fn find(forms: &[Form], media_type: impl Fn(Form) -> Option<String>) -> Option<(Form, String)> {
    forms.iter().find_map(|&form| Some((form, media_type(form)?)))
}

/// A type for a response must not be a range.
fn not_written(content_type: &str) -> NotWritten {
    let is_range = MediaType::split(content_type)
        .essence
        .split_once('/')
        .is_some_and(|(kind, subkind)| kind == "*" || subkind.trim() == "*");
    if !is_range {
        return NotWritten::NotAcceptable;
    }
    let message = format!("the response cannot be of the type `{content_type}`");
    NotWritten::Failed { message, content_type: Some(content_type.to_owned()) }
}

/// The media ranges of an `Accept` header that have no parameters, best first; empty if it holds `*/*`, as browsers send it.
fn wishes(accept: &str) -> Vec<String> {
    let mut ranges: Vec<_> = accept.split(',').filter_map(wish).collect();
    if ranges.iter().any(|range| range.media_type == "*/*") {
        return Vec::new();
    }
    // The sort is stable: of equals the first wins. A quality of 0 is not a refusal.
    ranges.sort_by(|one, other| other.quality.total_cmp(&one.quality));
    ranges.into_iter().filter(|range| range.is_plain).map(|range| range.media_type).collect()
}

struct Wish {
    media_type: String,
    quality: f64,
    is_plain: bool,
}

/// One media range; what is malformed counts as none. No form has parameters, so that a range with one is never met; what follows
/// `q` does not matter.
fn wish(range: &str) -> Option<Wish> {
    let MediaType { essence, parameters } = MediaType::split(range);
    let mut wish = Wish { media_type: essence.to_ascii_lowercase(), quality: 1.0, is_plain: true };
    for (name, value) in parameters {
        if name.eq_ignore_ascii_case("q") {
            wish.quality = value?.parse().ok()?;
            break;
        }
        value?;
        wish.is_plain = false;
    }
    Some(wish)
}

fn media_types(form: Form) -> &'static [&'static str] {
    match form {
        Form::Text => &["text/plain"],
        Form::Json => &["application/json", "text/json"],
        Form::Xml => &["application/xml", "text/xml"],
    }
}

/// The first media type of a form that is in a range such as `application/json`, `application/*` or `*/xml`.
fn wished(form: Form, range: &str) -> Option<String> {
    let (kind, subkind) = range.split_once('/')?;
    let meets = |wanted: &str, given: &str| wanted == "*" || wanted == given;
    let is_in_range = |candidate: &&&str| {
        candidate
            .split_once('/')
            .is_some_and(|(of_kind, of_subkind)| meets(kind, of_kind) && meets(subkind, of_subkind))
    };
    media_types(form).iter().find(is_in_range).map(|found| (*found).to_owned())
}

/// The media type with which a form meets one that the headers give: a type without parameters, or one with a suffix such as
/// `application/vnd.x+json`.
fn prescribed(form: Form, given: &str) -> Option<String> {
    let lower = given.trim().to_ascii_lowercase();
    if let Some(found) = media_types(form).iter().find(|candidate| **candidate == lower) {
        return Some((*found).to_owned());
    }
    let suffix = match form {
        Form::Text => return None,
        Form::Json => "+json",
        Form::Xml => "+xml",
    };
    let essence = MediaType::split(&lower).essence;
    (essence.starts_with("application/") && essence.ends_with(suffix)).then(|| given.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &Json, xml: bool, accept: Option<&str>) -> (String, String) {
        let written = write(value.clone(), xml, None, accept).unwrap_or_else(|_| panic!("{value:?} is refused"));
        let body = String::from_utf8(written.body.to_vec()).unwrap();
        (written.content_type.unwrap(), body)
    }

    #[test]
    fn texts() {
        let plain = ("text/plain; charset=utf-8".to_owned(), "text".to_owned());
        for accept in [
            None,
            Some("*/*"),
            Some("text/html"),
            Some("text/plain"),
            // Forms have no parameters; types with a suffix are for those who write, not for those who ask.
            Some("application/json; charset=utf-8"),
            Some("application/json;q=x"),
            Some("application/vnd.x+json"),
            Some("text/html,application/xml;q=0.9,*/*;q=0.8"),
            Some(""),
        ] {
            assert_eq!(of(&Json::from("text"), true, accept), plain, "{accept:?}");
        }
        let json = ("application/json; charset=utf-8".to_owned(), "\"text\"".to_owned());
        assert_eq!(of(&Json::from("text"), true, Some("application/json")), json);
        for accept in ["*/json", "Application/JSON;Q=0", "text/html, application/*;q=0.1", "application/json;q=0.5;x=y"]
        {
            assert_eq!(of(&Json::from("text"), true, Some(accept)), json, "{accept}");
        }
        let xml = of(&Json::from("text"), true, Some("application/xml;q=0.9, application/json;q=0.5"));
        assert_eq!(xml.0, "application/xml; charset=utf-8");
        assert_eq!(xml.1, "<string xmlns=\"http://schemas.microsoft.com/2003/10/Serialization/\">text</string>");
    }

    #[test]
    fn other_values_are_json() {
        let value = json::parse("{a:1e2}").unwrap();
        for accept in [None, Some("application/xml"), Some("text/plain"), Some("text/html"), Some("application/json")] {
            assert_eq!(
                of(&value, false, accept),
                ("application/json; charset=utf-8".to_owned(), "{\"a\":100.0}".to_owned())
            );
        }
    }

    #[test]
    fn a_type_that_the_headers_give_must_fit() {
        let of = |given: &str| match write(json::parse("{a:1}").unwrap(), true, Some(given), Some("application/xml")) {
            Ok(written) => written.content_type.unwrap(),
            Err(NotWritten::NotAcceptable) => "406".to_owned(),
            Err(NotWritten::Failed { content_type, .. }) => format!("500 {}", content_type.unwrap_or_default()),
        };
        for (given, expected) in [
            ("text/json", "text/json; charset=utf-8"),
            ("application/vnd.x+json; a=b", "application/vnd.x+json; a=b; charset=utf-8"),
            ("application/json; charset=utf-8", "406"),
            ("text/html", "406"),
            ("nonsense", "406"),
            ("text/*", "500 text/*"),
        ] {
            assert_eq!(of(given), expected);
        }
    }

    #[test]
    fn objects_as_xml_where_allowed() {
        let value = json::parse("{a:1}").unwrap();
        let (content_type, body) = of(&value, true, Some("application/xml"));
        assert_eq!(content_type, "application/xml; charset=utf-8");
        // RX-accept-ret-neg-list
        assert_eq!(
            body,
            "<ArrayOfKeyValueOfstringanyType xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://schemas.microsoft.com/2003/10/Serialization/Arrays\"><KeyValueOfstringanyType><Key>a</Key><Value xmlns:d3p1=\"http://www.w3.org/2001/XMLSchema\" i:type=\"d3p1:long\">1</Value></KeyValueOfstringanyType></ArrayOfKeyValueOfstringanyType>"
        );
    }
}
