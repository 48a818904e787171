//! One function.json as a value (protocol.md#discovery-and-names to #binding-keys).

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::auth_level::AuthLevel;
use super::binding::{self, Binding, BindingKind, Direction, property};
use super::conversion::{Member, cast_to_text, not_cast};
use super::diagnostic::Diagnostic;
use super::options::{HandlerKind, HostOptions, Retry};
use super::retry;
use crate::grammar::spelling::did_you_mean;
use dotnet_text::document::Document;
use dotnet_text::json::text_of;
use dotnet_text::letter_case::is_one_of;

/// A function whose function.json could be read. It may still be faulty: see [`Function::errors`].
#[derive(Debug, Clone)]
pub struct Function {
    pub name: String,
    /// The category of its entries in the log: `Function.NAME`.
    pub log_category: String,
    pub directory: PathBuf,
    pub bindings: Vec<Binding>,
    /// What the HTTP trigger says, if the function has one.
    pub http: Option<HttpTrigger>,
    /// Its own retry policy; where it has none, the app's holds.
    pub retry: Option<Retry>,
    /// Why it is not loaded, in the words of the real host; empty when it is (protocol.md#discovery-and-names).
    pub errors: Vec<String>,
    /// Whether only the SDK refused it, while indexing: then it has its route, and every request to it fails.
    pub is_unindexed: bool,
    /// Its script, as the real host finds it; a custom handler has no use for it.
    pub script_file: Option<PathBuf>,
    /// Whether a setting disables it: it is loaded but not served or triggered (protocol.md#top-level-keys).
    pub disabled: bool,
    /// Whether the allow list of host.json leaves it out (protocol.md#other-keys).
    pub filtered: bool,
    /// Where in host.json the route stands that it was made of (protocol.md#implicit-routes); `None` if it has a
    /// function.json.
    pub host_json_path: Option<String>,
    /// function.json as it is written, or as it would be.
    pub file: Document,
}

/// A function that is loaded: without errors, not left out by the allow list, and with a trigger. In the table of routes also one
/// that is not indexed.
#[derive(Debug, Clone)]
pub struct LoadedFunction {
    pub trigger: Binding,
    function: Arc<Function>,
}

impl Deref for LoadedFunction {
    type Target = Function;

    fn deref(&self) -> &Function {
        &self.function
    }
}

/// A function whose function.json could not be read: it is not listed, only its status says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub name: String,
    pub errors: Vec<String>,
    /// The route in host.json that it should have been made of, as the log shows it.
    pub route: Option<String>,
}

/// How a request reaches the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HttpMode {
    /// Streamed both ways, as a reverse proxy does it.
    Proxying,
    /// Passed on as it is, whole.
    Forwarding,
    /// In an envelope.
    Default,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTrigger {
    /// The route template without the prefix; the function's name where the file has none.
    pub route: String,
    /// The methods it takes; `None` is all of them, an empty list none.
    pub methods: Option<Vec<String>>,
    pub level: AuthLevel,
}

impl Function {
    /// A function of which only the description is known.
    pub(super) fn new(name: String, directory: PathBuf, definition: Definition, file: Document) -> Self {
        let trigger = definition.bindings.iter().find(|binding| binding.is_trigger());
        let http = trigger.and_then(|trigger| http_trigger(&name, trigger));
        Self {
            log_category: format!("Function.{name}"),
            name,
            directory,
            bindings: definition.bindings,
            http,
            retry: definition.retry,
            errors: Vec::new(),
            is_unindexed: false,
            script_file: None,
            disabled: false,
            filtered: false,
            host_json_path: None,
            file,
        }
    }

    #[cfg(test)]
    pub fn with_trigger(binding: &Value) -> LoadedFunction {
        let file = Document::parse(&serde_json::json!({ "bindings": [binding] }).to_string()).unwrap();
        let definition = read("F", Path::new("/app/F"), &file).unwrap();
        Arc::new(Self::new("F".to_owned(), "/app/F".into(), definition, file)).loaded().unwrap()
    }

    /// Whether it is loaded: without errors and not left out by the allow list. A disabled function is loaded.
    pub fn is_loaded(&self) -> bool {
        self.errors.is_empty() && !self.filtered
    }

    pub fn loaded(self: &Arc<Self>) -> Option<LoadedFunction> {
        self.routed().filter(|_| self.is_loaded())
    }

    /// Whether requests on its route are its own.
    pub fn has_route(&self) -> bool {
        self.is_loaded() || self.is_unindexed
    }

    pub fn routed(self: &Arc<Self>) -> Option<LoadedFunction> {
        let trigger = self.trigger_binding().filter(|_| self.has_route())?;
        Some(LoadedFunction { trigger: trigger.clone(), function: Arc::clone(self) })
    }

    /// Whether host.json describes it, and no function.json.
    pub const fn is_implicit(&self) -> bool {
        self.host_json_path.is_some()
    }

    pub fn in_file(&self, diagnostic: &Diagnostic) -> Diagnostic {
        diagnostic.in_file(&self.directory.join("function.json"), Some(&self.file))
    }

