//! The folder of the app.

use std::io;
use std::path::{Path, PathBuf};

const HOST_FILE: &str = "host.json";

/// Why there is no app.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot open the app folder `{}`: {error}\nhint: give the folder that has host.json", path.display())]
    Closed { path: PathBuf, error: io::Error },
    #[error(
        "no host.json in `{}`, nor in a folder above it\nhint: go to the folder of a function app, or name it: mini-host FOLDER",
        .0.display()
    )]
    NoApp(PathBuf),
    #[error("cannot find out which folder this is: {0}\nhint: name the folder with host.json: mini-host FOLDER")]
    Nowhere(io::Error),
}

/// The named folder; without a name, the nearest one with host.json, from the current one upward. The path is absolute.
///
/// # Errors
/// If there is no such folder.
pub fn find(named: Option<PathBuf>) -> Result<PathBuf, FolderError> {
    if let Some(path) = named {
        return std::fs::canonicalize(&path).map_err(|error| FolderError::Closed { path, error });
    }
    let here = std::env::current_dir().map_err(FolderError::Nowhere)?;
    let has_host_file = |folder: &&Path| folder.join(HOST_FILE).is_file();
    here.ancestors().find(has_host_file).map(Path::to_path_buf).ok_or(FolderError::NoApp(here))
}
