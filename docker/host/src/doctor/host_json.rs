//! Finds mistakes in host.json that the real host ignores: keys in the wrong place or misspelt, values of the wrong kind, and
//! what a v4 host reads otherwise than it looks.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::newer;
use super::sections::Kind::{self, List, Object, Scalar, Span};
use super::sections::{SECTIONS, Section, below, member, members};
use crate::app::{App, Diagnostic, Document};
use crate::grammar::route::has_outer_slash;
use crate::grammar::spelling::{self, did_you_mean, surely_means};
use dotnet_text::letter_case::is_one_of;

/// Keys that mean different things in different places: it cannot be known where they belong.
const AMBIGUOUS: [&str; 4] = ["version", "id", "type", "port"];

/// What other programs, and public files, call a key.
const OTHER_WORDS: [(&str, &str); 11] = [
    ("args", "arguments"),
    ("cmd", "defaultExecutablePath"),
    ("command", "defaultExecutablePath"),
    ("exe", "defaultExecutablePath"),
    ("executable", "defaultExecutablePath"),
    ("path", "defaultExecutablePath"),
    ("program", "defaultExecutablePath"),
    ("cwd", "workingDirectory"),
    ("timeout", "initializationTimeout"),
    ("enableHttpProxyingRequest", "enableProxyingHttpRequest"),
    ("enableProxying", "enableProxyingHttpRequest"),
];

const BUNDLES: [&str; 4] = [
    "Microsoft.Azure.Functions.ExtensionBundle",
    "Microsoft.Azure.Functions.ExtensionBundle.Preview",
    "Microsoft.Azure.Functions.ExtensionBundle.Experimental",
    "Microsoft.Azure.Functions.ExtensionBundle.Workflows",
];

pub fn diagnostics(app: &App) -> Vec<Diagnostic> {
    let readable = app.functions.iter().map(|function| function.name.as_str());
    let names: Vec<&str> = readable.chain(app.unreadable.iter().map(|function| function.name.as_str())).collect();
    let mut found = app.host_file.as_ref().map(mistakes).unwrap_or_default();
    let unknown = allow_list(&app.options.functions, &names);
    let (written, set) = if has_allow_list(app) { (unknown, Vec::new()) } else { (Vec::new(), unknown) };
    found.extend(written);
    found.extend(route_prefix(&app.options.http.route_prefix));
    let of_settings = set.into_iter().map(|Diagnostic { message, hint, .. }| Diagnostic {
        hint,
        ..Diagnostic::of_whole(format!("{message}, which `--functions` or a setting names"))
    });
    found
        .iter()
        .take(Diagnostic::MOST_OF_A_FILE)
        .map(|diagnostic| app.in_host_file(diagnostic))
        .chain(of_settings)
        .collect()
}

fn mistakes(document: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(file) = document.value.as_object() else { return found };
    for section in &*SECTIONS {
        for (path, members) in members(file, &section.path) {
            found.extend(of_section(section, &path, members));
        }
    }
    found.extend(document.repeated(Diagnostic::MOST_OF_A_FILE).into_iter().map(|path| {
        let name = path.rsplit('.').next().unwrap_or(&path);
        Diagnostic::of_name(format!("`{name}` stands there more than once; the last one counts"), path.clone())
            .hint("remove all but one")
    }));
    found.extend(handler_sections(file));
    found.extend(newer::mistakes(file));
    found.extend(bundle(file));
    found
}

/// Whether host.json has an allow list of its own: settings may have another.
fn has_allow_list(app: &App) -> bool {
    let file = app.host_file.as_ref().and_then(|document| document.value.as_object());
    file.is_some_and(|file| member(file, "functions").is_some())
}

fn allow_list(allowed: &[String], names: &[&str]) -> Vec<Diagnostic> {
    let known: HashSet<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let unknown = allowed.iter().enumerate().filter(|(_, name)| !known.contains(&name.to_ascii_lowercase()));
    unknown
        .take(Diagnostic::MOST_OF_A_FILE)
        .map(|(index, name)| {
            let hint =
                spelling::hint(name, names, "`functions` lists the only functions that are served; without it all are");
            Diagnostic::new(format!("there is no function `{name}`"), format!("functions[{index}]")).hint(hint)
        })
        .collect()
}

