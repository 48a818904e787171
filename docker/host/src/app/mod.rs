//! The function app as one value: host.json, function.json files and settings (protocol.md#configuration and #functions-and-settings).
//!
//! [`load`] is the only reader of the app's files. What is wrong with the app is part of the value: errors of the host in
//! [`App::errors`], of one function in [`Function::errors`] and [`App::unreadable`], as the real host has them.

mod auth_level;
mod binding;
mod bundle;
mod by_hand;
mod configuration;
mod conversion;
mod descriptor;
mod diagnostic;
mod directory;
mod function;
mod host_file;
mod implicit;
mod indexing;
mod metadata_value;
mod options;
mod profile;
mod retry;
mod rule;
mod settings;
mod syntax;
mod table;
mod taken_routes;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::grammar::route;
use host_file::HostFile;

pub use auth_level::AuthLevel;
pub use binding::{Binding, BindingKind, DataType};
pub use by_hand::is_by_hand;
use configuration::Configuration;
pub use descriptor::is_function_name;
pub(crate) use descriptor::{ADD_BUNDLE, EXTENSION_TYPES};
pub use diagnostic::Diagnostic;
pub(crate) use directory::names_extensions;
pub use dotnet_text::document::Document;
pub use function::{Function, HttpMode, HttpTrigger, LoadedFunction, Unreadable};
pub use options::{
    CustomHandler, DEFAULT_BODY_LIMIT_BYTES, HandlerKind, HostError, HostOptions, HttpOptions, MessageEncoding, Retry,
    RetryStrategy,
};
pub use rule::Rule;
pub use settings::{Settings, is_key_vault_reference};
pub(crate) use syntax::diagnostic as syntax_diagnostic;

#[cfg(test)]
pub use binding::Direction;

/// A function app as it was found on disk, under the settings of this moment.
#[derive(Debug, Clone)]
pub struct App {
    pub root: PathBuf,
    /// What host.json says, with everything the settings override.
    pub options: HostOptions,
    /// Every function whose function.json could be read, ordered by name ignoring case.
    pub functions: Vec<Arc<Function>>,
    pub unreadable: Vec<Unreadable>,
    /// Why the host cannot run; empty when it can. The first is the one that `/admin/host/status` shows.
    pub errors: Vec<String>,
    /// Whether host.json is in order but for `extensions.http`. If only that or routes are wrong, the real host still starts the
    /// handler and lists the functions before it falls into state `Error` (recordings JX-bad-DupParam, Z1-host-json-376).
    pub host_file_is_sound: bool,
    /// host.json as it is written; `None` if it is not a JSON object.
    pub host_file: Option<Document>,
    /// Why some of it cannot be read, though it may be in order.
    trouble: Option<String>,
    /// The same for people, with what else is wrong with its files.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the app below `root`. Never fails: what is wrong is in the value. If there is no host.json the default one is
/// written, as the real host does.
pub fn load(root: &Path, settings: &Settings) -> App {
    let mut file = host_file::read(root);
    file.write_default();
    app(file, root, settings)
}

/// Reads the app again that is served already. Nothing is written: a program that replaces host.json may be about to write the new one.
///
/// # Errors
/// If some of it cannot be read, though it may be in order.
pub fn reload(root: &Path, settings: &Settings) -> Result<App, Diagnostic> {
    let unread = |trouble| Diagnostic::of_whole(format!("{trouble}: the app goes on as it was read before"));
    let mut file = host_file::read(root);
    if let Some(trouble) = file.trouble.take() {
        return Err(unread(trouble));
    }
    let app = app(file, root, settings);
    app.trouble.clone().map_or(Ok(app), |trouble| Err(unread(trouble)))
}

fn app(mut file: HostFile, root: &Path, settings: &Settings) -> App {
    let host_json = file.document.as_ref().map_or(&Value::Null, |document| &document.value);
    let profile = profile::defaults(host_json, settings);
    let defaults = profile.as_ref().copied().unwrap_or_default();
    let configuration = Configuration::new(defaults, host_json, settings);
    let (options, option_errors) = HostOptions::new(root, &configuration, settings);
    let (late_errors, option_errors): (Vec<_>, Vec<_>) = option_errors.into_iter().partition(HostError::is_late);
    let mut functions = directory::read(root, &options, settings);
    let mut refusal = None;
    if let Some(handler) = options.custom_handler.as_ref().filter(|handler| !handler.routes.is_empty()) {
        refusal = implicit::refusal(&functions, !defaults.is_empty(), settings);
        if refusal.is_none() {
            functions = implicit::functions(&handler.routes, &options, settings, &file);
        }
    }
    let mut diagnostics = std::mem::take(&mut file.diagnostics);
    let mut errors: Vec<String> = file.error.take().into_iter().collect();
    if errors.is_empty() {
        let found = version_error(host_json).into_iter().chain(profile.err()).chain(option_errors).chain(refusal);
        for (index, error) in found.enumerate() {
            // Where a value stands is looked for in the whole file.
            if index < Diagnostic::MOST_OF_A_FILE {
                diagnostics.push(error.diagnostic().in_file(&file.path, file.document.as_ref()));
            }
            errors.push(error.status);
        }
    }
    diagnostics.extend(functions.diagnostics);
    let trouble = file.trouble.or(functions.trouble);
    let host_file_is_sound = errors.is_empty();
    for error in late_errors {
        diagnostics.push(error.diagnostic().in_file(&file.path, file.document.as_ref()));
        errors.push(error.status);
    }
    errors.extend(route_errors(&options, &functions.readable));
    App {
        root: root.to_path_buf(),
        options,
        functions: functions.readable,
        unreadable: functions.unreadable,
        errors,
        host_file_is_sound,
        host_file: file.document,
        trouble,
        diagnostics,
    }
}

impl App {
    /// The functions that are loaded, disabled ones included, in the order of their names.
    pub fn loaded(&self) -> impl Iterator<Item = LoadedFunction> {
        self.functions.iter().filter_map(Function::loaded)
    }

