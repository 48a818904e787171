//! The request body of default mode: `{Data, Metadata}` (protocol.md#envelope-body to #metadata-filter).

use super::data::{BindingData, Value};
use super::http;
use dotnet_text::json::{self, Json};
use std::fmt::{self, Write};

/// The envelope: one entry of `Data` for each input binding, and binding data as `Metadata`, without nulls, HTTP requests and
/// every name that ends in `trigger` (protocol.md#metadata-filter; recording DX-trigger-suffix).
pub fn envelope<'a>(data: impl IntoIterator<Item = &'a (String, Value)>, binding_data: &BindingData) -> String {
    let mut out = String::from("{\"Data\":{");
    let entries = data.into_iter().map(|(name, value)| (name.as_str(), value));
    let kept = |name: &str, value: &Value| {
        !matches!(value, Value::Null | Value::Http(_)) && !name.to_ascii_lowercase().ends_with("trigger")
    };
    // Writing to a string cannot fail.
    let _ = write_entries(&mut out, entries);
    out.push_str("},\"Metadata\":{");
    let _ = write_entries(&mut out, binding_data.iter().filter(|(name, value)| kept(name, value)));
    out.push_str("}}");
    out
}

fn write_entries<'a>(out: &mut String, entries: impl Iterator<Item = (&'a str, &'a Value)>) -> fmt::Result {
    for (index, (name, value)) in entries.enumerate() {
        if index > 0 {
            out.write_char(',')?;
        }
        json::write_text(out, name)?;
        out.write_char(':')?;
        write_value(out, value)?;
    }
    Ok(())
}

/// The encoding of protocol.md#value-encoding: anything but an object, a date or bytes becomes JSON text inside a JSON string.
fn write_value(out: &mut String, value: &Value) -> fmt::Result {
    match value {
        Value::Http(request) => http::write(out, request),
        Value::Bytes(bytes) => {
            out.push('"');
            dotnet_text::base64::push(out, bytes);
            out.push('"');
            Ok(())
        }
        Value::Date(date) => write!(out, "\"{}\"", date.iso_seconds()),
        Value::Json(object @ Json::Object(_)) => json::write(out, object),
        Value::Json(other) => write_nested(out, |inner| json::write(inner, other)),
        Value::Text(text) => write_nested(out, |inner| json::write_text(inner, text)),
        Value::Null => out.write_str("\"null\""),
    }
}