/// A route prefix with which no route is valid (protocol.md#other-keys).
fn route_prefix(prefix: &str) -> Option<Diagnostic> {
    has_outer_slash(prefix).then(|| {
        let text = format!("the route prefix `{prefix}` begins or ends with a slash, so no route is valid");
        Diagnostic::new(text, "extensions.http.routePrefix").hint(format!("write `{}`", prefix.trim_matches('/')))
    })
}

fn of_section(section: &Section, path: &str, members: &Map<String, Value>) -> Vec<Diagnostic> {
    let known = |key: &str| section.keys.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
    // A misspelt section is certainly missing; a word that an app may use for itself must be closer.
    let lacks_handler =
        section.path.is_empty() && !members.keys().any(|key| is_one_of(key, &["customHandler", "httpWorker"]));
    let found = members.iter().filter_map(|(key, value)| match known(key) {
        Some((_, kind)) => of_kind(*kind, key, value, below(path, key)),
        None => match newer::hint(&section.path, key, members) {
            Some(hint) => Some(Diagnostic::ignored(key, below(path, key)).hint(hint)),
            None => unknown(section, key, below(path, key), lacks_handler),
        },
    });
    found.take(Diagnostic::MOST_OF_A_FILE).collect()
}

/// A key that means nothing in a section: it belongs in another, is a misspelling of one that does not, or another word for it.
fn unknown(section: &Section, key: &str, path: String, lacks_handler: bool) -> Option<Diagnostic> {
    let names: Vec<&str> = section.keys.iter().map(|(name, _)| *name).collect();
    let meant = if section.is_closed {
        did_you_mean(key, &names)
    } else {
        let handler = did_you_mean(key, &["customHandler"]).filter(|_| lacks_handler);
        handler.or_else(|| surely_means(key, &names))
    };
    let other_word = || OTHER_WORDS.iter().find(|(word, name)| word.eq_ignore_ascii_case(key) && names.contains(name));
    let diagnostic = Diagnostic::ignored(key, path);
    if let Some(home) = home(section, key) {
        return Some(diagnostic.hint(format!("it belongs in {home}")));
    }
    match other_word().map(|(_, name)| *name).or(meant) {
        Some(meant) => Some(diagnostic.hint(format!("did you mean `{meant}`?"))),
        None => section.is_closed.then(|| diagnostic.hint(format!("what counts here: `{}`", names.join("`, `")))),
    }
}

/// The section that a key belongs in, if it is not this one.
fn home(section: &Section, key: &str) -> Option<String> {
    if is_one_of(key, &AMBIGUOUS) {
        return None;
    }
    let root_of = |section: &Section| section.path.first().copied();
    // Each of the two sections for a handler has such keys; those of the other one do not count.
    let other = if root_of(section) == Some("httpWorker") { "customHandler" } else { "httpWorker" };
    let mut candidates = SECTIONS.iter().filter(|candidate| root_of(candidate) != Some(other));
    let home = candidates.find(|candidate| candidate.keys.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)))?;
    Some(match home.path.as_slice() {
        [] => "the file itself, beside `customHandler`".to_owned(),
        [parent @ .., name] if section.path == parent => format!("`{name}`"),
        path => format!("`{}`", path.join("`, `")),
    })
}

fn of_kind(kind: Kind, key: &str, value: &Value, path: String) -> Option<Diagnostic> {
    let is = |what: &str, wanted: &str| {
        Diagnostic::new(format!("`{key}` is {what}, so it is ignored"), path.clone()).hint(wanted)
    };
    match (kind, value) {
        (_, Value::Null) | (Object | List, Value::Object(_)) | (List, Value::Array(_)) => None,
        // It may hold a list (recording CX-arg-json-string).
        (List, Value::String(text))
            if serde_json::from_str::<Vec<Value>>(text).is_ok() && key.to_lowercase().contains("arg") =>
        {
            None
        }
        (List, Value::String(text)) => {
            let words: Vec<String> = text.split_whitespace().map(|word| format!("\"{word}\"")).collect();
            Some(is("a text and not a list", &format!("write [{}]", words.join(", "))))
        }
        (List, _) => Some(is("not a list", "write it in brackets: [\"…\"]")),
        (Object, _) => Some(is("not an object", "write it in braces: {\"…\": …}")),
        (Scalar | Span, Value::Array(_)) => Some(is("a list", one_of_list(key))),
        (Scalar | Span, Value::Object(_)) => Some(is("an object", "write a single value")),
        (Span, Value::Number(number)) => days(key, &number.to_string(), path),
        (Span, Value::String(text)) => days(key, text, path),
        (Scalar | Span, _) => None,
    }
}

