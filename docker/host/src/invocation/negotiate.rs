//! Content negotiation, as far as a caller can tell (protocol section 5.5).

use super::json::{self, Json};
use super::reply::{Framing, Written, with_utf8};
use super::xml;

/// The forms a value can take, in the server's order of preference.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Text,
    Json,
    Xml,
}

/// Writes a value that is not null in the form the caller likes best: texts as text, JSON or XML, other values as JSON, and as
/// XML where `xml` allows it. A type the headers give is taken in place of the caller's wishes (recordings RX-accept-*).
pub(super) fn write(value: Json, xml: bool, content_type: Option<String>, accept: Option<&str>) -> Written {
    let forms: Vec<Form> = [(Form::Text, matches!(value, Json::Text(_))), (Form::Json, true), (Form::Xml, xml)]
        .into_iter()
        .filter_map(|(form, possible)| possible.then_some(form))
        .collect();
    let wishes = content_type.as_deref().or(accept).map(wishes).unwrap_or_default();
    let chosen = wishes.iter().find_map(|wish| {
        let form = forms.iter().find(|form| media_type(**form, wish).is_some())?;
        Some((*form, media_type(*form, wish)?))
    });
    let (form, media_type) = chosen.unwrap_or((forms[0], default_media_type(forms[0]).to_owned()));
    let body = match (form, value) {
        (Form::Text, Json::Text(text)) => text,
        (Form::Xml, value) => xml::document(&value),
        (_, value) => json::to_compact(&value),
    };
    let framing = if form == Form::Text { Framing::Chunked } else { Framing::Length };
    Written { content_type: Some(with_utf8(&media_type)), body: body.into(), framing }
}

/// The media ranges of an `Accept` header, best first; none when it holds `*/*`, as browsers send it.
fn wishes(accept: &str) -> Vec<String> {
    let mut ranges: Vec<(f64, String)> = Vec::new();
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse().ok()).unwrap_or(1.0);
        if media_type == "*/*" {
            return Vec::new();
        }
        if !media_type.is_empty() && quality > 0.0 {
            ranges.push((quality, media_type));
        }
    }
    // The sort is stable: of equals the first wins.
    ranges.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranges.into_iter().map(|(_, media_type)| media_type).collect()
}

fn default_media_type(form: Form) -> &'static str {
    media_types(form)[0]
}

fn media_types(form: Form) -> &'static [&'static str] {
    match form {
        Form::Text => &["text/plain"],
        Form::Json => &["application/json", "text/json"],
        Form::Xml => &["application/xml", "text/xml"],
    }
}

/// The media type with which a form meets a wish: the wish itself, the first type in a range such as `application/*`, or a
/// type with a suffix such as `application/vnd.x+json`.
fn media_type(form: Form, wish: &str) -> Option<String> {
    let in_range = |candidate: &&&str| wish.strip_suffix('*').is_some_and(|range| candidate.starts_with(range));
    if let Some(found) = media_types(form).iter().find(|candidate| **candidate == wish || in_range(candidate)) {
        return Some((*found).to_owned());
    }
    let suffix = match form {
        Form::Text => return None,
        Form::Json => "+json",
        Form::Xml => "+xml",
    };
    (wish.starts_with("application/") && wish.ends_with(suffix)).then(|| wish.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &Json, xml: bool, accept: Option<&str>) -> (String, String) {
        let written = write(value.clone(), xml, None, accept);
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
            Some("text/html,application/xml;q=0.9,*/*;q=0.8"),
            Some(""),
        ] {
            assert_eq!(of(&Json::from("text"), true, accept), plain, "{accept:?}");
        }
        let json = ("application/json; charset=utf-8".to_owned(), "\"text\"".to_owned());
        assert_eq!(of(&Json::from("text"), true, Some("application/json")), json);
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
