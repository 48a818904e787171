//! The keys of 2025 and 2026: what public files of that time get wrong (protocol.md#implicit-routes, #fixed-port and
//! #configuration-profiles).

use serde_json::{Map, Value};

use super::sections::{member, members};
use crate::app::{AuthLevel, Diagnostic};
use dotnet_text::letter_case::is_one_of;

const PROFILE: &str = "configurationProfile";

/// What to do about a key that other keys of this time make understandable.
pub fn hint(section: &[&str], key: &str, members: &Map<String, Value>) -> Option<String> {
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    let forwards = || member(members, "enableForwardingHttpRequest").is_some_and(|(_, value)| *value == true);
    match section {
        [] if is("http") && members.get(key).is_some_and(describes_routes) => {
            Some("it belongs in `customHandler`".to_owned())
        }
        [] if is("http") => Some("it belongs in `extensions`".to_owned()),
        ["customHandler"] if is("enableHttpProxyingRequest") && forwards() => Some(
            "did you mean `enableProxyingHttpRequest`? Now requests are forwarded, and nothing is streamed".to_owned(),
        ),
        ["customHandler", "http"] if is("enableProxying") => {
            Some("did you mean `enableProxyingHttpRequest`? It belongs in `customHandler`".to_owned())
        }
        _ => None,
    }
}

/// A section `http` of `customHandler` in the wrong place.
fn describes_routes(value: &Value) -> bool {
    let is_known = |key: &String| is_one_of(key, &["routes", "defaultAuthorizationLevel"]);
    value.as_object().is_some_and(|members| members.keys().any(is_known))
}

/// What is passed over in silence, or read otherwise than it looks.
pub fn mistakes(file: &Map<String, Value>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for key in file.keys().filter(|key| key.eq_ignore_ascii_case(PROFILE) && *key != PROFILE) {
        let diagnostic =
            Diagnostic::of_name(format!("`{key}` is ignored: this key counts in one letter case only"), key.as_str());
        found.push(diagnostic.hint(format!("write `{PROFILE}`")));
    }
    for (path, http) in members(file, &["customHandler", "http"]) {
        for (key, routes) in http.iter().filter(|(key, _)| key.eq_ignore_ascii_case("routes")) {
            let elements = routes.as_array().into_iter().flatten().enumerate();
            let place = |index| format!("{path}.{key}[{index}]");
            found.extend(elements.filter_map(|(index, element)| of_route(element, place(index))));
        }
    }
    found
}

/// An element of `routes` of which the real host makes nothing (recordings G16d, GT-level-unknown), or that has a misspelt key.
fn of_route(element: &Value, path: String) -> Option<Diagnostic> {
    let Value::Object(members) = element else {
        let hint = format!("write {{\"route\": {element}}}");
        return Some(Diagnostic::new("this is not an object, so there is no such route", path).hint(hint));
    };
    if members.is_empty() {
        let empty = Diagnostic::new("this is empty, so there is no such route", path);
        return Some(empty.hint("write {\"route\": \"{*route}\"}"));
    }
    if let Some((key, Value::String(text))) = member(members, "authorizationLevel")
        && AuthLevel::of(text).is_none()
    {
        let diagnostic =
            Diagnostic::new(format!("`{text}` is not a level, so there is no such route"), format!("{path}.{key}"));
        return Some(diagnostic.hint(format!("one of `{}`", AuthLevel::NAMES.join("`, `"))));
    }
    let unknown = members.keys().find(|key| !is_one_of(key, &["route", "authorizationLevel"]))?;
    let hint = if unknown.eq_ignore_ascii_case("authLevel") {
        "did you mean `authorizationLevel`?"
    } else if unknown.eq_ignore_ascii_case("methods") {
        "a route of host.json takes all methods: a function.json can name some"
    } else {
        "what counts here: `route`, `authorizationLevel`"
    };
    Some(Diagnostic::ignored(unknown, format!("{path}.{unknown}")).hint(hint))
}
