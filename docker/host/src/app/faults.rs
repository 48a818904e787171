//! What is wrong with a function that could be read, in the words of the real host (protocol.md#discovery-and-names).

use std::collections::HashSet;

use dotnet_text::letter_case::is_one_of;
use serde_json::Value;

use super::binding::{Binding, BindingKind, Direction};
use super::by_hand::{BY_HAND_TYPES, is_by_hand};
use super::diagnostic::Diagnostic;
use super::function::Function;
use super::metadata_value;
use super::settings::Settings;
use crate::grammar::spelling::{self, did_you_mean};

/// Binding types built into the host (protocol.md#extension-bundles); all others come with an extension bundle.
const BUILT_IN_TYPES: [&str; 4] = ["httpTrigger", "http", "timerTrigger", "manualTrigger"];

/// Binding types of the extension bundle that this host knows.
pub(crate) const EXTENSION_TYPES: [&str; 6] =
    ["queueTrigger", "queue", "blobTrigger", "blob", "eventHubTrigger", "eventHub"];

/// What to do about bindings whose extension is not there.
pub(crate) const ADD_BUNDLE: &str = "add to host.json: \"extensionBundle\": {\"id\": \"Microsoft.Azure.Functions.ExtensionBundle\", \"version\": \"[4.*, 5.0.0)\"}";

const MOST_NAME_BYTES: usize = 128;

pub(super) struct Registered<'a> {
    /// Whether the bindings of an extension bundle are installed.
    pub extensions: bool,
    /// Whether host.json names a bundle.
    pub bundle: bool,
    pub settings: &'a Settings,
    /// What all routes begin with.
    pub prefix: &'a str,
}

/// `^[a-z][a-z0-9_\-]{0,127}$` ignoring case, and not `host` (protocol.md#discovery-and-names).
pub fn is_function_name(name: &str) -> bool {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    letters
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= MOST_NAME_BYTES
        && !name.eq_ignore_ascii_case("host")
}

/// The first fault of a function's description, in the order in which the real host looks (`FunctionDescriptorProvider`). Its
/// route is looked at next, and then what [`super::indexing::find`] finds.
pub(super) fn find(function: &Function, registered: &Registered<'_>) -> Option<Diagnostic> {
    let bindings = &function.bindings;
    names(bindings)
        .or_else(|| triggers(bindings))
        .or_else(|| values(function, registered))
        .or_else(|| types(bindings, registered))
}

fn names(bindings: &[Binding]) -> Option<Diagnostic> {
    let mut taken = HashSet::new();
    for (index, binding) in bindings.iter().enumerate() {
        let name = &binding.name;
        let at = format!("bindings[{index}].name");
        if !is_binding_name(name) {
            let text = format!("The binding name {name} is invalid. Please assign a valid name to the binding.");
            let hint = if name.is_empty() {
                "add `name`, such as `req`: the handler finds the value under it"
            } else {
                "a letter, then letters and digits; or `$return` for an output"
            };
            return Some(Diagnostic::new(text, at).hint(hint));
        }
        if name == "$return" && binding.direction != Direction::Out {
            let hint = "name an input otherwise, such as `req`, or write \"direction\": \"out\"";
            return Some(Diagnostic::new("$return bindings must specify a direction of 'out'.", at).hint(hint));
        }
        if binding.property("type").is_none_or(Value::is_null) {
            let text = format!("Binding '{name}' is invalid. Bindings must specify a Type.");
            return Some(
                Diagnostic::new(text, format!("bindings[{index}]")).hint("add `type`, such as `httpTrigger` or `http`"),
            );
        }
        if !taken.insert(name.to_lowercase()) {
            let text = format!("Multiple bindings with name '{name}' discovered. Binding names must be unique.");
            return Some(
                Diagnostic::new(text, at).hint("give one of the two another name; letter case does not count"),
            );
        }
    }
    None
}

