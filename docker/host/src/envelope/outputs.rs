//! From an answer to the values of output bindings (protocol.md#output-values to #http-return-value).

use super::answer::{Answer, counts_as_null};
use super::failure::Failure;
use super::reply::{Content, HttpOutput, Negotiated, Raw};
use dotnet_text::base64;
use dotnet_text::json::{self, DEFAULT_MAX_DEPTH, Json, Object};
use dotnet_text::letter_case::same_name;
use dotnet_text::number;
use indexmap::IndexMap;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputBinding<'a> {
    pub name: &'a str,
    /// `type` as written: only `http` in lower case has its own conversion (recording RX-upper-type).
    pub kind: &'a str,
    pub binary: bool,
}

impl OutputBinding<'_> {
    pub fn is_return(&self) -> bool {
        self.name == RETURN
    }

    fn is_http(&self) -> bool {
        self.kind.eq_ignore_ascii_case("http")
    }
}

const RETURN: &str = "$return";

#[derive(Debug, Clone, PartialEq)]
pub enum OutputValue {
    /// A string that was valid base64, decoded (protocol.md#output-values rule 4).
    Bytes(Vec<u8>),
    /// Any other value; never null.
    Json(Json),
}

impl Default for OutputValue {
    fn default() -> OutputValue {
        OutputValue::Json(Json::Null)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    /// What the HTTP caller gets; of no interest to other triggers.
    pub http: HttpOutput,
    /// The values of all other output bindings, by their place in the list given.
    pub bindings: Vec<(usize, OutputValue)>,
}

/// Gives each output binding its value. `compatible` is `FUNCTIONS_V2_COMPATIBILITY_MODE` (recording DX-compat).
pub fn convert(answer: Answer, bindings: &[OutputBinding<'_>], compatible: bool) -> Result<Outputs, Failure> {
    let Answer { mut outputs, return_value, .. } = answer;
    let mut return_value = return_value.map(OutputValue::Json);
    let returns = bindings.iter().find(|binding| binding.is_return());
    if let Some(binding) = returns {
        return_value = return_value.map(|value| decoded(value, binding.binary));
    }
    if let Some(OutputValue::Json(Json::Object(members))) = &return_value
        && returns.is_none()
    {
        members.values().try_for_each(|value| check_depth(value, DEFAULT_MAX_DEPTH))?;
    }
    let mut http = None;
    let mut values = Vec::new();
    for (index, binding) in bindings.iter().enumerate() {
        let named = take_named(binding, outputs.as_mut())?;
        let value = match back_door(&return_value, binding, returns.is_some()) {
            Some(value) => value,
            None => match named {
                Some(Named::Response(raw)) => {
                    http = Some(HttpOutput::Raw(raw));
                    continue;
                }
                Some(Named::Value(value)) => value,
                // The last reader of the value takes it, so that a long text is not copied.
                None if binding.is_return() && binding.is_http() => return_value.take().unwrap_or_default(),
                None if binding.is_return() => return_value.clone().unwrap_or_default(),
                None => continue,
            },
        };
        if value == OutputValue::default() {
            continue;
        }
        if binding.is_http() {
            http = Some(response(value)?);
        } else {
            values.push((index, value));
        }
    }
    let http = http.map_or_else(|| fallback(return_value, compatible), Ok)?;
    Ok(Outputs { http, bindings: values })
}

/// Without a `$return` binding, a key of an object `ReturnValue` that names an output goes to it unconverted
/// (protocol.md#http-return-value; recordings R37, RX-rv-backdoor-*, RX-rv-key-case).
fn back_door(return_value: &Option<OutputValue>, binding: &OutputBinding<'_>, returns: bool) -> Option<OutputValue> {
    match return_value {
        Some(OutputValue::Json(Json::Object(members))) if !returns => {
            members.get(binding.name).cloned().map(OutputValue::Json)
        }
        _ => None,
    }
}

/// Where the real host reads a value a second time, it does so with Newtonsoft.Json's default limit: 130 levels are fine in an
/// answer (protocol.md#gatekeeping), but not in a response.
fn check_depth(value: &Json, levels: usize) -> Result<(), Failure> {
    if value.depth() <= levels {
        return Ok(());
    }
    Err(Failure::new(format!("a value is nested deeper than {levels} levels")).hint("send it as text"))
}

/// A string that is valid base64 becomes bytes, unless the binding says `dataType: binary` (protocol.md#output-values rules 3 to
/// 5).
fn decoded(value: OutputValue, binary: bool) -> OutputValue {
    match &value {
        OutputValue::Json(Json::Text(text)) if !binary => base64::decode(text).map_or(value, OutputValue::Bytes),
        _ => value,
    }
}

enum Named {
    Response(Raw),
    Value(OutputValue),
}

/// Takes a binding's value out of `Outputs`. `$return` is not looked for there (recordings RX-outputs-dollar-return-*), and
/// an output of type `http` that is missing gives the response `{}` (protocol.md#named-http-output; recording R04).
fn take_named(binding: &OutputBinding<'_>, outputs: Option<&mut Object>) -> Result<Option<Named>, Failure> {
    let Some(outputs) = outputs.filter(|_| !binding.is_return()) else { return Ok(None) };
    let value = outputs.get_mut(binding.name).map(std::mem::take);
    if binding.kind != "http" {
        return Ok(value.map(|value| Named::Value(decoded(OutputValue::Json(value), binding.binary))));
    }
    let raw = match value {
        Some(value) => named_response(binding.name, value)?,
        None => Raw::of(Content::Text("{}".to_owned())),
    };
    Ok(Some(Named::Response(raw)))
}

/// The response that an output of type `http` means: an object, or a string that holds one (recordings R07, RX-res-*).
fn named_response(name: &str, value: Json) -> Result<Raw, Failure> {
    let parsed = match &value {
        Json::Text(text) => json::parse(text).ok(),
        _ => None,
    };
    let value = parsed.unwrap_or(value);
    check_depth(&value, DEFAULT_MAX_DEPTH)?;
    match value {
        Json::Object(members) => members_response(name, members),
        other => Err(Failure::new(format!("`Outputs.{name}` is {}, not an object", other.kind()))
            .hint("give an object with `statusCode`, `headers` and `body`")),
    }
}

/// `statusCode`, `body` and `headers`, in any case; of a name given twice the last value counts (recording RX-body-twice), and
/// headers are laid over those before.
fn members_response(name: &str, members: Object) -> Result<Raw, Failure> {
    let mut raw = Raw::of(Content::Text(String::new()));
    for (member, value) in members {
        if same_name(&member, "statusCode") {
            raw.status = lenient_status(name, &value)?;
        } else if same_name(&member, "body") {
            let value = json::without_metadata(value).map_err(|error| {
                Failure::new(format!("`Outputs.{name}.body`: {error}"))
                    .hint("give the member another name, or send the body as text")
            })?;
            raw.body = Content::Text(json::into_text(value));
        } else if same_name(&member, "headers") {
            match value {
                value if counts_as_null(&value) => raw.headers.clear(),
                Json::Object(headers) => lay(&mut raw.headers, headers),
                other => {
                    let message = format!("`Outputs.{name}.headers` is {}, not an object", other.kind());
                    return Err(Failure::new(message).hint("give an object of header names and values"));
                }
            }
        }
    }
    Ok(raw)
}

/// Adds headers; one with exactly the same name as an earlier one takes its place.
fn lay(headers: &mut Vec<(String, Option<String>)>, more: Object) {
    let mut all: IndexMap<_, _> = std::mem::take(headers).into_iter().collect();
    all.extend(more.into_iter().map(|(name, value)| (name, header_text(value))));
    headers.extend(all);
}

/// An integer, or a string that holds one; anything else counts as 200, an array or object fails (recordings RX-sc-*).
fn lenient_status(name: &str, value: &Json) -> Result<i32, Failure> {
    Ok(match value {
        Json::Integer(number) => i32::try_from(*number).unwrap_or(OK),
        Json::Text(text) => number::parse_int(text).unwrap_or(OK),
        Json::Array(_) | Json::Object(_) => {
            return Err(Failure::new(format!("`Outputs.{name}.statusCode` is {}, not a number", value.kind())));
        }
        _ => OK,
    })
}

const OK: i32 = 200;

/// .NET's text; a null has none.
fn header_text(value: Json) -> Option<String> {
    (!value.is_null()).then(|| json::into_text(value))
}

/// The response that a value of an http binding means when it comes by `$return`, by the back door, or to a binding of type
/// `HTTP` (protocol.md#http-return-value, first table).
fn response(value: OutputValue) -> Result<HttpOutput, Failure> {
    let value = match value {
        OutputValue::Bytes(bytes) => return Ok(HttpOutput::Raw(Raw::of(Content::Bytes(bytes)))),
        OutputValue::Json(Json::Text(text)) => json::parse_untyped(&text).unwrap_or(Json::Text(text)),
        OutputValue::Json(other) => other,
    };
    match value {
        Json::Object(members) => object_response(members),
        other => Ok(HttpOutput::Raw(Raw::of(Content::Text(json::into_text(other))))),
    }
}

/// An object with a `body` is a response, one without is the body itself (recordings R33, RX-ret-object-*).
fn object_response(mut members: Object) -> Result<HttpOutput, Failure> {
    // One level is the object's own.
    members.values().try_for_each(|value| check_depth(value, DEFAULT_MAX_DEPTH - 1))?;
    let Some(body) = take_member(&mut members, "body") else {
        let text = json::to_indented(&Json::Object(members));
        return Ok(HttpOutput::Raw(Raw::of(Content::Text(text))));
    };
    let status = take_member(&mut members, "statusCode").or_else(|| take_member(&mut members, "status"));
    let status = status.map_or(Ok(OK), strict_status)?;
    let headers = match take_member(&mut members, "headers") {
        Some(Json::Object(headers)) => headers.into_iter().map(|(name, value)| (name, expanded_text(value))).collect(),
        _ => Vec::new(),
    };
    match take_member(&mut members, "enableContentNegotiation") {
        Some(Json::Bool(true)) => {
            return Ok(HttpOutput::Negotiated(Negotiated { status, headers, value: body, xml: true }));
        }
        Some(Json::Null) => return Err(Failure::new("`enableContentNegotiation` is null, not a boolean")),
        _ => {}
    }
    let body = match body {
        object @ Json::Object(_) => json::to_compact(&object),
        other => expanded_text(other).unwrap_or_default(),
    };
    Ok(HttpOutput::Raw(Raw { status, headers, body: Content::Text(body) }))
}

/// An integer beyond 32 bits fails here, other oddities count as 200.
fn strict_status(value: Json) -> Result<i32, Failure> {
    match value {
        Json::Integer(number) => i32::try_from(number)
            .map_err(|_| Failure::new(format!("the status {number} of the response object is no 32-bit number"))),
        Json::Text(text) => Ok(number::parse_int(&text).unwrap_or(OK)),
        _ => Ok(OK),
    }
}

/// The text of a value inside a response object, where the real host holds arrays and objects as .NET collections, whose
/// text is the name of their type (host source, `HttpBinding.CreateResult`).
fn expanded_text(value: Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Array(_) => Some("System.Collections.Generic.List`1[System.Object]".to_owned()),
        Json::Object(_) => Some("System.Dynamic.ExpandoObject".to_owned()),
        other => Some(json::into_text(other)),
    }
}

/// The member of exactly this name, else the first that differs only in case.
fn take_member(members: &mut Object, name: &str) -> Option<Json> {
    if let Some(value) = members.shift_remove(name) {
        return Some(value);
    }
    let spelling = members.keys().find(|key| same_name(key, name))?.clone();
    members.shift_remove(&spelling)
}

/// Where no output set the response, `ReturnValue` is it: negotiated, never decoded or parsed (protocol.md#http-return-value,
/// second table).
fn fallback(return_value: Option<OutputValue>, compatible: bool) -> Result<HttpOutput, Failure> {
    let value = match return_value {
        Some(OutputValue::Json(Json::Object(members))) if compatible => return object_response(members),
        Some(OutputValue::Json(value)) => value,
        Some(OutputValue::Bytes(bytes)) => Json::Text(base64::encode(&bytes)),
        None => Json::Null,
    };
    // .NET's serializer takes all but Newtonsoft.Json's own objects and arrays.
    let xml = value.depth() == 0;
    Ok(HttpOutput::Negotiated(Negotiated { status: OK, headers: Vec::new(), value, xml }))
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Verdict, judge};
    use super::*;

