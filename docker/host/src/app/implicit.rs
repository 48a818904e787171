//! The functions that host.json itself describes: one for each element of `customHandler.http.routes`
//! (protocol.md#implicit-routes).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dotnet_text::document::Document;
use serde_json::json;

use super::auth_level::AuthLevel;
use super::diagnostic::Diagnostic;
use super::directory::{self, Functions};
use super::function::{self, Function, Unreadable};
use super::host_file::HostFile;
use super::metadata_value;
use super::options::{HostError, HostOptions, ImplicitRoute};
use super::settings::Settings;
use super::taken_routes::TakenRoutes;
use crate::grammar::route;

/// The methods that every one of them takes.
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"];
const RUNTIME_SETTING: &str = "FUNCTIONS_WORKER_RUNTIME";

/// Why an app may not have such functions: it has others, or it is not said that it is a custom handler (recordings G15b,
/// G17). A profile says so as well.
pub(super) fn refusal(others: &Functions, has_profile: bool, settings: &Settings) -> Option<HostError> {
    let is_custom =
        has_profile || settings.get(RUNTIME_SETTING).is_some_and(|runtime| runtime.eq_ignore_ascii_case("custom"));
    let (text, hint) = if !is_custom {
        (
            "Routes configuration is only allowed for worker runtime: custom.",
            "set FUNCTIONS_WORKER_RUNTIME to `custom`, or `configurationProfile` in host.json",
        )
    } else if !others.readable.is_empty() || !others.unreadable.is_empty() {
        (
            // The missing space is in the original.
            "Detected both function.json files and custom handler HTTP route configuration definition in host.jsonOnly one \
             configuration source is supported. Remove either the function.json files or the HTTP routes entries in host.json.",
            "a profile such as `mcp-custom-handler` brings the route `{*route}`: remove the folders with a function.json, or the \
             profile and the routes",
        )
    } else {
        return None;
    };
    Some(HostError::script(text, "customHandler:http:routes").hint(hint))
}

/// Makes the functions `http-handler1`, `http-handler2`, …. They are numbered as they stand in the file, and ordered by name like
/// all others: that decides which of two gets a request (recording G06b).
pub(super) fn functions(
    routes: &[ImplicitRoute],
    options: &HostOptions,
    settings: &Settings,
    file: &HostFile,
) -> Functions {
    let mut found = Functions::default();
    let mut made = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        let name = format!("http-handler{}", index + 1);
        let place = route.place.clone();
        let made_of = check(route).and_then(|text| make(name.clone(), text, route.level));
        match made_of {
            Ok(function) => made.push(Function {
                disabled: directory::is_disabled(&name, settings),
                filtered: directory::is_filtered(&name, options),
                host_json_path: Some(place),
                directory: file.path.parent().unwrap_or(&file.path).to_path_buf(),
                ..function
            }),
            Err(diagnostic) => {
                // How the log shows the route.
                let shown = route.route.clone().unwrap_or_else(|| "<null>".to_owned());
                let diagnostic = diagnostic.moved(place).hint("write a route such as `{*route}` or `items/{id}`");
                found.diagnostics.push(diagnostic.in_file(&file.path, file.document.as_ref()));
                found.unreadable.push(Unreadable { name, errors: vec![diagnostic.message], route: Some(shown) });
            }
        }
    }
    made.sort_by_cached_key(|function| function.name.to_uppercase());
    let mut taken = TakenRoutes::default();
    for function in &mut made {
        if let Some(diagnostic) = taken.conflict(function) {
            function.errors = vec![diagnostic.message.clone()];
            let path = function.host_json_path.clone().unwrap_or_default();
            found.diagnostics.push(diagnostic.moved(path).in_file(&file.path, file.document.as_ref()));
        } else {
            taken.take(function);
        }
    }
    found.readable = made.into_iter().map(Arc::new).collect();
    found
}

/// The route of an element, or why it is not one, in the words of the real host (recordings G07-*). Whether its constraints are
/// known is not looked at here: that is an error of the whole host.
fn check(route: &ImplicitRoute) -> Result<&str, Diagnostic> {
    let text = route.route.as_deref().filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Diagnostic::of_whole("Route cannot be null, empty or whitespace."))?;
    if let Some(diagnostic) = metadata_value::too_long("route", text, String::new()) {
        return Err(diagnostic);
    }
    route::syntax_error(text).map_or(Ok(text), |error| Err(Diagnostic::of_whole(error)))
}

/// A function with the two bindings that the real host gives it.
fn make(name: String, route: &str, level: AuthLevel) -> Result<Function, Diagnostic> {
    let description = json!({"bindings": [
        {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": level.name(), "methods": METHODS, "route": route},
        {"type": "http", "direction": "out", "name": "res"},
    ]});
    let file = Document::parse(&description.to_string()).map_err(|error| Diagnostic::of_whole(error.to_string()))?;
    let definition = function::read(&name, Path::new(""), &file)?;
    Ok(Function::new(name, PathBuf::new(), definition, file))
}
