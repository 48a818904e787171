//! Finding the functions of an app and reading each.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::descriptor::{self, Registered};
use super::diagnostic::Diagnostic;
use super::function::{self, Function, Unreadable};
use super::indexing;
use super::options::HostOptions;
use super::settings::Settings;
use super::syntax;
use super::taken_routes::TakenRoutes;
use crate::files;
use dotnet_text::document::Document;
use dotnet_text::encoding;

const STORAGE_SETTING: &str = "AzureWebJobsStorage";

#[derive(Default)]
pub(super) struct Functions {
    pub readable: Vec<Arc<Function>>,
    pub unreadable: Vec<Unreadable>,
    pub diagnostics: Vec<Diagnostic>,
    /// Why something cannot be read, though it may be in order: no descriptors are left, say.
    pub trouble: Option<String>,
}

/// Reads every function below `root`. What is wrong with one of them stays with that one.
pub(super) fn read(root: &Path, options: &HostOptions, settings: &Settings) -> Functions {
    let mut found = Functions::default();
    let mut readable = Vec::new();
    let directories = directories(root).unwrap_or_else(|error| {
        found.trouble = Some(format!("`{}` cannot be read: {error}", root.display()));
        Vec::new()
    });
    for (name, directory) in directories {
        match read_function(&name, &directory, options, settings) {
            Ok(function) => readable.push(function),
            Err(Refused { error, diagnostic, is_passing }) => {
                if is_passing {
                    found.trouble = Some(diagnostic.to_string());
                }
                found.diagnostics.push(*diagnostic);
                found.unreadable.push(Unreadable { name, errors: vec![error], route: None });
            }
        }
    }
    let extensions = names_extensions(root, options) || settings.get_filled(STORAGE_SETTING).is_some();
    let bundle = options.extension_bundle.is_some();
    check(
        &mut readable,
        &Registered { extensions, bundle, settings, prefix: &options.http.route_prefix },
        &mut found.diagnostics,
    );
    found.readable = readable.into_iter().map(Arc::new).collect();
    found
}

/// Whether the app says where its extensions come from.
pub(crate) fn names_extensions(root: &Path, options: &HostOptions) -> bool {
    options.extension_bundle.is_some() || root.join("bin/extensions.json").exists()
}

/// Finds what is wrong first with each function, in the order of their names: that decides who keeps a route that two of them want.
fn check(readable: &mut [Function], registered: &Registered<'_>, found: &mut Vec<Diagnostic>) {
    let mut taken = TakenRoutes::default();
    for function in readable {
        let diagnostic = descriptor::find(function, registered)
            .or_else(|| if function.filtered { None } else { taken.conflict(function) });
        // A description that is in order has its route, even if the function fails after that.
        let has_route = diagnostic.is_none() && !function.filtered;
        if has_route {
            taken.take(function);
        }
        let diagnostic = diagnostic.map(|diagnostic| (diagnostic.message.clone(), diagnostic));
        if let Some((error, diagnostic)) = diagnostic.or_else(|| indexing::find(function, registered)) {
            found.push(function.in_file(&diagnostic));
            function.errors = vec![error];
            function.is_unindexed = has_route;
        }
    }
}

/// The directories directly below the root that hold a function.json, by name ignoring case
/// (recordings JX-order-case, JX-nested).
fn directories(root: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let path = entry?.path();
        if path.join("function.json").is_file()
            && let Some(name) = path.file_name().and_then(OsStr::to_str)
        {
            found.push((name.to_owned(), path));
        }
    }
    found.sort_by_cached_key(|(name, _)| (name.to_uppercase(), name.clone()));
    Ok(found)
}

/// A function that cannot be read: why, for callers of the admin endpoints and for people.
struct Refused {
    error: String,
    diagnostic: Box<Diagnostic>,
    /// Whether it is the system's doing, and not the file.
    is_passing: bool,
}

fn read_function(
    name: &str,
    directory: &Path,
    options: &HostOptions,
    settings: &Settings,
) -> Result<Function, Refused> {
    let path = directory.join("function.json");
    if !descriptor::is_function_name(name) {
        let error = format!("'{name}' is not a valid function name.");
        let hint = "begin with a letter; letters, digits, `_` and `-` may follow, 128 in all; `host` is taken";
        let diagnostic = Box::new(Diagnostic::of_whole(&error).hint(hint).in_file(directory, None));
        return Err(Refused { error, diagnostic, is_passing: false });
    }
    let bytes = files::read(&path).map_err(|error| {
        let unreadable = Diagnostic::of_whole(format!("cannot be read: {error}")).hint("make it a readable text file");
        let diagnostic = Box::new(unreadable.in_file(&path, None));
        Refused { diagnostic, is_passing: is_passing(&error), error: error.to_string() }
    })?;
    let text = encoding::decode(&bytes);
    let document = Document::parse_object(&text).map_err(|error| {
        let diagnostic = Box::new(syntax::diagnostic(&path, &text, &error, "{\"bindings\": [ … ]}"));
        Refused { error: error.to_string(), diagnostic, is_passing: false }
    })?;
    let refused = |diagnostic: Diagnostic| Refused {
        diagnostic: Box::new(diagnostic.in_file(&path, Some(&document))),
        error: diagnostic.message,
        is_passing: false,
    };
    let definition = function::read(name, directory, &document).map_err(refused)?;
    Ok(Function {
        script_file: definition.script_file.clone().or_else(|| usual_script(directory)),
        disabled: is_disabled(name, settings),
        filtered: is_filtered(name, options),
        ..Function::new(name.to_owned(), directory.to_path_buf(), definition, document)
    })
}

/// Whether an error of the system says nothing about the file.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, InvalidInput, NotFound, PermissionDenied};
    !matches!(error.kind(), InvalidInput | FileTooLarge | NotFound | PermissionDenied)
}

pub(super) fn is_disabled(name: &str, settings: &Settings) -> bool {
    let disabling = [format!("AzureWebJobs.{name}.Disabled"), format!("AzureWebJobs_{name}_Disabled")];
    disabling.iter().any(|setting| settings.is_on(setting))
}

/// Whether the allow list of host.json leaves a function out.
pub(super) fn is_filtered(name: &str, options: &HostOptions) -> bool {
    let allowed = |allowed: &String| allowed.eq_ignore_ascii_case(name);
    !options.functions.is_empty() && !options.functions.iter().any(allowed)
}

/// The file that the real host takes for a function's script where function.json names none: the only other one in the directory, or
/// one whose name is usual for scripts (`HostFunctionMetadataProvider.DeterminePrimaryScriptFile`).
fn usual_script(directory: &Path) -> Option<PathBuf> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_usual = |name: &str| {
        name == "run"
            || name.rsplit_once('.').is_some_and(|(stem, _)| stem == "run")
            || ["index.js", "index.mjs", "index.cjs", "__init__.py"].contains(&name)
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|path| path.is_file() && name(path) != "function.json").collect();
    match files.len() {
        1 => files.pop(),
        _ => files.into_iter().find(|path| is_usual(&name(path))),
    }
}
