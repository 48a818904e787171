//! XML as .NET's data contract serializer writes plain values (protocol.md#http-return-value; recordings RX-accept-*-xml, -list).
//!
//! Known from recordings are a text and an object of one integer; the rest was tried with the serializer itself.

use crate::json::{Json, Object, text};

const SERIALIZATION: &str = "http://schemas.microsoft.com/2003/10/Serialization/";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";

/// The value as a document; `None` if an array stands in an object or an object in an array: the serializer does not expect one
/// type inside the other.
pub fn document(value: &Json) -> Option<String> {
    let mut out = String::new();
    match value {
        Json::Object(members) => {
            let start = format!("ArrayOfKeyValueOfstringanyType xmlns:i=\"{INSTANCE}\" xmlns=\"{ARRAYS}\"");
            element(&mut out, &start, !members.is_empty(), |out| push_members(out, members, 3))?;
        }
        Json::Array(elements) => {
            let start = format!("ArrayOfanyType xmlns:i=\"{INSTANCE}\" xmlns=\"{ARRAYS}\"");
            element(&mut out, &start, !elements.is_empty(), |out| push_elements(out, elements, 2))?;
        }
        scalar => {
            let text = scalar_text(scalar);
            let start = format!("{} xmlns=\"{SERIALIZATION}\"", schema_type(scalar));
            element(&mut out, &start, true, |out| push_text(out, &text))?;
        }
    }
    Some(out)
}

/// An element of the name with which `start` begins; one without content is short.
fn element(
    out: &mut String,
    start: &str,
    has_content: bool,
    content: impl FnOnce(&mut String) -> Option<()>,
) -> Option<()> {
    if !has_content {
        out.push_str(&format!("<{start} />"));
        return Some(());
    }
    let name = start.split(' ').next().unwrap_or(start);
    out.push_str(&format!("<{start}>"));
    content(out)?;
    out.push_str(&format!("</{name}>"));
    Some(())
}

fn push_members(out: &mut String, members: &Object, depth: usize) -> Option<()> {
    for (name, value) in members {
        out.push_str("<KeyValueOfstringanyType><Key>");
        push_text(out, name)?;
        out.push_str("</Key>");
        match value {
            Json::Array(_) => return None,
            Json::Object(members) => {
                let start = "Value i:type=\"ArrayOfKeyValueOfstringanyType\"";
                element(out, start, !members.is_empty(), |out| push_members(out, members, depth + 2))?;
            }
            scalar => push_scalar(out, "Value", scalar, depth)?,
        }
        out.push_str("</KeyValueOfstringanyType>");
    }
    Some(())
}

fn push_elements(out: &mut String, elements: &[Json], depth: usize) -> Option<()> {
    elements.iter().try_for_each(|value| match value {
        Json::Object(_) => None,
        Json::Array(elements) => {
            let start = "anyType i:type=\"ArrayOfanyType\"";
            element(out, start, !elements.is_empty(), |out| push_elements(out, elements, depth + 1))
        }
        scalar => push_scalar(out, "anyType", scalar, depth),
    })
}

/// An element that names the type of what it holds; prefixes are numbered by depth.
fn push_scalar(out: &mut String, tag: &str, value: &Json, depth: usize) -> Option<()> {
    if value.is_null() {
        return element(out, &format!("{tag} i:nil=\"true\""), false, |_| None);
    }
    let kind = schema_type(value);
    let text = scalar_text(value);
    let start = format!("{tag} xmlns:d{depth}p1=\"{SCHEMA}\" i:type=\"d{depth}p1:{kind}\"");
    element(out, &start, true, |out| push_text(out, &text))
}

fn schema_type(value: &Json) -> &'static str {
    match value {
        Json::Bool(_) => "boolean",
        Json::Integer(_) => "long",
        Json::BigInteger(_) => "integer",
        Json::Float(_) => "double",
        Json::Date(_) => "dateTime",
        _ => "string",
    }
}

fn scalar_text(value: &Json) -> String {
    match value {
        Json::Bool(value) => value.to_string(),
        Json::Date(date) => date.iso(),
        Json::Float(number) if number.is_infinite() => if *number > 0.0 { "INF" } else { "-INF" }.to_owned(),
        other => text(other).into_owned(),
    }
}

/// .NET's writer makes one line feed of every line end.
fn push_text(out: &mut String, text: &str) -> Option<()> {
    let text = text.replace("\r\n", "\n");
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\r' => out.push('\n'),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' if c != '\t' && c != '\n' => {
                out.push_str(&format!("&#x{:X};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn of(text: &str) -> Option<String> {
        let head = [
            format!(" xmlns:i=\"{INSTANCE}\" xmlns=\"{ARRAYS}\""),
            format!(" xmlns=\"{SERIALIZATION}\""),
            SCHEMA.to_owned(),
        ];
        document(&json::parse(text).unwrap()).map(|text| {
            head.iter().fold(text, |text, head| text.replace(head, "")).replace("KeyValueOfstringanyType", "Kv")
        })
    }

    #[test]
    fn documents() {
        for (value, expected) in [
            ("-Infinity", Some("<double>-INF</double>")),
            ("5", Some("<long>5</long>")),
            ("1e21", Some("<double>1E+21</double>")),
            ("\"\"", Some("<string></string>")),
            (r#""a\r\n\rb\u0001\uffff<&>""#, Some("<string>a\n\nb&#x1;&#xFFFF;&lt;&amp;&gt;</string>")),
            ("{}", Some("<ArrayOfKv />")),
            (
                "[[],null]",
                Some(
                    "<ArrayOfanyType><anyType i:type=\"ArrayOfanyType\" /><anyType i:nil=\"true\" /></ArrayOfanyType>",
                ),
            ),
            (
                "{a:{b:1}}",
                Some(
                    "<ArrayOfKv><Kv><Key>a</Key><Value i:type=\"ArrayOfKv\"><Kv><Key>b</Key>\
                     <Value xmlns:d5p1=\"\" i:type=\"d5p1:long\">1</Value></Kv></Value></Kv></ArrayOfKv>",
                ),
            ),
            ("{a:[]}", None),
            ("[{}]", None),
        ] {
            assert_eq!(of(value).as_deref(), expected, "{value}");
        }
    }
}
