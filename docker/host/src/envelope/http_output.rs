//! What an invocation says to its HTTP caller (protocol.md#named-http-output and #http-return-value).

use super::invocation_result::{can_be_read_over, counts_as_null};
use super::output_value::OutputValue;
use crate::app::Diagnostic;
use dotnet_text::base64;
use dotnet_text::json::{self, DEFAULT_MAX_DEPTH, Json, Object};
use dotnet_text::letter_case::same_name;
use dotnet_text::number;
use indexmap::IndexMap;

#[derive(Debug, Clone, PartialEq)]
pub struct HttpOutput {
    /// Unchecked; that of a negotiated null is another.
    pub status: i32,
    /// Names and values, unchecked; `None` for a null.
    pub headers: Vec<(String, Option<String>)>,
    pub body: Content,
}

impl HttpOutput {
    /// A 200 without headers.
    pub fn of(body: Content) -> Self {
        Self { status: OK, headers: Vec::new(), body }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text: it has a `Content-Type`, always with `charset=utf-8`.
    Text(String),
    /// Bytes: there is no `Content-Type` at all.
    Bytes(Vec<u8>),
    /// A value whose form the caller's `Accept` has a say in.
    Negotiated { value: Json, xml: bool },
}

/// The response that an output of type `http` means: an object, or a string that holds one (recordings R07, RX-res-*). Without a
/// value it is `{}` (recording R04).
pub(super) fn of_named(name: &str, value: Option<Json>) -> Result<HttpOutput, Diagnostic> {
    let Some(value) = value else { return Ok(HttpOutput::of(Content::Text("{}".to_owned()))) };
    let parsed = match &value {
        Json::Text(text) => json::parse(text).ok(),
        _ => None,
    };
    let value = parsed.unwrap_or(value);
    check_depth(&value, DEFAULT_MAX_DEPTH)?;
    match plain(value, || format!("Outputs.{name}"))? {
        Json::Object(members) => members_response(name, members),
        other => Err(Diagnostic::of_whole(format!("`Outputs.{name}` is {}, not an object", other.kind()))
            .hint("give an object with `statusCode`, `headers` and `body`")),
    }
}

/// `statusCode`, `body` and `headers`, in any case; of a name given twice the last value counts (recording RX-body-twice), and
/// headers are laid over those before. `status` means nothing, but must be a text or a number, too.
fn members_response(name: &str, members: Object) -> Result<HttpOutput, Diagnostic> {
    let mut output = HttpOutput::of(Content::Text(String::new()));
    let mut body = Json::Null;
    for (member, value) in members {
        if same_name(&member, "statusCode") {
            output.status = lenient_status(name, "statusCode", &value)?;
        } else if same_name(&member, "status") {
            lenient_status(name, "status", &value)?;
        } else if same_name(&member, "body") {
            if !can_be_read_over(&body, &value) {
                let text = format!("`Outputs.{name}` has two bodies: {}, and then {}", body.kind(), value.kind());
                return Err(Diagnostic::of_whole(text).hint("give one `body`"));
            }
            body = plain(value, || format!("Outputs.{name}.body"))?;
        } else if same_name(&member, "headers") {
            match plain(value, || format!("Outputs.{name}.headers"))? {
                value if counts_as_null(&value) => output.headers.clear(),
                Json::Object(headers) => lay(&mut output.headers, headers)?,
                other => {
                    let message = format!("`Outputs.{name}.headers` is {}, not an object", other.kind());
                    return Err(Diagnostic::of_whole(message).hint("give an object of header names and values"));
                }
            }
        }
    }
    output.body = Content::Text(json::into_text(body));
    Ok(output)
}

/// What Newtonsoft.Json makes of a value where any type may stand.
pub(super) fn plain(value: Json, path: impl Fn() -> String) -> Result<Json, Diagnostic> {
    json::without_metadata(value).map_err(|error| {
        Diagnostic::of_whole(format!("`{}`: {error}", path()))
            .hint("give the member another name, or send the value as text")
    })
}

/// Adds headers; one with exactly the same name as an earlier one takes its place.
fn lay(headers: &mut Vec<(String, Option<String>)>, more: Object) -> Result<(), Diagnostic> {
    let mut all: IndexMap<_, _> = std::mem::take(headers).into_iter().collect();
    for (name, value) in more {
        let value = plain(value, || format!("headers.{name}"))?;
        all.insert(name, (!value.is_null()).then(|| json::into_text(value)));
    }
    headers.extend(all);
    Ok(())
}

/// An integer, or a string that holds one; anything else counts as 200, but an array, an object and `undefined`, of which .NET makes no
/// text, fail (recordings RX-sc-*).
fn lenient_status(name: &str, member: &str, value: &Json) -> Result<i32, Diagnostic> {
    Ok(match value {
        Json::Integer(number) => i32::try_from(*number).unwrap_or(OK),
        Json::Text(text) => number::parse_int(text).unwrap_or(OK),
        Json::Array(_) | Json::Object(_) | Json::Undefined => {
            return Err(Diagnostic::of_whole(format!("`Outputs.{name}.{member}` is {}, not a number", value.kind())));
        }
        _ => OK,
    })
}

const OK: i32 = 200;

/// The response that a value of an http binding means when it comes by `$return`, by the back door, or to a binding of type
/// `HTTP` (protocol.md#http-return-value, first table).
pub(super) fn of_value(value: OutputValue) -> Result<HttpOutput, Diagnostic> {
    let value = match value {
        OutputValue::Bytes(bytes) => return Ok(HttpOutput::of(Content::Bytes(bytes))),
        OutputValue::Json(Json::Text(text)) => match json::parse_untyped(&text).map(json::without_metadata) {
            Ok(Ok(value)) => value,
            Ok(Err(error)) if error.is_null_reference() => return Err(Diagnostic::of_whole(error.to_string())),
            Ok(Err(_)) | Err(_) => Json::Text(text),
        },
        OutputValue::Json(other) => other,
    };
    match value {
        Json::Object(members) => object_response(members),
        other => Ok(HttpOutput::of(Content::Text(json::into_text(other)))),
    }
}

/// An object with a `body` is a response, one without is the body itself (recordings R33, RX-ret-object-*).
fn object_response(mut members: Object) -> Result<HttpOutput, Diagnostic> {
    // One level is the object's own.
    members.values().try_for_each(|value| check_depth(value, DEFAULT_MAX_DEPTH - 1))?;
    let Some(body) = take_member(&mut members, "body") else {
        return Ok(HttpOutput::of(Content::Text(json::to_indented(&Json::Object(members)))));
    };
    let status = take_member(&mut members, "statusCode").or_else(|| take_member(&mut members, "status"));
    let status = status.map_or(Ok(OK), strict_status)?;
    let headers = match take_member(&mut members, "headers") {
        Some(Json::Object(headers)) => headers.into_iter().map(|(name, value)| (name, expanded_text(value))).collect(),
        _ => Vec::new(),
    };
    match take_member(&mut members, "enableContentNegotiation") {
        Some(Json::Bool(true)) => {
            return Ok(HttpOutput { status, headers, body: Content::Negotiated { value: body, xml: true } });
        }
        Some(Json::Null | Json::Undefined) => {
            return Err(Diagnostic::of_whole("`enableContentNegotiation` is null, not a boolean"));
        }
        _ => {}
    }
    let body = match body {
        object @ Json::Object(_) => json::to_compact(&object),
        other => expanded_text(other).unwrap_or_default(),
    };
    Ok(HttpOutput { status, headers, body: Content::Text(body) })
}

/// An integer beyond 32 bits fails here, other oddities count as 200.
fn strict_status(value: Json) -> Result<i32, Diagnostic> {
    match value {
        Json::Integer(number) => i32::try_from(number).map_err(|_| {
            Diagnostic::of_whole(format!("the status {number} of the response object is not a 32-bit number"))
        }),
        Json::Text(text) => Ok(number::parse_int(&text).unwrap_or(OK)),
        _ => Ok(OK),
    }
}

/// The text of a value inside a response object, where the real host holds arrays and objects as .NET collections, whose
/// text is the name of their type (host source, `HttpBinding.CreateResult`).
fn expanded_text(value: Json) -> Option<String> {
    match value {
        Json::Null | Json::Undefined => None,
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
pub(super) fn of_return_value(return_value: Option<OutputValue>, compatible: bool) -> Result<HttpOutput, Diagnostic> {
    let value = match return_value {
        Some(OutputValue::Json(Json::Object(members))) if compatible => return object_response(members),
        Some(OutputValue::Json(value)) => value,
        Some(OutputValue::Bytes(bytes)) => Json::Text(base64::encode(&bytes)),
        None => Json::Null,
    };
    // .NET's serializer takes all but Newtonsoft.Json's own objects and arrays.
    let xml = value.depth() == 0;
    Ok(HttpOutput::of(Content::Negotiated { value, xml }))
}

/// Where the real host reads a value a second time, it does so with Newtonsoft.Json's default limit: 130 levels are fine in an
/// answer (protocol.md#gatekeeping), but not in a response.
pub(super) fn check_depth(value: &Json, levels: usize) -> Result<(), Diagnostic> {
    if value.depth() <= levels {
        return Ok(());
    }
    Err(Diagnostic::of_whole(format!("a value is nested deeper than {levels} levels")).hint("send it as text"))
}
