//! `/admin/host/…`: status, ping, drain, restart, state, configuration.

use serde_json::{Map, Value, json};

use super::{Endpoint, Operator, Reply, Request};
use crate::app::App;
use crate::host::VERSION;
use crate::triggers::host_id;

const APP_OFFLINE_PAGE: &str = "<html><body>This function app is offline.</body></html>\n";

pub(super) fn find<'a>(method: &str, names: &[&str]) -> Option<Endpoint<'a>> {
    Some(match (method, names) {
        ("GET", ["status"]) => Box::new(|operator, _| status(operator)),
        ("POST", ["drain"]) => Box::new(|operator, _| {
            operator.drain(true);
            Reply::empty(202)
        }),
        ("POST", ["resume"]) => Box::new(|operator, _| {
            // The real host comes back by starting anew, with a new handler (recording KX-drain).
            let state = operator.state().to_owned();
            operator.drain(false);
            operator.restart();
            Reply::json(200, &json!({ "state": state }))
        }),
        ("GET", ["drain", "status"]) => Box::new(|operator, _| drain_status(operator)),
        ("POST", ["restart"]) => Box::new(|operator, _| restart(operator)),
        ("PUT", ["state"]) => Box::new(set_state),
        ("GET", ["config"]) => Box::new(|operator, _| configuration(&operator.app())),
        ("GET", ["processes"]) => Box::new(|_, _| processes()),
        ("GET", ["extensions"]) => Box::new(|_, request| {
            Reply::json(200, &json!({"extensions": [], "links": [{"rel": "self", "href": request.link()}]}))
        }),
        ("POST", ["synctriggers"]) => {
            Box::new(|_, _| Reply::json(500, &json!({"status": "Invalid environment for SyncTriggers operation."})))
        }
        ("POST", ["log"]) => Box::new(|_, request| log(request)),
        ("GET", ["extensionbundle", "v1", content]) => {
            let what = match *content {
                "templates" => "Templates",
                "bindings" => "Bindings",
                name if name == "resources" || name.starts_with("resources.") => "Resources",
                _ => return None,
            };
            Box::new(move |_, _| {
                let text = format!(
                    "{what} not found within the extension bundle or extension bundle is not configured for the function app."
                );
                Reply::text(404, &text)
            })
        }
        _ => return None,
    })
}

/// `200`, never stored (recording K09).
pub(super) fn ping() -> Reply {
    Reply::empty(200).with("Cache-Control", "no-store,no-cache".to_owned()).with("Pragma", "no-cache".to_owned())
}

/// The fields are in the order of the real host (recordings K08, C10, CX-appoffline).
fn status(operator: &dyn Operator) -> Reply {
    let mut status = Map::new();
    let mut put = |name: &str, value: Value| status.insert(name.to_owned(), value);
    put("id", json!(host_id(operator.settings(), &operator.app().root)));
    put("state", json!(operator.state()));
    put("version", json!(VERSION));
    put("versionDetails", json!(format!("{VERSION} (mini-host {})", env!("CARGO_PKG_VERSION"))));
    for name in ["platformVersion", "instanceId", "computerName"] {
        put(name, json!(""));
    }
    // The real host shows the one that ended its start.
    if let Some(error) = operator.errors().first() {
        put("errors", json!([error]));
    }
    put("processUptime", json!(operator.uptime_milliseconds()));
    put("functionAppContentEditingState", json!("Unknown"));
    if let Some(bundle) = &operator.app().options.extension_bundle {
        put("extensionBundle", json!({"id": bundle.id, "version": bundle.version}));
    }
    Reply::json(200, &Value::Object(status))
}

fn drain_status(operator: &dyn Operator) -> Reply {
    let outstanding = operator.outstanding_invocations();
    let state = match (operator.is_drained(), outstanding) {
        (false, _) => "Disabled",
        (true, 0) => "Completed",
        (true, _) => "InProgress",
    };
    Reply::json(200, &json!({"state": state, "outstandingInvocations": outstanding, "outstandingRetries": 0}))
}

fn restart(operator: &dyn Operator) -> Reply {
    operator.restart();
    let setting = |name: &str| operator.settings().get_filled(name).map(str::to_owned);
    let secrets = operator.keys().directory().map(|path| path.display().to_string());
    Reply::json(
        200,
        &json!({
            "isSelfHost": true,
            "secretsPath": secrets,
            "scriptPath": operator.app().root.display().to_string(),
            "logPath": setting("FUNCTIONS_LOG_PATH"),
            "testDataPath": super::functions::test_data_directory(operator),
            "hasParentScope": true,
            "isStandbyConfiguration": false,
            "isFileSystemReadOnly": false,
            "isScmRunFromPackage": false,
        }),
    )
}

/// `"offline"` puts down `app_offline.htm`, on which the host ends (recording KX-state-offline); `"running"` takes it away.
fn set_state(operator: &dyn Operator, request: &Request<'_>) -> Reply {
    let state = match request.json() {
        Ok(state) => state.as_str().unwrap_or_default().to_ascii_lowercase(),
        Err(reply) => return reply,
    };
    let page = operator.app().root.join("app_offline.htm");
    let done = match state.as_str() {
        "offline" => std::fs::write(&page, APP_OFFLINE_PAGE),
        "running" => std::fs::remove_file(&page).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }),
        _ => return Reply::empty(400),
    };
    match done {
        Ok(()) => Reply::empty(202),
        Err(error) => {
            operator.log_error(&format!("cannot write or remove `{}`: {error}", page.display()));
            Reply::empty(500)
        }
    }
}

/// The effective settings of extensions, indented (recording KX-admin-misc).
fn configuration(app: &App) -> Reply {
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
    Reply::text(200, &format!("{value:#}"))
}

fn processes() -> Reply {
    Reply::json(
        200,
        &json!({"processes": [{
            "processId": std::process::id(),
            "processName": "dotnet",
            "debugEngine": ".NETCore",
            "isEligibleForOpenInBrowser": false,
        }]}),
    )
}

/// Log entries of the platform's front: read and dropped, as there is nobody to pass them to.
fn log(request: &Request<'_>) -> Reply {
    match request.json() {
        Ok(Value::Array(_)) => Reply::empty(200),
        Err(reply) if reply.status == 415 => reply,
        _ => Reply::text(400, "An array of log entry objects is expected."),
    }
}
