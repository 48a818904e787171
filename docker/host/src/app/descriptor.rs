//! What is wrong with a function that could be read, in the words of the real host (protocol.md#discovery-and-names).

use std::collections::HashSet;

use dotnet_text::letter_case::is_one_of;
use serde_json::Value;

use super::binding::{Binding, BindingKind, Direction};
use super::by_hand::{by_hand_types, is_by_hand};
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

/// What is wrong first with a function's description, in the order in which the real host looks (`FunctionDescriptorProvider`). Its
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
    for binding in bindings {
        let (name, at) = (&binding.name, binding.at("name"));
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
            return Some(Diagnostic::new(text, &binding.place).hint("add `type`, such as `httpTrigger` or `http`"));
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
    let mut found = bindings.iter().filter(|binding| binding.is_trigger());
    if found.next().is_some() {
        let text = "Multiple trigger bindings defined. A function can only have a single trigger binding.";
        let hint = "this is the second: make two functions of it, in two folders";
        return found.next().map(|second| Diagnostic::new(text, second.at("type")).hint(hint));
    }
    let text = "No trigger binding specified. A function must have a trigger input binding.";
    let backwards = bindings.iter().find(|binding| binding.type_name.to_lowercase().ends_with("trigger"));
    if let Some(backwards) = backwards {
        return Some(Diagnostic::new(text, backwards.at("direction")).hint("a trigger's direction is `in`"));
    }
    let known = known_types();
    Some(match bindings.iter().find_map(|binding| misspelt_trigger(binding, &known)) {
        Some((at, hint)) => Diagnostic::new(text, at).hint(hint),
        None => Diagnostic::new(text, "bindings").hint("add a binding whose type ends in `Trigger`"),
    })
}

/// Where a type stands that may be meant for one of a trigger, and a hint that says so.
fn misspelt_trigger(binding: &Binding, known: &[&str]) -> Option<(String, String)> {
    let written = Some(&binding.type_name).filter(|written| !is_one_of(written, known))?;
    let triggers: Vec<&str> = known.iter().copied().filter(|kind| kind.ends_with("Trigger")).collect();
    let meant = did_you_mean(written, &triggers)?;
    Some((binding.at("type"), format!("`{written}`: did you mean `{meant}`?")))
}

fn known_types() -> Vec<&'static str> {
    BUILT_IN_TYPES.into_iter().chain(EXTENSION_TYPES).chain(by_hand_types()).collect()
}

fn types(bindings: &[Binding], registered: &Registered<'_>) -> Option<Diagnostic> {
    let unknown: Vec<_> = by_direction(bindings).filter(|it| !is_registered(&it.type_name, registered)).collect();
    let first = unknown.first()?;
    let mut seen = HashSet::new();
    let kinds = unknown.iter().map(|binding| binding.type_name.as_str());
    let kinds: Vec<&str> = kinds.filter(|kind| seen.insert(*kind)).collect();
    let rest = if registered.bundle {
        "were not found in the configured extension bundle. Please ensure the type is correct and the correct version of \
         extension bundle is configured."
    } else {
        "are not registered. Please ensure the type is correct and the binding extension is installed."
    };
    let text = format!("The binding type(s) '{}' {rest}", kinds.join(", "));
    let diagnostic = Diagnostic::new(text, first.at("type"));
    Some(if is_of_extension(&first.type_name) {
        diagnostic.hint(ADD_BUNDLE)
    } else {
        let unknown = "mini-host does not know it, and neither does version 4.38.0 of Microsoft's bundle";
        diagnostic.hint(spelling::hint(&first.type_name, &known_types(), unknown))
    })
}

fn is_registered(kind: &str, registered: &Registered<'_>) -> bool {
    is_one_of(kind, &BUILT_IN_TYPES) || (registered.extensions && is_of_extension(kind))
}

fn is_of_extension(kind: &str) -> bool {
    is_one_of(kind, &EXTENSION_TYPES) || is_by_hand(kind)
}

/// The bindings in the order in which the real host resolves them: inputs, then outputs.
fn by_direction(bindings: &[Binding]) -> impl Iterator<Item = &Binding> {
    let inputs = bindings.iter().filter(|binding| binding.direction != Direction::Out);
    inputs.chain(bindings.iter().filter(|binding| binding.direction == Direction::Out))
}

/// What a binding says and the real host cannot use, in the order in which it asks.
fn values(function: &Function, registered: &Registered<'_>) -> Option<Diagnostic> {
    by_direction(&function.bindings).find_map(|binding| match binding.kind {
        BindingKind::Http if binding.direction != Direction::Out => {
            let text = "Http binding can only be used for output.";
            Some(Diagnostic::new(text, binding.at("direction")).hint("write `out`"))
        }
        BindingKind::Http => None,
        _ if !is_registered(&binding.type_name, registered) => None,
        _ => metadata_value::find(binding, &function.file),
    })
}

fn is_binding_name(name: &str) -> bool {
    name == "$return"
        || (name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && name.len() <= MOST_NAME_BYTES)
}
