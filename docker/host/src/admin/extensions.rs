//! `/admin/host/extensions…`: extensions of the app's own, of which this host has none and installs none.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;
use wire::Response;

use super::endpoint::{Endpoint, Error, Request, of_json, of_text};
use crate::host::Host;

pub(super) fn find(method: &str, rest: &[&str]) -> Option<Endpoint> {
    let endpoint: Endpoint = match (method, rest) {
        ("GET", []) => |_, request| Ok(none_of("extensions", request)),
        ("POST" | "PUT", []) => install,
        ("DELETE", [_]) => |host, _| Ok(refused(host, "delete")),
        ("GET", ["jobs"]) => |_, request| Ok(none_of("jobs", request)),
        ("GET", ["jobs", _]) => |_, request| {
            let is_id = Uuid::parse_str(request.segment(4)).is_ok();
            Ok(Response::empty(if is_id { 404 } else { 400 }))
        },
        _ => return None,
    };
    Some(endpoint)
}

fn none_of(what: &str, request: &Request<'_>) -> Response {
    of_json(200, &json!({what: [], "links": [{"rel": "self", "href": request.link()}]}))
}

fn install(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    Ok(match request.json()? {
        Some(Value::Object(_)) => refused(host, "install"),
        _ => Response::empty(400),
    })
}

/// As where the app's folder is not kept, or where its extensions come in a bundle (`ExtensionsController`).
fn refused(host: &Host, action: &str) -> Response {
    let reason = match host.app().options.extension_bundle {
        Some(_) => format!("Cannot {action} extension when ExtensionBundles is configured."),
        None => format!(
            "Cannot {action} an extension. Persistent file system not available in the current hosting environment"
        ),
    };
    of_text(400, &reason)
}
