//! What Core Tools, and not the host, does for a person: finds the app, reads its local.settings.json, picks a port, lets pages of
//! other origins call, and starts a storage emulator (protocol.md#local-settings).
//!
//! Nothing of this happens where the environment names the app (`AzureWebJobsScriptRoot`), as the images of the real host do:
//! there mini-host is that host and no more.

pub mod azurite;
pub mod cors;
mod folder;
mod settings_file;

use std::collections::HashMap;
use std::path::PathBuf;

use crate::app::Diagnostic;
use crate::cli::ServeOptions;
use crate::host::open_keys;
use cors::Policy;
use settings_file::SettingsFile;

const SCRIPT_ROOT: &str = "AzureWebJobsScriptRoot";
const SETTINGS_FILE: &str = "local.settings.json";
/// Where people expect a local host: the port of Core Tools.
const USUAL_PORT: u16 = 7071;

#[derive(Debug)]
pub struct Surroundings {
    /// The folder with host.json, absolute.
    pub root: PathBuf,
    /// The environment of host and handler.
    pub environment: Vec<(String, String)>,
    pub port: Port,
    /// Who may call from pages of another origin; `None` leaves that to the handler.
    pub cors: Option<Policy>,
    /// Whether this is a person's own machine: the environment does not name the app.
    pub is_local: bool,
    /// What a person should know, one entry for each warning.
    pub notes: Vec<Diagnostic>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// This one or none; without a number, as `ASPNETCORE_URLS` says.
    Exactly(Option<u16>),
    /// This one, or a free one if it is taken.
    Preferably(u16),
}

pub fn app_folder(options: &ServeOptions) -> Result<PathBuf, Diagnostic> {
    let environment: Vec<_> = variables().collect();
    let named = find(&environment, SCRIPT_ROOT).map(PathBuf::from);
    folder::find(options.app.clone().or(named))
}

/// Finds the app, and reads what stands beside it.
pub fn surroundings(options: &ServeOptions) -> Result<Surroundings, Diagnostic> {
    let mut environment: Vec<(String, String)> = variables().collect();
    let is_image = find(&environment, SCRIPT_ROOT).is_some();
    let root = app_folder(options)?;
    let beside = Some(root.join(SETTINGS_FILE))
        .filter(|path| !is_image && !options.no_local_settings && path.symlink_metadata().is_ok());
    let file = match options.local_settings.clone().or(beside) {
        Some(path) => settings_file::read(&path)?,
        None => SettingsFile::default(),
    };
    add(&mut environment, file.settings);
    let functions = options.functions.iter().enumerate();
    let functions = functions.map(|(index, name)| (format!("AzureFunctionsJobHost__functions__{index}"), name.clone()));
    environment.extend(functions);
    if !is_image {
        // As under Core Tools: idle queues are then asked every two seconds.
        add(&mut environment, vec![("AZURE_FUNCTIONS_ENVIRONMENT".to_owned(), "Development".to_owned())]);
    }
    if !is_image || options.open_keys {
        match open_keys::store(&environment, &root) {
            Ok(store) => add(&mut environment, store),
            // Without a key store no key is right, which matters to those who want one.
            Err(error) if options.open_keys => return Err(error),
            Err(_) => {}
        }
    }
    let says_where = is_image || find(&environment, "ASPNETCORE_URLS").is_some_and(|urls| !urls.trim().is_empty());
    let port = match (options.port, says_where) {
        (None, false) => Port::Preferably(file.port.unwrap_or(USUAL_PORT)),
        (port, _) => Port::Exactly(port),
    };
    let origins = options.cors.as_deref().or(file.cors.as_deref()).filter(|origins| !origins.trim().is_empty());
    let has_credentials = options.cors_credentials || (options.cors.is_none() && file.cors_credentials);
    let mut notes = file.notes;
    let cors = match origins.map(|origins| Policy::new(origins, has_credentials)).transpose() {
        // What Core Tools starts with, though no page can call, does not keep mini-host from starting either.
        Err(diagnostic) if options.cors.is_none() => {
            notes.push(diagnostic.within("`Host.CORS` of the local settings lets no page call"));
            None
        }
        cors => cors?,
    };
    Ok(Surroundings { root, environment, port, cors, is_local: !is_image, notes })
}

/// The environment of this process as far as it is text.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Adds settings; what the environment has already, and is not empty, stays as it is, as with Core Tools.
fn add(environment: &mut Vec<(String, String)>, settings: Vec<(String, String)>) {
    // Of two of one name the first one is found everywhere.
    let mut places: HashMap<String, usize> =
        environment.iter().enumerate().rev().map(|(at, (name, _))| (name.clone(), at)).collect();
    for (name, value) in settings {
        match places.get(&name).and_then(|at| environment.get_mut(*at)) {
            Some((_, known)) if known.is_empty() => *known = value,
            Some(_) => {}
            None => {
                places.insert(name.clone(), environment.len());
                environment.push((name, value));
            }
        }
    }
}

/// The value of an environment variable by its name ignoring case.
pub fn find<'a>(environment: &'a [(String, String)], name: &str) -> Option<&'a str> {
    environment.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_unless_it_is_empty() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut environment = vec![pair("A", "mine"), pair("B", ""), pair("A", "")];
        add(&mut environment, vec![pair("A", "1"), pair("B", "2"), pair("C", "3"), pair("C", "4")]);
        assert_eq!(environment, [pair("A", "mine"), pair("B", "2"), pair("A", ""), pair("C", "3")]);
    }
}
