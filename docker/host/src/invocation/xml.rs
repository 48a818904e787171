//! XML as .NET's data contract serializer writes plain values (protocol section 5.5; recordings RX-accept-*-xml, -list).
//!
//! Known from recordings are a text and an object of one integer; the rest follows the serializer's rules for the same types.

use super::dotnet;
use super::json::{Json, Object};

const SERIALIZATION: &str = "http://schemas.microsoft.com/2003/10/Serialization/";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";

/// The value as a document.
pub(super) fn document(value: &Json) -> String {
    let mut out = String::new();
    match value {
        Json::Object(members) => {
            out.push_str(&format!("<ArrayOfKeyValueOfstringanyType xmlns:i=\"{INSTANCE}\" xmlns=\"{ARRAYS}\">"));
            push_members(&mut out, members, 2);
            out.push_str("</ArrayOfKeyValueOfstringanyType>");
        }
        Json::Array(elements) => {
            out.push_str(&format!("<ArrayOfanyType xmlns:i=\"{INSTANCE}\" xmlns=\"{ARRAYS}\">"));
            push_elements(&mut out, elements, 2);
            out.push_str("</ArrayOfanyType>");
        }
        scalar => {
            let kind = schema_type(scalar);
            out.push_str(&format!("<{kind} xmlns=\"{SERIALIZATION}\">"));
            push_text(&mut out, &scalar_text(scalar));
            out.push_str(&format!("</{kind}>"));
        }
    }
    out
}

fn push_members(out: &mut String, members: &Object, depth: usize) {
    for (name, value) in members {
        out.push_str("<KeyValueOfstringanyType><Key>");
        push_text(out, name);
        out.push_str("</Key>");
        push_typed(out, "Value", value, depth + 1);
        out.push_str("</KeyValueOfstringanyType>");
    }
}

fn push_elements(out: &mut String, elements: &[Json], depth: usize) {
    for element in elements {
        push_typed(out, "anyType", element, depth);
    }
}

/// An element that names the type of what it holds; prefixes are numbered by depth.
fn push_typed(out: &mut String, tag: &str, value: &Json, depth: usize) {
    match value {
        Json::Null => out.push_str(&format!("<{tag} i:nil=\"true\"/>")),
        Json::Object(members) => {
            out.push_str(&format!("<{tag} i:type=\"ArrayOfKeyValueOfstringanyType\">"));
            push_members(out, members, depth + 1);
            out.push_str(&format!("</{tag}>"));
        }
        Json::Array(elements) => {
            out.push_str(&format!("<{tag} i:type=\"ArrayOfanyType\">"));
            push_elements(out, elements, depth + 1);
            out.push_str(&format!("</{tag}>"));
        }
        scalar => {
            let kind = schema_type(scalar);
            out.push_str(&format!("<{tag} xmlns:d{depth}p1=\"{SCHEMA}\" i:type=\"d{depth}p1:{kind}\">"));
            push_text(out, &scalar_text(scalar));
            out.push_str(&format!("</{tag}>"));
        }
    }
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
        other => dotnet::text(other).into_owned(),
    }
}

fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\r' => out.push_str("&#xD;"),
            c if c < ' ' && c != '\t' && c != '\n' => out.push_str(&format!("&#x{:X};", u32::from(c))),
            c => out.push(c),
        }
    }
}
