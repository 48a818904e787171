//! What is wrong with a function that only the SDK finds, when it indexes the function.

use std::fmt::Display;

use serde_json::Value;

use super::binding::{Binding, BindingKind};
use super::descriptor::Registered;
use super::diagnostic::Diagnostic;
use super::function::Function;
use super::metadata_value;
use super::settings::Settings;
use crate::grammar::{self, route, schedule::Schedule};

/// What only the SDK's indexing of a function finds: in its words, and what of them is said to people. By then the function has
/// taken its route.
pub(super) fn find(function: &Function, registered: &Registered<'_>) -> Option<(String, Diagnostic)> {
    let found = route(function, registered.prefix).or_else(|| settings(function, registered));
    found.or_else(|| trigger(function, registered))
}

/// A route that is a template behind the prefix, and not by itself.
fn route(function: &Function, prefix: &str) -> Option<(String, Diagnostic)> {
    let (words, reason) = route::index_error(prefix, &function.http.as_ref()?.route)?;
    let diagnostic =
        Diagnostic::new(reason, function.trigger_binding()?.at("route")).hint("begin the route without `~`");
    Some((in_words(function, words), diagnostic))
}

/// What the SDK says of a function that it cannot index.
fn in_words(function: &Function, reason: impl Display) -> String {
    format!("Microsoft.Azure.WebJobs.Host: Error indexing method 'Functions.{}'. {reason}", function.name)
}

/// Properties in which `%name%` is replaced by a setting when the function is loaded (protocol.md#binding-expressions): HTTP routes
/// are not among them, nor what a binding of this kind does not know.
fn resolved_properties(kind: BindingKind) -> &'static [&'static str] {
    match kind {
        BindingKind::HttpTrigger | BindingKind::Http => &[],
        BindingKind::TimerTrigger => &["schedule"],
        BindingKind::QueueTrigger | BindingKind::Queue => &["queueName"],
        BindingKind::BlobTrigger | BindingKind::Blob => &["path"],
        _ => &["schedule", "queueName", "path", "eventHubName", "consumerGroup"],
    }
}

/// A setting that a binding names and that is not there (recording TX-timer-missing-setting), or whose name has no end.
fn settings(function: &Function, registered: &Registered<'_>) -> Option<(String, Diagnostic)> {
    for binding in &function.bindings {
        for &property in resolved_properties(binding.kind) {
            let Some(text) = binding.property(property).and_then(Value::as_str) else { continue };
            if let Some(diagnostic) = metadata_value::too_long(property, text, binding.at(property)) {
                return Some((diagnostic.message.clone(), diagnostic));
            }
            if let Err(error) = registered.settings.expand(text) {
                let text = in_words(function, format_args!("Microsoft.Azure.WebJobs.Host: {error}"));
                let hint = match &error {
                    grammar::Error::NoSetting(missing) => format!("set the environment variable `{missing}`"),
                    _ => "a percent sign begins and ends the name of a setting".to_owned(),
                };
                return Some((text, Diagnostic::new(error.to_string(), binding.at(property)).hint(hint)));
            }
        }
    }
    None
}

/// A trigger that cannot be listened to (recording TX-timer-bad).
fn trigger(function: &Function, registered: &Registered<'_>) -> Option<(String, Diagnostic)> {
    let binding = function.trigger_binding()?;
    let (property, reason) = trigger_error(binding, registered.settings)?;
    let mut text = in_words(function, format_args!("{}: {reason}", reason.library()));
    if !text.ends_with('.') {
        text.push('.');
    }
    let example = match property {
        "schedule" => {
            "six fields with seconds first, such as `0 */5 * * * *` for every five minutes; weekdays are 0 to 6, and `?` is \
                       unknown. Or a time span, such as `00:05:00`"
        }
        "queueName" => "3 to 63 letters, digits and hyphens, such as `orders`",
        "connection" => "the name of a setting, or `%NAME%` for the setting that has that name",
        _ => {
            "container and name, such as `samples/{name}`; a container has 3 to 63 lower-case letters, digits and hyphens"
        }
    };
    let hint = match binding.property(property) {
        Some(Value::String(text)) if !text.trim().is_empty() => example.to_owned(),
        Some(_) => format!("`{property}` is a text: {example}"),
        None => format!("add `{property}`: {example}"),
    };
    Some((text, Diagnostic::new(reason.to_string(), binding.at(property)).hint(hint)))
}

/// Why a function cannot be loaded because of its trigger, and the property that is wrong (recording TX-timer-bad). Settings that
/// are missing are not looked for.
fn trigger_error(trigger: &Binding, settings: &Settings) -> Option<(&'static str, grammar::Error)> {
    match trigger.kind {
        BindingKind::TimerTrigger => {
            let Some(written) = trigger.text("schedule").filter(|text| !text.is_empty()) else {
                return Some(("schedule", grammar::Error::NoSchedule));
            };
            Some(("schedule", Schedule::parse(&settings.expand(&written).ok()?).err()?))
        }
        BindingKind::QueueTrigger => match trigger.queue(settings) {
            Err(error) => Some(("queueName", error)),
            Ok(_) => connection_error(trigger, settings),
        },
        BindingKind::BlobTrigger => match trigger.blob_pattern(settings) {
            Err(error) => Some(("path", error)),
            Ok(_) => connection_error(trigger, settings),
        },
        _ => None,
    }
}

/// A trigger's account is opened when the function is indexed, that of an output when it is written.
fn connection_error(trigger: &Binding, settings: &Settings) -> Option<(&'static str, grammar::Error)> {
    Some(("connection", settings.expand(trigger.connection.as_deref()?).err()?))
}
