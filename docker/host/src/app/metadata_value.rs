//! What the real host asks of a binding once its description has been read (`ScriptBindingContext.GetMetadataValue` and the SDK's
//! `AttributeConverter.CreateDirect`), and its words where a value does not convert.

use dotnet_text::document::Document;
use dotnet_text::letter_case::is_one_of;
use dotnet_text::number;
use serde_json::Value;

use super::auth_level::AuthLevel;
use super::binding::{Binding, BindingKind};
use super::conversion::{boolean, cast_to_text, dotnet_type, is_date, not_text};
use super::diagnostic::Diagnostic;

/// Templates cost many times their length. No path is longer than Kestrel's limit on request lines, and no name in storage than 1 KiB,
/// which leaves room for expressions.
const MOST_TEMPLATE_BYTES: usize = 64 * 1024;

/// The first value of a binding that the real host cannot use, in the order in which it asks.
pub(super) fn find(binding: &Binding, file: &Document) -> Option<Diagnostic> {
    let asked = || match binding.kind {
        BindingKind::HttpTrigger => http_trigger(binding),
        BindingKind::TimerTrigger => timer_trigger(binding),
        BindingKind::QueueTrigger | BindingKind::Queue => attribute(binding, "queueName", file),
        BindingKind::BlobTrigger | BindingKind::Blob => attribute(binding, "path", file),
        _ => None,
    };
    no_properties(binding).or_else(asked)
}

/// `properties` may be left out, but not be empty.
fn no_properties(binding: &Binding) -> Option<Diagnostic> {
    let is_empty = |value: &&Value| value.is_null() || value.as_str() == Some("");
    binding.property("properties").filter(is_empty)?;
    let text = "Value cannot be null. (Parameter 'dictionary').";
    Some(Diagnostic::new(text, binding.at("properties")).hint("remove it"))
}

fn http_trigger(trigger: &Binding) -> Option<Diagnostic> {
    // Any number is a level, to .NET.
    let is_level = |text: &String| text.is_empty() || number::enumeration(text, &AuthLevel::NAMES).is_some();
    let level = trigger.text("authLevel").filter(|level| !is_level(level)).map(|_| {
        let hint = format!("one of `{}`", AuthLevel::NAMES.join("`, `"));
        unusable(trigger, "authLevel", "enum type AuthorizationLevel", "").hint(hint)
    });
    let methods = trigger.property("methods").filter(|methods| !methods.is_null() && !methods.is_array());
    let methods = methods.map(|methods| {
        let reason = not_text(methods).unwrap_or_else(|| {
            format!("Invalid cast from '{}' to 'Newtonsoft.Json.Linq.JArray'.", dotnet_type(methods))
        });
        unusable(trigger, "methods", "type JArray", &reason).hint("write a list: [\"get\", \"post\"]")
    });
    let mut listed = trigger.property("methods").and_then(Value::as_array).into_iter().flatten();
    let nested = listed.find_map(not_text).map(|reason| {
        Diagnostic::new(reason, trigger.at("methods")).hint("write a list of texts: [\"get\", \"post\"]")
    });
    let route = || too_long("route", &trigger.text("route")?, trigger.at("route"));
    let text = |property: &str| text_error(trigger, property);
    text("authLevel").or(level).or(methods).or(nested).or_else(|| text("route")).or_else(route)
}

fn timer_trigger(trigger: &Binding) -> Option<Diagnostic> {
    let switch = |property: &str| {
        let reason = boolean(trigger.property(property)?).err()?;
        Some(unusable(trigger, property, "type Boolean", &reason).hint("write `true` or `false`"))
    };
    text_error(trigger, "schedule").or_else(|| switch("runOnStartup")).or_else(|| switch("useMonitor"))
}

/// A binding of the Storage extension, of which an attribute is made.
fn attribute(binding: &Binding, name: &str, file: &Document) -> Option<Diagnostic> {
    let (at, reason) = illegal_direction(binding)
        .map(|reason| ("direction", reason))
        .or_else(|| match binding.property(name) {
            None => Some((name, "Can't figure out which ctor to call.".to_owned())),
            value => Some((name, cast_to_text(value, name).err()?.message)),
        })
        .or_else(|| Some(("source", source_error(binding, file)?)))?;
    let (name, kind) = (&binding.name, &binding.type_name);
    let text = format!(
        "Unable to configure binding '{name}' of type '{kind}'. This may indicate invalid function.json properties. {reason}"
    );
    let hint = match at {
        "queueName" => "add `queueName`, such as \"orders\"",
        "path" => "add `path`, such as \"samples/{name}\"",
        "direction" => "`in`, `out` or `inout`",
        _ => "`EventGrid` or `LogsAndContainerScan`",
    };
    let place = if binding.property(at).is_some() { binding.at(at) } else { binding.place.clone() };
    Some(Diagnostic::new(text, place).hint(hint))
}

/// The direction of a blob is read a second time, as it is written.
fn illegal_direction(binding: &Binding) -> Option<String> {
    let direction = binding.text("direction").filter(|_| binding.kind == BindingKind::Blob)?;
    let is_legal = is_one_of(&direction, &["in", "out", "inout"]);
    (!is_legal).then(|| format!("Illegal direction value: '{direction}'."))
}

/// How a blob trigger is to hear of blobs.
fn source_error(trigger: &Binding, file: &Document) -> Option<String> {
    let source = trigger.property("source").filter(|_| trigger.kind == BindingKind::BlobTrigger)?;
    let kind = match source {
        Value::String(text) if is_date(text) => "Date",
        Value::String(text) if number::enumeration(text, &["LogsAndContainerScan", "EventGrid"]).is_some() => {
            return None;
        }
        Value::String(text) => {
            let (line, position) = file.newtonsoft_place(&trigger.at("source"));
            return Some(format!(
                "Could not convert '{text}' to BlobTriggerSource. Error converting value \"{text}\" to type \
                 'Microsoft.Azure.WebJobs.BlobTriggerSource'. Path 'source', line {line}, position {position}. Requested value \
                 '{text}' was not found."
            ));
        }
        Value::Null => "Null",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
        Value::Bool(_) | Value::Number(_) => return None,
    };
    Some(format!("Can not convert {kind} to Int32."))
}

fn unusable(binding: &Binding, property: &str, of_type: &str, reason: &str) -> Diagnostic {
    let text = format!(
        "Error parsing function.json: Invalid value specified for binding property '{property}' of {of_type}. {reason}"
    );
    Diagnostic::new(text.trim_end(), binding.at(property))
}

fn text_error(binding: &Binding, property: &str) -> Option<Diagnostic> {
    let reason = not_text(binding.property(property)?)?;
    Some(unusable(binding, property, "type String", &reason).hint("write a text: \"…\""))
}

/// A text of which too much would be made.
pub(super) fn too_long(name: &str, text: &str, path: String) -> Option<Diagnostic> {
    (text.len() > MOST_TEMPLATE_BYTES).then(|| {
        let text = format!("`{name}` has {} bytes, and mini-host takes {MOST_TEMPLATE_BYTES} at most", text.len());
        Diagnostic::new(text, path).hint("a request has room for 8 KiB of a path, and storage for 1 KiB of a name")
    })
}
