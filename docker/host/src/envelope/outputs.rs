//! From a result to the values of output bindings (protocol.md#output-values to #http-return-value).

use super::http_output::{self, HttpOutput, check_depth};
use super::invocation_result::InvocationResult;
use super::output_value::OutputValue;
use crate::app::Diagnostic;
use dotnet_text::base64;
use dotnet_text::json::{DEFAULT_MAX_DEPTH, Json, Object, without_metadata};

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
pub struct Outputs {
    /// What the HTTP caller gets; of no interest to other triggers.
    pub http: HttpOutput,
    /// The values of all other output bindings, by their place in the list given.
    pub bindings: Vec<(usize, OutputValue)>,
}

/// Gives each output binding its value. `compatible` is `FUNCTIONS_V2_COMPATIBILITY_MODE` (recording DX-compat).
pub fn convert(
    result: InvocationResult,
    bindings: &[OutputBinding<'_>],
    compatible: bool,
) -> Result<Outputs, Diagnostic> {
    let InvocationResult { mut outputs, return_value, .. } = result;
    let mut return_value = return_value.map(OutputValue::Json);
    let returns = bindings.iter().find(|binding| binding.is_return());
    if let Some(binding) = returns {
        return_value = return_value.map(|value| decoded(value, binding.binary));
    }
    if let Some(OutputValue::Json(Json::Object(members))) = &return_value
        && returns.is_none()
    {
        members.iter().try_for_each(|(name, value)| check_member(name, value))?;
    }
    let mut http = None;
    let mut values = Vec::new();
    for (index, binding) in bindings.iter().enumerate() {
        let named = take_named(binding, outputs.as_mut())?;
        let value = match back_door(&return_value, binding, returns.is_some()) {
            Some(value) => value,
            None => match named {
                Some(Named::Response(response)) => {
                    http = Some(response);
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
            http = Some(http_output::of_value(value)?);
        } else {
            values.push((index, value));
        }
    }
    let http = http.map_or_else(|| http_output::of_return_value(return_value, compatible), Ok)?;
    Ok(Outputs { http, bindings: values })
}

/// Without a `$return` binding, a key of an object `ReturnValue` that names an output goes to it unconverted
/// (protocol.md#http-return-value; recordings R37, RX-rv-backdoor-*, RX-rv-key-case).
fn back_door(return_value: &Option<OutputValue>, binding: &OutputBinding<'_>, returns: bool) -> Option<OutputValue> {
    match return_value {
        Some(OutputValue::Json(Json::Object(members))) if !returns => {
            let value = without_metadata(members.get(binding.name)?.clone());
            Some(OutputValue::Json(value.unwrap_or_default()))
        }
        _ => None,
    }
}

/// The real host reads every member of such a `ReturnValue` a second time, whether it names an output or not.
fn check_member(name: &str, value: &Json) -> Result<(), Diagnostic> {
    check_depth(value, DEFAULT_MAX_DEPTH)?;
    let may_have_metadata = value.as_object().and_then(Object::first).is_some_and(|(first, _)| first.starts_with('$'));
    if may_have_metadata {
        http_output::plain(value.clone(), || format!("ReturnValue.{name}"))?;
    }
    Ok(())
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
    Response(HttpOutput),
    Value(OutputValue),
}

/// Takes a binding's value out of `Outputs`. `$return` is not looked for there (recordings RX-outputs-dollar-return-*), and
/// an output of type `http` that is missing gives a response, too (protocol.md#named-http-output).
fn take_named(binding: &OutputBinding<'_>, outputs: Option<&mut Object>) -> Result<Option<Named>, Diagnostic> {
    let Some(outputs) = outputs.filter(|_| !binding.is_return()) else { return Ok(None) };
    let value = outputs.get_mut(binding.name).map(std::mem::take);
    if binding.kind != "http" {
        return Ok(value.map(|value| Named::Value(decoded(OutputValue::Json(value), binding.binary))));
    }
    http_output::of_named(binding.name, value).map(|response| Some(Named::Response(response)))
}

#[cfg(test)]
mod tests {
    use super::super::http_output::Content;
    use super::super::invocation_result::{Verdict, judge};
    use super::*;

    const RES: OutputBinding<'_> = OutputBinding { name: "res", kind: "http", binary: false };
    const RET: OutputBinding<'_> = OutputBinding { name: "$return", kind: "http", binary: false };
    const MSG: OutputBinding<'_> = OutputBinding { name: "msg", kind: "queue", binary: false };

    fn outputs(result: &str, bindings: &[OutputBinding<'_>]) -> Result<Outputs, Diagnostic> {
        match judge(200, Some(b"application/json"), result.as_bytes()) {
            Ok(Verdict::Completes(result)) => convert(result, bindings, false),
            other => panic!("{result}: {other:?}"),
        }
    }

    fn raw(result: &str, bindings: &[OutputBinding<'_>]) -> (i32, String) {
        match outputs(result, bindings) {
            Ok(Outputs { http: HttpOutput { status, body: Content::Text(body), .. }, .. }) => (status, body),
            other => panic!("{result}: {other:?}"),
        }
    }

    fn negotiated(result: &str, bindings: &[OutputBinding<'_>]) -> Json {
        match outputs(result, bindings) {
            Ok(Outputs { http: HttpOutput { body: Content::Negotiated { value, .. }, .. }, .. }) => value,
            other => panic!("{result}: {other:?}"),
        }
    }

    fn value(result: &str, binding: OutputBinding<'_>) -> OutputValue {
        let mut outputs = outputs(result, &[binding]).unwrap();
        assert_eq!(outputs.bindings.len(), 1, "{result}");
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
            (r#""{\"$type\":\"x\",\"body\":1,\"$id\":2}""#, (200, "1")),
            (r#"{"body":[],"Body":5,"BODY":5}"#, (200, "5")),
            (r#"{"body":[,undefined]}"#, (200, "[\n  undefined,\n  undefined\n]")),
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
            "{\"statusCode\":undefined}",
            "{\"statusCode\":{}}",
            "{\"headers\":\"a: b\"}",
            "{\"headers\":[]}",
            "{\"headers\":5}",
            "{\"status\":[]}",
            "{\"status\":{}}",
            "{\"headers\":{\"$type\":[]}}",
            "{\"headers\":{\"a\":{\"$type\":[]}}}",
            "{\"body\":5,\"Body\":[]}",
            "{\"body\":{},\"Body\":[]}",
        ] {
            assert!(outputs(&format!(r#"{{"Outputs":{{"res":{res}}}}}"#), &[RES]).is_err(), "{res}");
        }
    }

    #[test]
    fn headers_given_twice_are_laid_over_each_other() {
        let res = r#"{"Outputs":{"res":{"headers":{"$type":"x","a":1,"b":2},"Headers":{"b":3,"c":4}}}}"#;
        let HttpOutput { headers, .. } = outputs(res, &[RES]).unwrap().http;
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
        assert_eq!(negotiated(r#"{"ReturnValue":{"a":1}}"#, &[]), dotnet_text::json::parse("{a:1}").unwrap());
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
            (r#""{\"$ref\":\"1\"}""#, (200, "")),
            (r#""{\"$ref\":[]}""#, (200, "{\"$ref\":[]}")),
        ] {
            let (status, body) = raw(&format!(r#"{{"Outputs":{{"res":5}},"ReturnValue":{value}}}"#), &[RET]);
            assert_eq!((status, body.as_str()), expected, "{value}");
        }
        // What is no JSON object to .NET stays text, but for this, on which its reader stumbles.
        assert!(outputs(r#"{"ReturnValue":"{\"$type\":[]}"}"#, &[RET]).is_err());
        let bytes = outputs(r#"{"ReturnValue":"aGk="}"#, &[RET]).unwrap().http;
        assert_eq!(bytes, HttpOutput::of(Content::Bytes(b"hi".to_vec())));
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
        let metadata = r#"{"ReturnValue":{"res":{"$type":"x","body":"y"},"other":{"a":{"$type":[]}}}}"#;
        assert_eq!(raw(metadata, &[RES]), (200, "y".into()));
        assert!(outputs(r#"{"ReturnValue":{"other":{"$type":[]}}}"#, &[RES]).is_err());
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