    pub fn trigger_binding(&self) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.is_trigger())
    }

    /// Bindings whose value goes to the handler.
    pub fn inputs(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(|binding| binding.direction != Direction::Out)
    }

    /// Bindings whose value comes from the handler.
    pub fn outputs(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(|binding| binding.direction != Direction::In)
    }

    /// Whether its only input is an HTTP trigger and its only output an HTTP response (protocol.md#forwarding-which-functions).
    pub fn is_pure_http(&self) -> bool {
        is_only(self.inputs(), BindingKind::HttpTrigger) && is_only(self.outputs(), BindingKind::Http)
    }

    /// How requests to it reach the handler (protocol.md#proxying-which-functions and #forwarding-which-functions). With
    /// `httpWorker` those to a pure HTTP function are always passed on, but to the path `/<name>`
    /// (protocol.md#the-httpworker-section). `None` if not at all: the SDK does not know the function.
    pub fn http_mode(&self, options: &HostOptions) -> Option<HttpMode> {
        Some(match options.custom_handler.as_ref().filter(|_| self.is_pure_http()) {
            _ if self.is_unindexed => return None,
            Some(handler) if handler.proxying => HttpMode::Proxying,
            Some(handler) if handler.forwarding || handler.kind == HandlerKind::HttpWorker => HttpMode::Forwarding,
            _ => HttpMode::Default,
        })
    }

    /// The retry policy that holds for it: its own, or else the app's.
    pub fn retry_policy<'a>(&'a self, options: &'a HostOptions) -> Option<&'a Retry> {
        self.retry.as_ref().or(options.retry.as_ref())
    }
}

/// Everything function.json says, or the one error that makes it unreadable.
pub(super) struct Definition {
    pub bindings: Vec<Binding>,
    pub retry: Option<Retry>,
    /// The script that the file names.
    pub script_file: Option<PathBuf>,
}

/// Reads a parsed function.json. The texts of errors are those of the real host's parser (protocol.md#discovery-and-names).
pub(super) fn read(name: &str, directory: &Path, document: &Document) -> Result<Definition, Diagnostic> {
    let Some(file) = document.value.as_object() else { return Err(Diagnostic::new("is not a JSON object", "")) };
    // The real host reads these names in this case only, unlike those in a binding.
    let bindings = match file.get("bindings") {
        None => Vec::new(),
        Some(Value::Array(bindings)) => bindings
            .iter()
            .enumerate()
            .map(|(index, raw)| binding::read(raw, &format!("bindings[{index}]"), document))
            .collect::<Result<_, _>>()?,
        Some(other) => {
            return Err(
                Diagnostic::new(not_cast(other, "JArray"), "bindings").hint("`bindings` is a list: [ {…}, {…} ]")
            );
        }
    };
    if bindings.is_empty() {
        let is_misspelt = |key: &&String| *key != "bindings" && did_you_mean(key, &["bindings"]).is_some();
        let misspelt = file.keys().find(is_misspelt);
        let hint = misspelt.map_or("add `bindings`, with one trigger".to_owned(), |misspelt| {
            format!("`{misspelt}`: did you mean `bindings`?")
        });
        let path = misspelt.map_or("bindings", String::as_str);
        return Err(Diagnostic::of_name("At least one binding must be declared.", path).hint(hint));
    }
    if let Some(source) = property(file, "configurationSource") {
        check_source(name, source)?;
    }
    let script_file = cast_to_text(file.get("scriptFile"), "scriptFile")?.filter(|path| !path.is_empty());
    let script_file = script_file.map(|script| existing(directory.join(script))).transpose()?;
    cast_to_text(file.get("entryPoint"), "entryPoint")?;
    let retry = match file.get("retry") {
        Some(value) => retry::read(&Member { value, path: "retry".to_owned(), document })?,
        None => None,
    };
    Ok(Definition { bindings, retry, script_file })
}

fn existing(script: PathBuf) -> Result<PathBuf, Diagnostic> {
    let text =
        "Invalid script file name configuration. The 'scriptFile' property is set to a file that does not exist.";
    let missing = || Diagnostic::new(text, "scriptFile").hint("a custom handler needs no `scriptFile`: remove it");
    if script.is_file() { Ok(script) } else { Err(missing()) }
}

fn check_source(function: &str, source: &Value) -> Result<(), Diagnostic> {
    let source = match source {
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(source).unwrap_or_default(),
        scalar => text_of(scalar).unwrap_or_default(),
    };
    if is_one_of(&source, &["config", "attributes"]) {
        return Ok(());
    }
    // The stray quote is the real host's.
    let text = format!("Illegal value '{source}' for 'configurationSource' property in {function}'.");
    Err(Diagnostic::new(text, "configurationSource").hint("remove it"))
}

/// What an HTTP trigger says. A level or a list of methods that is not one is an error of the function
/// ([`super::descriptor::find`]); here it counts as absent.
fn http_trigger(function: &str, trigger: &Binding) -> Option<HttpTrigger> {
    if trigger.kind != BindingKind::HttpTrigger {
        return None;
    }
    let methods = trigger.property("methods").and_then(Value::as_array);
    Some(HttpTrigger {
        route: trigger.text("route").filter(|route| !route.trim().is_empty()).unwrap_or_else(|| function.to_owned()),
        methods: methods.map(|methods| methods.iter().filter_map(text_of).collect()),
        level: trigger.text("authLevel").as_deref().and_then(auth_level).unwrap_or(AuthLevel::Function),
    })
}

/// A level as a binding writes it. An empty text is as good as none.
pub(super) fn auth_level(text: &str) -> Option<AuthLevel> {
    if text.is_empty() { Some(AuthLevel::Function) } else { AuthLevel::of(text) }
}

fn is_only<'a>(mut bindings: impl Iterator<Item = &'a Binding>, kind: BindingKind) -> bool {
    bindings.next().is_some_and(|binding| binding.kind == kind) && bindings.next().is_none()
}