    const RES: OutputBinding<'_> = OutputBinding { name: "res", kind: "http", binary: false };
    const RET: OutputBinding<'_> = OutputBinding { name: "$return", kind: "http", binary: false };
    const MSG: OutputBinding<'_> = OutputBinding { name: "msg", kind: "queue", binary: false };

    fn outputs(answer: &str, bindings: &[OutputBinding<'_>]) -> Result<Outputs, Failure> {
        match judge(200, Some(b"application/json"), answer.as_bytes()) {
            Ok(Verdict::Answered(answer)) => convert(answer, bindings, false),
            other => panic!("{answer}: {other:?}"),
        }
    }

    fn raw(answer: &str, bindings: &[OutputBinding<'_>]) -> (i32, String) {
        match outputs(answer, bindings) {
            Ok(Outputs { http: HttpOutput::Raw(Raw { status, body: Content::Text(body), .. }), .. }) => (status, body),
            other => panic!("{answer}: {other:?}"),
        }
    }

    fn negotiated(answer: &str, bindings: &[OutputBinding<'_>]) -> Json {
        match outputs(answer, bindings) {
            Ok(Outputs { http: HttpOutput::Negotiated(negotiated), .. }) => negotiated.value,
            other => panic!("{answer}: {other:?}"),
        }
    }

    fn value(answer: &str, binding: OutputBinding<'_>) -> OutputValue {
        let mut outputs = outputs(answer, &[binding]).unwrap();
        assert_eq!(outputs.bindings.len(), 1, "{answer}");
        outputs.bindings.remove(0).1
    }

    fn text(text: &str) -> OutputValue {
        OutputValue::Json(Json::from(text))
    }

    #[test]
    fn named_http_output() {
        for (res, expected) in [
            (r#"{"statusCode":"201","body":"b"}"#, (201, "b")),
            (r#""{\"statusCode\":201,\"body\":\"b\"}""#, (201, "b")),
            (r#"{"status":404,"body":"x"}"#, (200, "x")),
            (r#"{"STATUSCODE":202,"Body":"x","body":"y"}"#, (202, "y")),
            (r#"{"body":"aGk="}"#, (200, "aGk=")),
            (r#"{"body":1.0}"#, (200, "1")),
            (r#"{"body":true}"#, (200, "True")),
            (r#"{"body":{"a":1}}"#, (200, "{\n  \"a\": 1\n}")),
            (r#"{"body":"2020-01-01T12:34:56.789Z"}"#, (200, "01/01/2020 12:34:56")),
            (r#"{"body":null}"#, (200, "")),
            ("{}", (200, "")),
            (r#"{"statusCode":201.0}"#, (200, "")),
            (r#"{"statusCode":99999999999}"#, (200, "")),
            (r#"{"statusCode":-1}"#, (-1, "")),
            (r#"{"headers":"","body":"x"}"#, (200, "x")),
            (r#"{"statusCode":true}"#, (200, "")),
        ] {
            let (status, body) = raw(&format!(r#"{{"Outputs":{{"res":{res}}}}}"#), &[RES]);
            assert_eq!((status, body.as_str()), expected, "{res}");
        }
        for res in [
            "null",
            "5",
            "true",
            "[]",
            "\"plain\"",
            "\"\"",
            "\"42\"",
            "\"[1,2]\"",
            "\"null\"",
            "\"2020-01-01T00:00:00Z\"",
            "\"test\"",
            "{\"statusCode\":[]}",
            "{\"statusCode\":{}}",
            "{\"headers\":\"a: b\"}",
            "{\"headers\":[]}",
            "{\"headers\":5}",
        ] {
            assert!(outputs(&format!(r#"{{"Outputs":{{"res":{res}}}}}"#), &[RES]).is_err(), "{res}");
        }
    }

    #[test]
    fn headers_given_twice_are_laid_over_each_other() {
        let res = r#"{"Outputs":{"res":{"headers":{"a":1,"b":2},"Headers":{"b":3,"c":4}}}}"#;
        let HttpOutput::Raw(Raw { headers, .. }) = outputs(res, &[RES]).unwrap().http else { panic!("{res}") };
        assert_eq!(
            headers,
            [("a", "1"), ("b", "3"), ("c", "4")].map(|(name, value)| (name.into(), Some(value.into())))
        );
    }

    #[test]
    fn what_is_read_twice_is_read_to_64_levels() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        for (levels, fits) in [(63, true), (64, false)] {
            let response = format!(r#"{{"body":{}}}"#, nested(levels));
            assert_eq!(outputs(&format!(r#"{{"Outputs":{{"res":{response}}}}}"#), &[RES]).is_ok(), fits, "{levels}");
            assert_eq!(outputs(&format!(r#"{{"ReturnValue":{response}}}"#), &[RET]).is_ok(), fits, "{levels}");
            assert_eq!(outputs(&format!(r#"{{"ReturnValue":{{"a":[{response}]}}}}"#), &[RES]).is_ok(), levels < 63);
        }
        assert!(outputs(&format!(r#"{{"ReturnValue":{}}}"#, nested(130)), &[RET]).is_ok());
    }

    #[test]
    fn missing_outputs() {
        assert_eq!(raw(r#"{"Outputs":{}}"#, &[RES]), (200, "{}".into()));
        assert_eq!(raw(r#"{"Outputs":{"Res":{"body":"x"}},"ReturnValue":"v"}"#, &[RES]), (200, "{}".into()));
        assert_eq!(negotiated("{}", &[RES]), Json::Null);
        assert_eq!(negotiated(r#"{"ReturnValue":"aGk="}"#, &[RES]), Json::from("aGk="));
        assert_eq!(negotiated(r#"{"ReturnValue":{"a":1}}"#, &[]), json::parse("{a:1}").unwrap());
        assert_eq!(negotiated(r#"{"Outputs":{"$return":"x"}}"#, &[RET]), Json::Null);
    }

    #[test]
    fn return_value_over_http() {
        for (value, expected) in [
            (r#"{"statusCode":202,"body":"x"}"#, (202, "x")),
            (r#"{"status":202,"body":"x"}"#, (202, "x")),
            (r#"{"statusCode":203,"status":202,"body":"x"}"#, (203, "x")),
            (r#"{"statusCode":null,"status":202,"body":"x"}"#, (200, "x")),
            (r#"{"status":202}"#, (200, "{\n  \"status\": 202\n}")),
            (r#"{"body":null}"#, (200, "")),
            (r#"{"body":{"a":1}}"#, (200, r#"{"a":1}"#)),
            (r#"{"body":"x","headers":"ignored"}"#, (200, "x")),
            ("5", (200, "5")),
            ("true", (200, "True")),
            ("[1]", (200, "[\n  1\n]")),
            (r#""plain""#, (200, "plain")),
            (r#""{\"a\":1}""#, (200, "{\n  \"a\": 1\n}")),
            (r#""42""#, (200, "42")),
            (r#""\"quoted\"""#, (200, "quoted")),
            (r#""{\"a\":""#, (200, "{\"a\":")),
        ] {
            let (status, body) = raw(&format!(r#"{{"Outputs":{{"res":5}},"ReturnValue":{value}}}"#), &[RET]);
            assert_eq!((status, body.as_str()), expected, "{value}");
        }
        let bytes = outputs(r#"{"ReturnValue":"aGk="}"#, &[RET]).unwrap().http;
        assert_eq!(bytes, HttpOutput::Raw(Raw::of(Content::Bytes(b"hi".to_vec()))));
        let binary = OutputBinding { binary: true, ..RET };
        assert_eq!(raw(r#"{"ReturnValue":"aGk="}"#, &[binary]), (200, "aGk=".into()));
        assert!(outputs(r#"{"ReturnValue":{"status":99999999999,"body":"x"}}"#, &[RET]).is_err());
        assert!(outputs(r#"{"ReturnValue":{"enableContentNegotiation":null,"body":"x"}}"#, &[RET]).is_err());
    }

    #[test]
    fn back_door_of_return_value() {
        assert_eq!(raw(r#"{"ReturnValue":{"res":{"status":202,"body":"x"}}}"#, &[RES]), (202, "x".into()));
        assert_eq!(
            raw(r#"{"Outputs":{"res":{"body":"a"}},"ReturnValue":{"res":"aGk="}}"#, &[RES]),
            (200, "aGk=".into())
        );
        assert!(matches!(negotiated(r#"{"ReturnValue":{"Res":{"body":"x"}}}"#, &[RES]), Json::Object(_)));
        assert_eq!(value(r#"{"ReturnValue":{"msg":"test"}}"#, MSG), text("test"));
    }

    #[test]
    fn several_http_outputs() {
        let second = OutputBinding { name: "second", ..RES };
        let s = r#"{"Outputs":{"second":{"statusCode":202,"body":"s"}}}"#;
        assert_eq!(raw(s, &[RES, second]), (202, "s".into()));
        assert_eq!(raw(r#"{"Outputs":{"res":{"body":"r"}}}"#, &[RES, second]), (200, "{}".into()));
        assert_eq!(raw(r#"{"Outputs":{"res":{"statusCode":201,"body":"r"}}}"#, &[RES, RET]), (201, "r".into()));
        assert_eq!(raw(r#"{"Outputs":{"res":{"body":"r"}},"ReturnValue":"s!"}"#, &[RES, RET]), (200, "s!".into()));
    }

    #[test]
    fn type_in_capitals() {
        let upper = OutputBinding { kind: "HTTP", ..RES };
        assert_eq!(raw(r#"{"Outputs":{"res":"plain text"}}"#, &[upper]), (200, "plain text".into()));
        assert_eq!(raw(r#"{"Outputs":{"res":{"statusCode":201,"body":"x"}}}"#, &[upper]), (201, "x".into()));
    }

    #[test]
    fn other_outputs() {
        assert_eq!(value(r#"{"Outputs":{"msg":"test"}}"#, MSG), OutputValue::Bytes(vec![0xB5, 0xEB, 0x2D]));
        assert_eq!(value(r#"{"Outputs":{"msg":"Hello,World"}}"#, MSG), text("Hello,World"));
        assert_eq!(value(r#"{"Outputs":{"msg":"test"}}"#, OutputBinding { binary: true, ..MSG }), text("test"));
        for none in [r#"{"Outputs":{"msg":null}}"#, r#"{"Outputs":{"Msg":"x!"}}"#, "{}"] {
            assert!(outputs(none, &[MSG]).unwrap().bindings.is_empty(), "{none}");
        }
        let queue_return = OutputBinding { name: "$return", ..MSG };
        let both = r#"{"Outputs":{"$return":"a!"},"ReturnValue":"b!"}"#;
        assert_eq!(value(both, queue_return), text("b!"));
    }
}
