//! The folder of the app.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::app::Diagnostic;

const HOST_FILE: &str = "host.json";

/// The named folder; without a name, the nearest one with host.json, from the current one upward. The path is absolute.
pub fn find(named: Option<PathBuf>) -> Result<PathBuf, Diagnostic> {
    if let Some(path) = named {
        let cannot_open = |error: &dyn Display| {
            Diagnostic::of_whole(format!("cannot open the app folder `{}`: {error}", path.display()))
                .hint("give the folder that has host.json")
        };
        let folder = std::fs::canonicalize(&path).map_err(|error| cannot_open(&error))?;
        return if folder.is_file() { Err(cannot_open(&"it is a file")) } else { Ok(folder) };
    }
    let here = std::env::current_dir().map_err(|error| {
        Diagnostic::of_whole(format!("cannot find out which folder this is: {error}"))
            .hint("name the folder with host.json: mini-host FOLDER")
    })?;
    let has_host_file = |folder: &&Path| folder.join(HOST_FILE).is_file();
    here.ancestors().find(has_host_file).map(Path::to_path_buf).ok_or_else(|| {
        Diagnostic::of_whole(format!("no host.json in `{}`, nor in a folder above it", here.display()))
            .hint("go to the folder of a function app, or name it: mini-host FOLDER, mini-host package FOLDER, mini-host send --app FOLDER")
    })
}
