//! Finds mistakes in function.json that the real host ignores.

use std::sync::Arc;

use serde_json::Value;

use crate::app::{ADD_BUNDLE, App, BindingKind, Diagnostic, EXTENSION_TYPES, Function, names_extensions};
use crate::grammar::route::{self, PatternError, has_outer_slash};
use crate::grammar::spelling::{self, surely_means};
use dotnet_text::letter_case::is_one_of;

/// The properties of bindings that mean something to this host.
const PROPERTIES: [&str; 17] = [
    "authLevel",
    "cardinality",
    "connection",
    "consumerGroup",
    "dataType",
    "direction",
    "eventHubName",
    "methods",
    "name",
    "path",
    "queueName",
    "route",
    "runOnStartup",
    "schedule",
    "type",
    "useMonitor",
    "webHookType",
];

pub fn diagnostics(app: &App) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !names_extensions(&app.root, &app.options) {
        let loaded = app.functions.iter().filter(|function| function.is_loaded());
        let needs_extensions =
            |function: &&Arc<Function>| function.bindings.iter().any(|it| is_one_of(&it.type_name, &EXTENSION_TYPES));
        found.extend(loaded.filter(needs_extensions).map(|function| without_bundle(function)));
    }
    let prefix = &app.options.http.route_prefix;
    for function in &app.functions {
        let diagnostics =
            mistakes(function).into_iter().take(Diagnostic::MOST_OF_A_FILE).chain(prefix_in_route(function, prefix));
        found.extend(diagnostics.map(|diagnostic| app.in_function(function, &diagnostic)));
    }
    found.extend(
        app.functions.iter().filter_map(|function| Some(app.in_function(function, &bad_route(function, prefix)?))),
    );
    found
}

/// About a function that only this host loads: if an app has a storage account, queues and blobs work here without a bundle.
fn without_bundle(function: &Function) -> Diagnostic {
    let text = "the real host would not load this function: host.json names no extension bundle";
    function.in_file(&Diagnostic::of_whole(text).hint(ADD_BUNDLE))
}

/// A diagnostic of a route template that is answered with errors, or takes the whole host down ([`route::host_error`]).
fn bad_route(function: &Function, prefix: &str) -> Option<Diagnostic> {
    let http = function.http.as_ref().filter(|_| function.is_loaded())?;
    let template = route::full(prefix, &http.route);
    let Some(reason) = route::error(&template) else { return broken_pattern(function, &template) };
    if route::error(&route::full("", &http.route)).is_none() && has_outer_slash(prefix) {
        // Said at the prefix.
        return None;
    }
    let text = format!("the route `{template}` is not valid, and no function is served before it is fixed: {reason}");
    let diagnostic = Diagnostic::new(text, function.trigger_binding()?.at("route"));
    Some(if has_outer_slash(&http.route) {
        diagnostic.hint("begin and end the route without a slash")
    } else {
        diagnostic
    })
}

/// A route of which nothing is served, because of an expression in it.
fn broken_pattern(function: &Function, template: &str) -> Option<Diagnostic> {
    let reason = route::pattern_error(template)?;
    let text = format!("every request that this route fits is answered with 500: its regular expression is {reason}");
    let diagnostic = Diagnostic::new(text, function.trigger_binding()?.at("route"));
    Some(match reason {
        PatternError::Broken(_) => diagnostic.hint("a brace in it is written twice: `regex(^\\\\d{{3}}$)`"),
        _ => diagnostic.hint("write the expression without it to try the function here"),
    })
}

/// Misspelt properties of bindings, which the real host ignores.
fn mistakes(function: &Function) -> Vec<Diagnostic> {
    let mut mistakes = misplaced(function);
    for binding in &function.bindings {
        let unknown = binding.raw.keys().filter(|name| !is_one_of(name, &PROPERTIES));
        mistakes.extend(unknown.filter_map(|name| {
            let meant = surely_means(name, &PROPERTIES)?;
            Some(Diagnostic::ignored(name, binding.at(name)).hint(format!("did you mean `{meant}`?")))
        }));
    }
    mistakes
}

/// Properties of HTTP triggers in other bindings, and methods that look misspelt.
fn misplaced(function: &Function) -> Vec<Diagnostic> {
    const OF_TRIGGER: [&str; 3] = ["authLevel", "methods", "route"];
    const METHODS: [&str; 9] = ["get", "post", "put", "delete", "head", "options", "patch", "trace", "connect"];
    let mut mistakes = Vec::new();
    for binding in &function.bindings {
        let is_trigger = binding.kind == BindingKind::HttpTrigger;
        for (key, _) in binding.raw.iter().filter(|_| binding.kind == BindingKind::Http) {
            if is_one_of(key, &OF_TRIGGER) {
                let text = format!("`{key}` means nothing in a binding of type `{}`", binding.type_name);
                mistakes.push(Diagnostic::of_name(text, binding.at(key)).hint("it belongs in the `httpTrigger`"));
            }
        }
        let methods = binding.property("methods").and_then(Value::as_array).filter(|_| is_trigger);
        for (index, method) in methods.into_iter().flatten().enumerate() {
            let Some(method) = method.as_str().filter(|it| !is_one_of(it, &METHODS)) else { continue };
            let text = format!("`{method}` is not a usual HTTP method");
            let hint = spelling::hint(method, &METHODS, "without `methods` every method is served");
            mistakes.push(Diagnostic::new(text, binding.at(&format!("methods[{index}]"))).hint(hint));
        }
    }
    mistakes
}

/// A route that begins with the prefix that all routes have.
fn prefix_in_route(function: &Function, prefix: &str) -> Option<Diagnostic> {
    let route = function.http.as_ref()?.route.as_str();
    let (begin, rest) = route.split_at_checked(prefix.len()).filter(|_| !prefix.is_empty())?;
    if !begin.eq_ignore_ascii_case(prefix) {
        return None;
    }
    let rest = rest.strip_prefix('/').or_else(|| rest.is_empty().then_some(rest))?;
    let trigger = function.trigger_binding().filter(|trigger| trigger.property("route").is_some())?;
    let text = format!("the route begins with `{prefix}`, which every route does: this one is `/{prefix}/{route}`");
    let hint =
        if rest.is_empty() { "leave it out".to_owned() } else { format!("write `{rest}` for `/{prefix}/{rest}`") };
    Some(Diagnostic::new(text, trigger.at("route")).hint(hint))
}