fn one_of_list(key: &str) -> &'static str {
    if key.eq_ignore_ascii_case("defaultExecutablePath") {
        "name the program alone; its arguments stand in `arguments`"
    } else {
        "write a single value"
    }
}

/// A bare number as a time span is a number of days, which is never meant.
fn days(key: &str, text: &str, path: String) -> Option<Diagnostic> {
    let number: u64 = text.trim().parse().ok()?;
    (number > 0).then(|| {
        let hint = "write it as hours, minutes and seconds, such as \"00:00:30\"";
        Diagnostic::new(format!("`{key}` is {number} days"), path).hint(hint)
    })
}

/// Which of the two sections counts, and what the old one does otherwise (protocol.md#the-httpworker-section, recordings C14,
/// CX-type-none).
fn handler_sections(file: &Map<String, Value>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some((old, _)) = member(file, "httpWorker") {
        let (text, hint) = if member(file, "customHandler").is_some() {
            ("is ignored: there is a `customHandler` as well", "remove it")
        } else {
            (
                "is deprecated; unless it is proxied, HTTP reaches functions as `/NAME`, without `/api` or their route",
                "rename it `customHandler`, with `enableProxyingHttpRequest` where HTTP is to be passed on as it is",
            )
        };
        found.push(Diagnostic::of_name(format!("`{old}` {text}"), old.as_str()).hint(hint));
    }
    for (key, members) in members(file, &["customHandler"]) {
        if let Some((name, Value::String(text))) = member(members, "type")
            && text.eq_ignore_ascii_case("none")
        {
            let text = "CustomHandlerType None is not supported. Defaulting to Http";
            found.push(Diagnostic::new(text, below(&key, name)).hint("leave `type` out"));
        }
    }
    found
}