    /// A listed function by its name ignoring case.
    pub fn function(&self, name: &str) -> Option<&Arc<Function>> {
        self.functions
            .iter()
            .find(|function| function.name == name)
            .or_else(|| self.functions.iter().find(|function| function.name.eq_ignore_ascii_case(name)))
    }

    /// A function by its name ignoring case, if it has a function.json: the admin endpoints know of no others (recording
    /// G01).
    pub fn listed(&self, name: &str) -> Option<&Arc<Function>> {
        self.function(name).filter(|function| !function.is_implicit())
    }

    /// A diagnostic of a function's description with its place: in its function.json, or in host.json.
    pub fn in_function(&self, function: &Function, diagnostic: &Diagnostic) -> Diagnostic {
        match &function.host_json_path {
            Some(path) => self.in_host_file(&diagnostic.clone().moved(path)),
            None => function.in_file(diagnostic),
        }
    }

    pub fn in_host_file(&self, diagnostic: &Diagnostic) -> Diagnostic {
        diagnostic.in_file(&self.root.join("host.json"), self.host_file.as_ref())
    }

    pub fn fixed_port(&self) -> Option<u16> {
        self.options.custom_handler.as_ref()?.port
    }

    /// The same app, which cannot be served because its fixed port is taken, and what to say of that.
    pub fn with_port_taken(&self, port: u16, reason: &io::Error) -> (Self, Diagnostic) {
        let error = HostError::port(port, "customHandler:port");
        let diagnostic = Diagnostic::of_whole(format!("{}\n ---> {reason}", error.diagnostic().message))
            .hint("end the program that listens there, or change `port` in host.json");
        (Self { errors: vec![error.status], host_file_is_sound: false, ..self.clone() }, diagnostic)
    }

    /// Whether route templates or `extensions.http` are all that is wrong with the host: then the real one has started the handler
    /// already (recording JX-bad-DupParam).
    pub fn fails_late(&self) -> bool {
        self.host_file_is_sound && !self.errors.is_empty()
    }

    /// Whether the handler is started: when there is a function at all, a faulty one included (protocol.md#host-state-and-readiness).
    pub fn has_functions(&self) -> bool {
        self.functions.iter().any(|function| !function.filtered)
    }

    /// Whether there are functions, and the allow list of host.json leaves them all out.
    pub fn leaves_out_all(&self) -> bool {
        !self.functions.is_empty() && !self.has_functions()
    }
}

/// `version` must be the text `2.0` (recordings C10, C10b, CX-version-number). The real host reads it from the file
/// itself before there is a configuration: settings do not override it, and its name is in lower case.
fn version_error(host_json: &Value) -> Option<HostError> {
    let version = host_json.get("version").and_then(dotnet_text::json::text_of).unwrap_or_default();
    let text = match version.as_str() {
        "2.0" => return None,
        "" => "The host.json file is missing the required 'version' property. \
               See https://aka.ms/functions-hostjson for steps to migrate the configuration file."
            .to_owned(),
        version => format!(
            "'{version}' is an invalid value for host.json 'version' property. We recommend you set the 'version' property to '2.0'. \
             {}See https://aka.ms/functions-hostjson for more information on this configuration file.",
            // Written by those who take it for the version of the host.
            if version.starts_with('3') {
                "This does not correspond to the function runtime version, only to the schema version of the host.json file. "
            } else {
                ""
            }
        ),
    };
    Some(HostError::script(&text, "version"))
}

/// A route template that does not parse takes the whole host down (protocol.md#discovery-and-names).
fn route_errors(options: &HostOptions, functions: &[Arc<Function>]) -> Vec<String> {
    let routed = functions.iter().filter(|function| function.has_route());
    routed
        .filter_map(|function| {
            let template = route::full(&options.http.route_prefix, &function.http.as_ref()?.route);
            route::host_error(&function.name, &template)
        })
        .collect()
}

#[cfg(test)]
mod tests;
