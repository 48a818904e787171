//! `/admin/functions/…`: listing, reading, writing and running functions.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use wire::Response;

use super::endpoint::{Endpoint, Error, Request, member, of_json, of_text};
use crate::app::{self, App, Function, Unreadable};
use crate::files;
use crate::grammar::route;
use crate::host::Host;
use crate::triggers::manual;

pub(super) fn find(method: &str, names: &[&str]) -> Option<Endpoint> {
    let endpoint: Endpoint = match (method, names) {
        ("GET", []) => |host, _| Ok(list(host)),
        ("GET", [_]) => get,
        ("PUT", [_]) => put,
        ("DELETE", [_]) => delete,
        ("POST", [_]) => invoke,
        ("GET", [_, "status"]) => status,
        _ => return None,
    };
    Some(endpoint)
}

fn name<'a>(request: &Request<'a>) -> &'a str {
    request.segment(2)
}

/// Where the test data of functions is kept. The real host takes a folder in /tmp, where others could put down theirs.
pub(super) fn test_data_directory(host: &Host) -> PathBuf {
    match host.settings.get_filled("FUNCTIONS_TEST_DATA_PATH") {
        Some(path) => path.into(),
        // Without a key store the endpoint admits nobody.
        None => host.keys.directory().unwrap_or(Path::new("/")).join("FunctionsData"),
    }
}

/// All functions that have a function.json. Links are to the app's public name (recording K14). With a faulty host.json there
/// is no host to list them (recording CX-hostjson-invalid).
fn list(host: &Arc<Host>) -> Response {
    let app = host.app();
    if !app.host_file_is_sound {
        return Response::empty(500);
    }
    let base = format!("https://{}", host.settings.get_filled("WEBSITE_HOSTNAME").unwrap_or("localhost"));
    let listed = app.functions.iter().filter(|function| !function.is_implicit());
    of_json(200, &listed.map(|function| described(function, &app, &base, host)).collect())
}

fn get(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let app = host.app();
    let function = app.listed(name(request)).ok_or(Error::NoFunction)?;
    Ok(of_json(200, &described(function, &app, &request.base(), host)))
}

fn status(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let (app, name) = (host.app(), name(request));
    if !app.host_file_is_sound {
        return Ok(Response::empty(500));
    }
    let is_unreadable = |function: &&Unreadable| function.route.is_none() && function.name.eq_ignore_ascii_case(name);
    let errors = match (app.listed(name), app.unreadable.iter().find(is_unreadable)) {
        (Some(function), _) => &function.errors,
        (None, Some(function)) => &function.errors,
        (None, None) => return Err(Error::NoFunction),
    };
    Ok(of_json(200, &if errors.is_empty() { json!({}) } else { json!({ "errors": errors }) }))
}

/// Runs a function in the background (recordings K10 to K12, KX-invoke-inputs, KX-invoke-type). A host that does not run refuses
/// every request, but checks its content type first.
fn invoke(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let invocation = request.texts(["input"], &[])?;
    let running = host.running().ok_or(Error::NotRunning)?;
    let Some([input]) = invocation else { return Ok(Response::empty(400)) };
    let function = host.app().function(name(request)).and_then(Function::loaded).ok_or(Error::NoFunction)?;
    tokio::spawn(manual::invoke(Arc::clone(host), running, Arc::new(function), input));
    Ok(Response::empty(202))
}

/// Makes or replaces a function's directory. The app changes by that, and the host notices (protocol.md#admin-endpoints). A body
/// that is not a function, and one that leaves no function behind, are errors of the real host.
fn put(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let (name, body) = (name(request), request.json()?);
    if !app::is_function_name(name) {
        return Ok(of_text(400, &format!("{name} is not a valid function name")));
    }
    let Some(body @ Value::Object(_)) = body else { return Ok(Response::empty(500)) };
    let root = host.app().root.clone();
    write_function(&root, name, &body, host).map_err(|error| {
        let path = root.join(name);
        Error::File { action: "write", path, error }
    })?;
    let app = app::load(&root, &host.settings);
    Ok(match app.listed(name) {
        Some(function) => request.created(&described(function, &app, &request.base(), host)),
        None => Response::empty(500),
    })
}

