//! `/runtime/health` and `/admin/health`: whether the host is well. They say nothing of the handler (protocol.md#health-endpoints).

use std::sync::Arc;

use serde_json::{Value, json};
use wire::Response;

use super::endpoint::{Access, Endpoint, Request, of_json, parameter, with};
use crate::host::Host;

/// What is looked at: name, and whether it is well.
type Check = (&'static str, fn(&Arc<Host>) -> bool);

const LIFE: Check = ("azure.functions.webhost.lifecycle", |_| true);
const STATE: Check = ("azure.functions.scripthost.lifecycle", |host| host.running().is_some());
const STORAGE: Check =
    ("azure.functions.webjobs.storage", |host| host.settings.get_filled("AzureWebJobsStorage").is_some());

/// The endpoint below `/runtime/health`. Anybody may ask for it, but the details want the master key.
pub(super) fn find(rest: &[&str], query: &[(String, Vec<String>)]) -> Option<(Access, Endpoint)> {
    let endpoint: Endpoint = match rest {
        [] => |host, request| Ok(health(&[LIFE, STATE, STORAGE], host, request)),
        ["live"] => |host, request| Ok(health(&[LIFE], host, request)),
        ["ready"] => |host, request| Ok(health(&[STATE], host, request)),
        _ => return None,
    };
    Some((if is_expanded(query) { Access::MasterUnchallenged } else { Access::Anyone }, endpoint))
}

fn is_expanded(query: &[(String, Vec<String>)]) -> bool {
    parameter(query, "expand").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// This host is up before it answers, so there is nothing to wait for (recording AT-health).
fn health(checks: &[Check], host: &Arc<Host>, request: &Request<'_>) -> Response {
    if let Some(wait) = parameter(request.query, "wait").filter(|wait| wait.trim().parse::<u32>().is_err()) {
        let error = json!({
            "code": "BadArgument",
            "message": "'wait' query param must be a positive integer",
            "target": format!("wait={wait}"),
            "details": [],
            "additionalInfo": [],
        });
        return of_json(400, &error).chunked();
    }
    let is_well = checks.iter().all(|(_, check)| check(host));
    let mut report = json!({"status": status(is_well)});
    if is_expanded(request.query) {
        let entry = |(name, check): &Check| ((*name).to_owned(), json!({"data": {}, "status": status(check(host))}));
        report["entries"] = Value::Object(checks.iter().map(entry).collect());
    }
    let body = vec![report.to_string().into()];
    let response = Response { body, ..Response::empty(if is_well { 200 } else { 503 }) }.chunked();
    let lines =
        [("Cache-Control", "no-store, no-cache"), ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"), ("Pragma", "no-cache")];
    lines.into_iter().fold(response, |response, (name, value)| with(response, name, value))
}

const fn status(is_well: bool) -> &'static str {
    if is_well { "Healthy" } else { "Unhealthy" }
}
