//! `/admin/host/keys`, `/admin/functions/{name}/keys` and the like: listing, setting and removing keys.

use std::path::{Component, Path};
use std::sync::Arc;

use serde_json::{Value, json};

use super::endpoint::{Endpoint, Error, Reply, Request, member};
use crate::host::Host;
use crate::host::keys::{Key, Owner};

pub(super) fn find_host(method: &str, names: &[&str]) -> Option<Endpoint> {
    match names {
        ["keys" | "functionkeys" | "systemkeys", rest @ ..] => find(method, rest),
        _ => None,
    }
}

pub(super) fn find_function(method: &str, names: &[&str]) -> Option<Endpoint> {
    match names {
        [_, "keys", rest @ ..] => find(method, rest),
        _ => None,
    }
}

fn find(method: &str, rest: &[&str]) -> Option<Endpoint> {
    let endpoint: Endpoint = match (method, rest) {
        ("GET", []) => list,
        ("GET", [_]) => get,
        ("PUT", [_]) => put,
        ("POST", [_]) => |host, request| set(None, host, request),
        ("DELETE", [_]) => delete,
        _ => return None,
    };
    Some(endpoint)
}

/// Whose key a path names, and which; it need not exist.
fn named<'a>(request: &Request<'a>) -> (Owner<'a>, &'a str) {
    if request.segment(1).eq_ignore_ascii_case("functions") {
        (Owner::Function(request.segment(2)), request.segment(4))
    } else if request.segment(2).eq_ignore_ascii_case("systemkeys") {
        (Owner::System, request.segment(3))
    } else {
        (Owner::AllFunctions, request.segment(3))
    }
}

/// Whether there is such a function: a directory of this name with a function.json, readable or not, or else a listed function by
/// its name ignoring case (`KeysController.IsFunction`).
fn is_there(owner: Owner<'_>, host: &Arc<Host>) -> bool {
    let Owner::Function(name) = owner else { return true };
    let app = host.app();
    // A name that climbs out of the app is not a function of it.
    let is_name = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    is_name && (app.root.join(name).join("function.json").is_file() || app.function(name).is_some())
}

fn list(host: &Arc<Host>, request: &Request<'_>) -> Result<Reply, Error> {
    let (owner, _) = named(request);
    if !is_there(owner, host) {
        return Ok(Reply::empty(404));
    }
    let keys = host.keys.keys(owner).map_err(Error::Keys)?;
    let keys: Vec<Value> = keys.iter().map(|key| json!({"name": key.name, "value": key.value})).collect();
    Ok(Reply::json(200, &json!({"keys": keys, "links": links(request)})))
}

fn get(host: &Arc<Host>, request: &Request<'_>) -> Result<Reply, Error> {
    let (owner, name) = named(request);
    if !is_there(owner, host) {
        return Ok(Reply::empty(404));
    }
    let key = host.keys.key(owner, name).map_err(Error::Keys)?;
    Ok(key.map_or(Reply::empty(404), |key| Reply::json(200, &described(&key, request))))
}

fn put(host: &Arc<Host>, request: &Request<'_>) -> Result<Reply, Error> {
    let body = request.json()?.unwrap_or_default();
    match member(&body, "value").and_then(dotnet_text::json::text_of) {
        Some(value) => set(Some(&value), host, request),
        None => Ok(Reply::text(400, "Invalid key value")),
    }
}

/// Sets a key, or with no value generates one: `201` with its URL when it is new, else `200` (recording KX-key-put).
fn set(value: Option<&str>, host: &Arc<Host>, request: &Request<'_>) -> Result<Reply, Error> {
    let (owner, name) = named(request);
    if !is_there(owner, host) {
        return Ok(Reply::empty(404));
    }
    let (new, key) = host.keys.set(owner, name, value).map_err(Error::Keys)?;
    let described = described(&key, request);
    Ok(if new { Reply::json(201, &described).with("Location", request.link()) } else { Reply::json(200, &described) })
}

fn delete(host: &Arc<Host>, request: &Request<'_>) -> Result<Reply, Error> {
    let (owner, name) = named(request);
    if name.eq_ignore_ascii_case("_master") {
        return Ok(Reply::text(400, "Cannot delete System Key."));
    }
    if !is_there(owner, host) {
        return Ok(Reply::empty(404));
    }
    let found = host.keys.delete(owner, name).map_err(Error::Keys)?;
    Ok(Reply::empty(if found { 204 } else { 404 }))
}

fn described(key: &Key, request: &Request<'_>) -> Value {
    json!({"name": key.name, "value": key.value, "links": links(request)})
}

fn links(request: &Request<'_>) -> Value {
    json!([{"rel": "self", "href": request.link()}])
}