fn write_nested(out: &mut String, write: impl FnOnce(&mut json::Escaping<'_, String>) -> fmt::Result) -> fmt::Result {
    out.write_char('"')?;
    write(&mut json::Escaping(out))?;
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::super::data::System;
    use super::super::http::binding_data;
    use super::super::http_request::HttpRequest;
    use super::*;
    use bytes::Bytes;
    use dotnet_text::date::recognise;
    use std::sync::Arc;

    fn metadata(data: &BindingData) -> String {
        let envelope = envelope(&[], data);
        envelope.strip_prefix("{\"Data\":{},\"Metadata\":").and_then(|rest| rest.strip_suffix('}')).unwrap().to_owned()
    }

    #[test]
    fn encodes_each_kind_of_value() {
        let date = recognise("2024-11-01T10:00:00.5Z").unwrap();
        for (value, expected) in [
            (Value::from("hello"), r#""\"hello\"""#),
            (Value::from(r#"{"a":1}"#), r#""\"{\\\"a\\\":1}\"""#),
            (Value::from(""), r#""\"\"""#),
            (Value::from(1), r#""1""#),
            (Value::Json(Json::Bool(true)), r#""true""#),
            (Value::Json(json::parse("['a','b']").unwrap()), r#""[\"a\",\"b\"]""#),
            (Value::Json(json::parse("{'a':'b'}").unwrap()), r#"{"a":"b"}"#),
            (Value::Bytes(Bytes::from_static(b"hi")), r#""aGk=""#),
            (Value::Date(date), r#""2024-11-01T10:00:00Z""#),
            (Value::Null, r#""null""#),
        ] {
            let written = envelope(&[("x".to_owned(), value)], &BindingData::default());
            assert_eq!(written, format!(r#"{{"Data":{{"x":{expected}}},"Metadata":{{}}}}"#));
        }
    }

    #[test]
    fn adds_the_properties_of_a_json_text() {
        // DX-json-types, DX-json-floats, DX-json-object-dates
        for (body, expected) in [
            (
                r#"{"a":1,"b":-5,"c":12345678901234567890}"#,
                r#"{"a":"\"1\"","b":"\"-5\"","c":"\"12345678901234567890\""}"#,
            ),
            (
                r#"{"a":1.5,"b":1.0,"c":1e3,"d":1e21,"e":1E-7,"f":-0.0}"#,
                r#"{"a":"\"1.5\"","b":"\"1\"","c":"\"1000\"","d":"\"1E+21\"","e":"\"1E-07\"","f":"\"-0\""}"#,
            ),
            (r#"{"a":true,"b":null,"c":[1],"d":"","e":{}}"#, r#"{"a":"\"True\"","d":"\"\"","e":{}}"#),
            (
                r#"{"a":"2024-11-01T10:00:00Z","b":"2024-11-01","c":"1"}"#,
                r#"{"a":"\"11/01/2024 10:00:00\"","b":"\"2024-11-01\"","c":"\"1\""}"#,
            ),
            (r#"{"o":{"a":1e2,"d":"2024-11-01T10:00:00.50Z"}}"#, r#"{"o":{"a":100.0,"d":"2024-11-01T10:00:00.5Z"}}"#),
            (r#"{"a":1,"a":2,"A":3}"#, r#"{"a":"\"3\""}"#),
            ("  \n{a:1,} ", r#"{"a":"\"1\""}"#),
            (r#"{"":1,"a b":2,"c.d":3}"#, r#"{"":"\"1\"","a b":"\"2\"","c.d":"\"3\""}"#),
            ("[1]", "{}"),
            ("{\"a\":", "{}"),
            ("{a}", "{}"),
            ("null", "{}"),
            ("", "{}"),
        ] {
            let mut data = BindingData::default();
            data.add_properties(body);
            assert_eq!(metadata(&data), expected, "{body}");
        }
    }

    #[test]
    fn sets_the_system_entry_beside_a_users() {
        let system = |guid: &str| System {
            method_name: "f".into(),
            utc_now: recognise("2024-11-01T10:00:00.50Z").unwrap(),
            rand_guid: guid.into(),
        };
        let mut data = BindingData::default();
        data.set_system(&system("one"));
        data.set_system(&system("two"));
        let own = r#"{"MethodName":"f","UtcNow":"2024-11-01T10:00:00.5Z","RandGuid":"two"}"#;
        assert_eq!(metadata(&data), format!(r#"{{"sys":{own}}}"#));

        for body in [r#"{"sys":"mine"}"#, r#"{"sys":{"MethodName":"x"}}"#] {
            let mut data = BindingData::default();
            data.add_properties(body);
            data.set_system(&system("one"));
            data.set_system(&system("two"));
            assert!(metadata(&data).ends_with(&format!(r#","$sys":{own}}}"#)), "{}", metadata(&data));
        }

        let mut data = BindingData::default();
        data.add_properties_over_system(r#"{"sys":"mine"}"#);
        data.set_system(&system("one"));
        assert_eq!(metadata(&data), r#"{"sys":"\"mine\""}"#);
    }

    #[test]
    fn prefers_route_to_query_to_body() {
        let request = Arc::new(HttpRequest {
            query: "b=query&r=query&code=secret&someTrigger=1&req=3".into(),
            headers: vec![("X-A".into(), b"1".to_vec()), ("x-a".into(), b"2, 3".to_vec())],
            params: vec![("r".into(), Some("route".into())), ("opt".into(), None)],
            body: Some(Bytes::from_static(br#"{"b":"body","r":"body","o":"body","req":"mine"}"#)),
            ..HttpRequest::default()
        });
        assert_eq!(
            metadata(&binding_data(&request, "req")),
            concat!(
                r#"{"b":"\"query\"","r":"\"route\"","o":"\"body\"","#,
                r#""Query":{"b":"query","r":"query","code":"secret","someTrigger":"1","req":"3"},"Headers":{"X-A":"1,2, 3"}}"#
            )
        );
    }

    #[test]
    fn an_optional_route_parameter_hides_others_even_without_a_value() {
        let request = Arc::new(HttpRequest {
            query: "OPT=query&a=1".into(),
            params: vec![("opt".into(), None), ("query".into(), None)],
            body: Some(Bytes::from_static(br#"{"opt":"body"}"#)),
            ..HttpRequest::default()
        });
        assert_eq!(metadata(&binding_data(&request, "req")), r#"{"a":"\"1\"","Headers":{}}"#);
    }

    #[test]
    fn leaves_out_query_and_headers_when_the_names_are_taken() {
        let request = Arc::new(HttpRequest { query: "query=1&Headers=2".into(), ..HttpRequest::default() });
        assert_eq!(metadata(&binding_data(&request, "req")), r#"{"query":"\"1\"","Headers":"\"2\""}"#);
    }
}
