//! `/admin/host/…`: status, ping, drain, restart, state, configuration.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use wire::Response;

use super::endpoint::{Endpoint, Error, Request, member, of_json, of_text, with};
use super::functions::test_data_directory;
use crate::app::App;
use crate::handler::own_headers::VERSION;
use crate::host::{Host, OFFLINE_FILE, State};
use crate::log;
use crate::triggers::host_id;

const APP_OFFLINE_PAGE: &str = "<html><body>This function app is offline.</body></html>\n";

pub(super) fn find(method: &str, names: &[&str]) -> Option<Endpoint> {
    let endpoint: Endpoint = match (method, names) {
        ("GET", ["status"]) => |host, _| Ok(status(host)),
        ("POST", ["drain"]) => |host, _| {
            host.drain(true);
            Ok(Response::empty(202))
        },
        ("POST", ["resume"]) => |host, _| Ok(resume(host)),
        ("GET", ["drain", "status"]) => |host, _| Ok(drain_status(host)),
        ("POST", ["restart"]) => |host, _| Ok(restart(host)),
        ("PUT", ["state"]) => set_state,
        ("GET", ["config"]) => |host, _| check_running(host).map(|()| configuration(&host.app())),
        ("GET", ["processes"]) => |_, _| Ok(processes()),
        // .NET says on Linux that it has launched a debugger, whether there is one or not.
        ("POST", ["debug"]) => |_, _| Ok(Response::empty(200)),
        ("POST", ["synctriggers"]) => |host, _| {
            check_running(host)?;
            Ok(of_json(500, &json!({"status": "Invalid environment for SyncTriggers operation."})))
        },
        ("POST", ["scale", "status"]) => |host, request| {
            request.json()?;
            check_running(host)?;
            Ok(of_text(400, "Runtime scale monitoring is not enabled."))
        },
        ("POST", ["log"]) => |_, request| log(request),
        ("GET", ["extensionbundle", "v1", "templates"]) => |_, _| Ok(no_bundle("Templates")),
        ("GET", ["extensionbundle", "v1", "bindings"]) => |_, _| Ok(no_bundle("Bindings")),
        ("GET", ["extensionbundle", "v1", name]) if *name == "resources" || name.starts_with("resources.") => {
            |_, _| Ok(no_bundle("Resources"))
        }
        _ => return None,
    };
    Some(endpoint)
}

/// The response about a part of an extension bundle, which this host does not have.
fn no_bundle(part: &str) -> Response {
    let text = format!(
        "{part} not found within the extension bundle or extension bundle is not configured for the function app."
    );
    of_text(404, &text)
}

pub(super) fn check_running(host: &Arc<Host>) -> Result<(), Error> {
    host.running().map(drop).ok_or(Error::NotRunning)
}

/// The real host resumes by starting anew, with a new handler, but only if it was drained (recording KX-drain).
fn resume(host: &Arc<Host>) -> Response {
    if host.running().is_none() {
        return Response::empty(409);
    }
    if *host.drained().borrow() {
        host.drain(false);
        start_anew(host);
    }
    of_json(200, &json!({ "state": "Running" }))
}

/// `200`, never stored (recording K09).
pub(super) fn ping() -> Response {
    with(with(Response::empty(200), "Cache-Control", "no-store,no-cache"), "Pragma", "no-cache")
}

/// The fields are in the order of the real host (recordings K08, C10, CX-appoffline).
fn status(host: &Arc<Host>) -> Response {
    let state = host.state();
    let app = state.app();
    let mut status = json!({
        "id": host_id(&host.settings, &app.root),
        "state": state.name(),
        "version": VERSION,
        "versionDetails": format!("{VERSION} (mini-host {})", env!("CARGO_PKG_VERSION")),
        "platformVersion": "",
        "instanceId": "",
        "computerName": "",
    });
    // The real host shows the one that ended its start.
    if let State::Error(app, _) = &state
        && let Some(error) = app.errors.first()
    {
        status["errors"] = json!([error]);
    }
    status["processUptime"] = json!(u64::try_from(host.started.elapsed().as_millis()).unwrap_or(u64::MAX));
    status["functionAppContentEditingState"] = json!("Unknown");
    if let Some(bundle) = &app.options.extension_bundle {
        status["extensionBundle"] = json!({"id": bundle.id, "version": bundle.version});
    }
    of_json(200, &status)
}

/// What the real host says of the instance that it runs on (`LinuxInstanceManager`).
pub(super) fn instance() -> Response {
    of_json(200, &json!({"FUNCTIONS_EXTENSION_VERSION": VERSION, "WEBSITE_NODE_DEFAULT_VERSION": "8.5.0"}))
}