/// Given files replace all that is in the directory; function.json may be among them.
fn write_function(root: &Path, name: &str, body: &Value, host: &Arc<Host>) -> std::io::Result<()> {
    let directory = root.join(name);
    match std::fs::create_dir(&directory) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    refuse_link(&directory)?;
    let files = member(body, "files").and_then(Value::as_object);
    if let Some(files) = files {
        remove_contents(&directory)?;
        for (file, content) in files {
            // A name that climbs out of the directory is not a file of it.
            if Path::new(file).components().all(|part| matches!(part, Component::Normal(_))) {
                files::write(&directory.join(file), content.as_str().unwrap_or_default().as_bytes())?;
            }
        }
    }
    let config = member(body, "config").filter(|config| config.is_object());
    if let Some(config) = config.filter(|_| !files.is_some_and(|files| files.contains_key("function.json"))) {
        files::write(&directory.join("function.json"), format!("{config:#}").as_bytes())?;
    }
    if let Some(data) = member(body, "test_data").and_then(Value::as_str) {
        files::write_privately(&test_data_file(host, name), data.as_bytes())?;
    }
    Ok(())
}

/// Empties a function's directory, and leaves it there as the real host does.
fn delete(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let app = host.app();
    let function = app.listed(name(request)).ok_or(Error::NoFunction)?;
    let path = || function.directory.clone();
    remove_contents(&function.directory).map_err(|error| Error::File { action: "empty", path: path(), error })?;
    // There need not be any test data.
    _ = std::fs::remove_file(test_data_file(host, &function.name));
    Ok(Response::empty(204))
}

/// What is behind a link is not the function's own.
fn refuse_link(directory: &Path) -> std::io::Result<()> {
    if std::fs::symlink_metadata(directory)?.is_dir() {
        return Ok(());
    }
    Err(std::io::Error::new(std::io::ErrorKind::NotADirectory, "not a folder of the app itself"))
}

fn remove_contents(directory: &Path) -> std::io::Result<()> {
    refuse_link(directory)?;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn test_data_file(host: &Host, name: &str) -> PathBuf {
    test_data_directory(host).join(format!("{name}.dat"))
}

/// Longer test data, in UTF-16 code units, is not shown.
const MOST_TEST_DATA_UNITS: usize = 4 * 1024;

/// The function object, its fields in the order of the real host (recording KX-function). `invoke_url_template` is in lower case,
/// its host included, and has the route as it is written, even if it is only spaces.
fn described(function: &Function, app: &App, base: &str, host: &Host) -> Value {
    let name = &function.name;
    let directory = function.directory.display();
    let template = function.http.as_ref().map(|http| {
        let written = function.trigger_binding().and_then(|trigger| trigger.text("route"));
        let written = written.filter(|route| !route.is_empty());
        let route = written.as_deref().unwrap_or(&http.route);
        format!("{base}/{}", route::full(app.options.http.route_prefix.trim_end_matches('/'), route)).to_lowercase()
    });
    let test_data_file = test_data_file(host, name);
    let text = files::read(&test_data_file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.unwrap_or_default();
    let text = Some(text).filter(|text| text.encode_utf16().count() <= MOST_TEST_DATA_UNITS);
    json!({
        "name": name,
        "script_root_path_href": format!("{base}/admin/vfs{directory}/"),
        "script_href": function.script_file.as_ref().map(|path| format!("{base}/admin/vfs{}", path.display())),
        "config_href": format!("{base}/admin/vfs{directory}/function.json"),
        "test_data_href": format!("{base}/admin/vfs{}", test_data_file.display()),
        "href": format!("{base}/admin/functions/{name}"),
        "invoke_url_template": template,
        "language": null,
        "config": function.file.value,
        "files": null,
        "test_data": text,
        "isDisabled": function.disabled,
        "isDirect": false,
        "isProxy": false,
    })
}
