//! `/admin/vfs/<absolute path>`: reading files of the app.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use wire::Response;

use super::endpoint::{Error, Request, of_json};
use crate::files;
use crate::host::Host;

/// Longer files are not shown: each is held in memory.
const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024;

/// A file or, where the path names one, a directory as a list. What is not below the app's directory is refused, even with the
/// master key (recording KX-admin-misc).
pub(super) fn read(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    const PREFIX_LENGTH: usize = "/admin/vfs".len();
    let asked = Path::new(request.path.get(PREFIX_LENGTH..).unwrap_or_default());
    let Some(path) = below(&host.app().root, asked) else { return Ok(Response::empty(403)) };
    let response = if path.is_dir() { list(&path, request).map(|value| of_json(200, &value)) } else { file(&path) };
    response.or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(Response::empty(404)),
        _ => Err(Error::File { action: "read", path, error }),
    })
}

/// The path if it lies in `root` as it is written and, where it exists, by the links it follows.
fn below(root: &Path, asked: &Path) -> Option<PathBuf> {
    let climbs = asked.components().any(|part| part == std::path::Component::ParentDir);
    if climbs || !asked.starts_with(root) {
        return None;
    }
    match (asked.canonicalize(), root.canonicalize()) {
        (Ok(real), Ok(real_root)) if !real.starts_with(&real_root) => None,
        _ => Some(asked.to_path_buf()),
    }
}

fn file(path: &Path) -> std::io::Result<Response> {
    let body = files::read_up_to(path, MAX_FILE_BYTES)?;
    let media_type = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => "application/json",
        Some("txt" | "log" | "dat") => "text/plain",
        Some("htm" | "html") => "text/html",
        _ => "application/octet-stream",
    };
    Ok(Response::of(200, media_type, body))
}

fn list(path: &Path, request: &Request<'_>) -> std::io::Result<Value> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path().display().to_string();
        let slash = if metadata.is_dir() { "/" } else { "" };
        entries.push(json!({
            "name": name,
            "size": metadata.len(),
            "mime": if metadata.is_dir() { "inode/directory" } else { "application/octet-stream" },
            "href": format!("{}/admin/vfs{path}{slash}", request.base()),
            "path": path,
        }));
    }
    entries.sort_by_key(|entry| entry["name"].as_str().unwrap_or_default().to_owned());
    Ok(Value::Array(entries))
}