fn drain_status(host: &Arc<Host>) -> Response {
    let outstanding = host.invocations.load(Ordering::Relaxed);
    let state = match (*host.drained().borrow(), outstanding) {
        (false, _) => "Disabled",
        (true, 0) => "Completed",
        (true, _) => "InProgress",
    };
    of_json(200, &json!({"state": state, "outstandingInvocations": outstanding, "outstandingRetries": 0}))
}

fn start_anew(host: &Arc<Host>) {
    let host = Arc::clone(host);
    tokio::spawn(async move {
        if let Err(trouble) = host.load("The host starts anew: an operator wants it").await {
            host.log.error(log::HOST, trouble);
        }
    });
}

fn restart(host: &Arc<Host>) -> Response {
    start_anew(host);
    let setting = |name: &str| host.settings.get_filled(name).map(str::to_owned);
    let secrets = host.keys.directory().map(|path| path.display().to_string());
    of_json(
        200,
        &json!({
            "isSelfHost": true,
            "secretsPath": secrets,
            "scriptPath": host.app().root.display().to_string(),
            "logPath": setting("FUNCTIONS_LOG_PATH"),
            "testDataPath": test_data_directory(host),
            "hasParentScope": true,
            "isStandbyConfiguration": false,
            "isFileSystemReadOnly": false,
            "isScmRunFromPackage": false,
        }),
    )
}

/// `"offline"` writes `app_offline.htm`, which ends the host (recording KX-state-offline); `"running"` removes it. To ask for the
/// state that the host is in changes nothing, and a host that failed stays so.
fn set_state(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let wanted = request.text()?.unwrap_or_default().trim().to_ascii_lowercase();
    let path = host.app().root.join(OFFLINE_FILE);
    let (action, done) = match (wanted.as_str(), host.state()) {
        ("offline", State::Offline { .. }) | ("running", State::Running(_)) => return Ok(Response::empty(200)),
        ("offline", _) => ("write", std::fs::write(&path, APP_OFFLINE_PAGE)),
        ("running", State::Offline { .. }) => ("remove", std::fs::remove_file(&path)),
        _ => return Ok(Response::empty(400)),
    };
    match done {
        Err(error) if action == "write" || error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { action, path, error })
        }
        _ => Ok(Response::empty(202)),
    }
}

/// The effective settings of extensions, indented (recording KX-admin-misc).
fn configuration(app: &App) -> Response {
    let http = &app.options.http;
    let limit = |limit: Option<usize>| limit.map_or(json!(-1), |limit| json!(limit));
    let value = json!({
        "extensions": {
            "http": {
                "dynamicThrottlesEnabled": false,
                "enableChunkedRequestBinding": false,
                "maxConcurrentRequests": limit(http.max_concurrent_requests),
                "maxOutstandingRequests": limit(http.max_outstanding_requests),
                "routePrefix": http.route_prefix,
            }
        },
        "concurrency": {
            "dynamicConcurrencyEnabled": false,
            "maximumFunctionConcurrency": 500,
            "cpuThreshold": 0.8,
            "snapshotPersistenceEnabled": true,
        }
    });
    of_text(200, &format!("{value:#}"))
}

fn processes() -> Response {
    of_json(
        200,
        &json!({"processes": [{
            "processId": std::process::id(),
            "processName": "dotnet",
            "debugEngine": ".NETCore",
            "isEligibleForOpenInBrowser": false,
        }]}),
    )
}

/// Log entries of the platform's front: read and dropped, as there is no platform to pass them to.
fn log(request: &Request<'_>) -> Result<Response, Error> {
    Ok(match request.json()? {
        Some(Value::Array(entries)) if entries.iter().all(is_log_entry) => Response::empty(200),
        _ => of_text(400, "An array of log entry objects is expected."),
    })
}

/// Whether the real host can read it as a `HostLogEntry`: a level that .NET's `TraceLevel` has, and texts.
fn is_log_entry(entry: &Value) -> bool {
    const LEVELS: [&str; 5] = ["off", "error", "warning", "info", "verbose"];
    let is_level = |level: &Value| match level {
        Value::String(text) => {
            LEVELS.contains(&text.trim().to_lowercase().as_str()) || text.trim().parse::<i32>().is_ok()
        }
        level => level.is_i64(),
    };
    let is_text = |name| member(entry, name).is_none_or(|text| !text.is_object() && !text.is_array());
    entry.is_object()
        && member(entry, "level").is_none_or(is_level)
        && ["functionName", "source", "message"].into_iter().all(is_text)
}