/// A bundle of another name would be looked for on the network, in vain.
fn bundle(file: &Map<String, Value>) -> Option<Diagnostic> {
    let (path, bundle) = members(file, &["extensionBundle"]).into_iter().next()?;
    let (key, id) = member(bundle, "id")?;
    let id = id.as_str().filter(|id| !id.trim().is_empty() && !is_one_of(id, &BUNDLES))?;
    let text = format!("Microsoft publishes no bundle `{id}`, so the real host would not find it");
    Some(Diagnostic::new(text, below(&path, key)).hint(format!("did you mean `{}`?", BUNDLES[0])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let document = Document::parse(text).unwrap();
        let shown =
            |diagnostic: &Diagnostic| diagnostic.in_file(std::path::Path::new("h"), Some(&document)).to_string();
        mistakes(&document).iter().map(shown).collect()
    }

    fn told(text: &str, parts: &[&str]) {
        let found = of(text);
        assert!(found.iter().any(|found| parts.iter().all(|part| found.contains(part))), "{text}: {found:#?}");
    }

    #[test]
    fn what_is_in_order_is_not_mentioned() {
        for text in [
            r#"{"version": "2.0", "$schema": "x", "customHandler": {"description": {"defaultExecutablePath": "x", "arguments": []}}}"#,
            r#"{"extensions": {"cosmosDB": {}, "http": {"routePrefix": ""}}, "functionTimeout": "-1", "mine": {"batch": 1}}"#,
            r#"{"customHandler": {"description": {"arguments": "[\"a\"]"}, "initializationTimeout": "00:00:30"}}"#,
            r#"{"logging": {"logLevel": {"default": "Warning"}}, "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle"}}"#,
            r#"{"customHandler": {"port": 1}, "CustomHandler": {"type": "http"}}"#,
        ] {
            assert_eq!(of(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_key_in_the_wrong_place_is_told_where_it_belongs() {
        let forwarding = "`enableForwardingHttpRequest` means nothing here";
        told(
            r#"{"enableForwardingHttpRequest": true, "customHandler": {}}"#,
            &["h:1:2", forwarding, "belongs in `customHandler`"],
        );
        told(
            r#"{"customHandler": {"description": {"enableForwardingHttpRequest": 1}}}"#,
            &["h:1:36", "belongs in `customHandler`"],
        );
        told(r#"{"customHandler": {"defaultExecutablePath": "x"}}"#, &["h:1:20", "belongs in `description`"]);
        told(r#"{"httpWorker": {"arguments": []}}"#, &["belongs in `description`"]);
        told(r#"{"defaultExecutablePath": "x"}"#, &["belongs in `customHandler`, `description`"]);
        told(r#"{"customHandler": {"extensionBundle": {}}}"#, &["belongs in the file itself"]);
        told(r#"{"http": {"routePrefix": ""}}"#, &["`http` means nothing here", "belongs in `extensions`"]);
        told(r#"{"extensions": {"routePrefix": ""}}"#, &["belongs in `http`"]);
        told(r#"{"batchSize": 1}"#, &["belongs in `extensions`, `queues`"]);
        told(r#"{"logLevel": {}}"#, &["belongs in `logging`"]);
    }

    #[test]
    fn a_misspelt_name_is_guessed() {
        for (text, meant) in [
            (r#"{"customHandlers": {}}"#, "customHandler"),
            (r#"{"custom_handler": {}}"#, "customHandler"),
            (r#"{"versoin": "2.0"}"#, "version"),
            (r#"{"functionTimeOuts": "00:01:00"}"#, "functionTimeout"),
            (r#"{"extensionBundles": {}}"#, "extensionBundle"),
            (r#"{"extension": {}}"#, "extensions"),
            (r#"{"extensions": {"http": {"routeprefx": ""}}}"#, "routePrefix"),
            (r#"{"customHandler": {"enableHttpForwarding": true}}"#, "enableForwardingHttpRequest"),
            (r#"{"customHandler": {"description": {"defaultExecutable": "x"}}}"#, "defaultExecutablePath"),
            (r#"{"customHandler": {"description": {"args": []}}}"#, "arguments"),
            (r#"{"httpWorker": {"description": {"cwd": "x"}}}"#, "workingDirectory"),
        ] {
            told(text, &[&format!("did you mean `{meant}`?")]);
        }
        told(
            r#"{"customHandler": {"colour": "red"}}"#,
            &["`colour` means nothing here", "what counts here: `description`"],
        );
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_named() {
        told(
            r#"{"customHandler": {"description": {"arguments": "-S x"}}}"#,
            &["a text and not a list", r#"["-S", "x"]"#],
        );
        told(r#"{"customHandler": {"description": {"defaultExecutablePath": ["a"]}}}"#, &["is a list", "`arguments`"]);
        told(r#"{"customHandler": {"enableForwardingHttpRequest": [true]}}"#, &["is a list"]);
        told(r#"{"customHandler": "node"}"#, &["`customHandler` is not an object"]);
        told(r#"{"functionTimeout": 10}"#, &["h:1:21", "is 10 days", "such as \"00:00:30\""]);
        told(r#"{"customHandler": {"initializationTimeout": "30"}}"#, &["is 30 days"]);
    }

    #[test]
    fn what_counts_otherwise_than_it_looks_is_named() {
        told(r#"{"customHandler": {"port": 1, "port": 2}}"#, &["h:1:31", "more than once"]);
        told(
            r#"{"customHandler": {"port": 1}, "customHandler": {}}"#,
            &["`customHandler` stands there more than once"],
        );
        told(r#"{"customHandler": {}, "httpWorker": {}}"#, &["`httpWorker` is ignored"]);
        told(r#"{"httpWorker": {}}"#, &["deprecated"]);
        told(r#"{"customHandler": {"type": "none"}}"#, &["Defaulting to Http"]);
        told(r#"{"extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionsBundle"}}"#, &["h:1:28", "no bundle"]);
    }

    #[test]
    fn names_and_prefixes_are_judged_with_the_functions_at_hand() {
        assert!(allow_list(&["hello".to_owned()], &["Hello"]).is_empty());
        assert_eq!(allow_list(&["Helo".to_owned()], &["Hello"])[0].hint.as_deref(), Some("did you mean `Hello`?"));
        assert_eq!(route_prefix("api/v1"), None);
        assert_eq!(route_prefix("/v1/").and_then(|diagnostic| diagnostic.hint).as_deref(), Some("write `v1`"));
    }
}