fn triggers(bindings: &[Binding]) -> Option<Diagnostic> {
    match bindings.iter().filter(|binding| binding.is_trigger()).count() {
        0 => {
            let fault = Diagnostic::new(
                "No trigger binding specified. A function must have a trigger input binding.",
                "bindings",
            );
            let backwards = bindings.iter().position(|binding| binding.type_name.to_lowercase().ends_with("trigger"));
            Some(match backwards {
                Some(index) => {
                    fault.moved(format!("bindings[{index}].direction")).hint("a trigger's direction is `in`")
                }
                None => misspelt_trigger(bindings, &fault)
                    .unwrap_or_else(|| fault.hint("add a binding whose type ends in `Trigger`")),
            })
        }
        1 => None,
        _ => {
            let text = "Multiple trigger bindings defined. A function can only have a single trigger binding.";
            let mut all = bindings.iter().enumerate().filter(|(_, binding)| binding.is_trigger());
            let at = all.nth(1).map_or_else(|| "bindings".to_owned(), |(index, _)| format!("bindings[{index}].type"));
            Some(Diagnostic::new(text, at).hint("this is the second: make two functions of it, in two folders"))
        }
    }
}

fn misspelt_trigger(bindings: &[Binding], fault: &Diagnostic) -> Option<Diagnostic> {
    let known = || BUILT_IN_TYPES.into_iter().chain(EXTENSION_TYPES).chain(BY_HAND_TYPES);
    let triggers: Vec<&str> = known().filter(|kind| kind.ends_with("Trigger")).collect();
    bindings
        .iter()
        .enumerate()
        .filter(|(_, binding)| !known().any(|kind| binding.type_name.eq_ignore_ascii_case(kind)))
        .find_map(|(index, binding)| {
            let meant = did_you_mean(&binding.type_name, &triggers)?;
            let fault = fault.clone().moved(format!("bindings[{index}].type"));
            Some(fault.hint(format!("`{}`: did you mean `{meant}`?", binding.type_name)))
        })
}

fn types(bindings: &[Binding], registered: &Registered<'_>) -> Option<Diagnostic> {
    let is_unknown = |binding: &Binding| !is_registered(&binding.type_name, registered);
    let unknown: Vec<_> = by_direction(bindings).filter(|(_, binding)| is_unknown(binding)).collect();
    let (index, first) = unknown.first()?;
    let mut seen = HashSet::new();
    let kinds = unknown.iter().map(|(_, binding)| binding.type_name.as_str());
    let kinds: Vec<&str> = kinds.filter(|kind| seen.insert(*kind)).collect();
    let rest = if registered.bundle {
        "were not found in the configured extension bundle. Please ensure the type is correct and the correct version of \
         extension bundle is configured."
    } else {
        "are not registered. Please ensure the type is correct and the binding extension is installed."
    };
    let text = format!("The binding type(s) '{}' {rest}", kinds.join(", "));
    let fault = Diagnostic::new(text, format!("bindings[{index}].type"));
    let all: Vec<&str> = BUILT_IN_TYPES.into_iter().chain(EXTENSION_TYPES).chain(BY_HAND_TYPES).collect();
    Some(if is_one_of(&first.type_name, &EXTENSION_TYPES) || is_by_hand(&first.type_name) {
        fault.hint(ADD_BUNDLE)
    } else {
        let unknown = "mini-host does not know it, and neither does version 4.38.0 of Microsoft's bundle";
        fault.hint(spelling::hint(&first.type_name, &all, unknown))
    })
}

fn is_registered(kind: &str, registered: &Registered<'_>) -> bool {
    let is_of_extension = || is_one_of(kind, &EXTENSION_TYPES) || is_by_hand(kind);
    is_one_of(kind, &BUILT_IN_TYPES) || (registered.extensions && is_of_extension())
}

/// The bindings with their places in the file in the order in which the real host resolves them: inputs, then outputs.
fn by_direction(bindings: &[Binding]) -> impl Iterator<Item = (usize, &Binding)> {
    let all = || bindings.iter().enumerate();
    let inputs = all().filter(|(_, binding)| binding.direction != Direction::Out);
    inputs.chain(all().filter(|(_, binding)| binding.direction == Direction::Out))
}

/// What a binding says and the real host cannot use, in the order in which it asks.
fn values(function: &Function, registered: &Registered<'_>) -> Option<Diagnostic> {
    by_direction(&function.bindings).find_map(|(index, binding)| {
        let path = format!("bindings[{index}]");
        match binding.kind {
            BindingKind::Http if binding.direction != Direction::Out => {
                let text = "Http binding can only be used for output.";
                Some(Diagnostic::new(text, format!("{path}.direction")).hint("write `out`"))
            }
            BindingKind::Http => None,
            _ if !is_registered(&binding.type_name, registered) => None,
            _ => metadata_value::fault(binding, &path, &function.file),
        }
    })
}

fn is_binding_name(name: &str) -> bool {
    name == "$return"
        || (name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && name.len() <= MOST_NAME_BYTES)
}
