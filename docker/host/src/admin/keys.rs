//! `/admin/host/keys`, `/admin/functions/{name}/keys` and the like: listing, setting and removing keys.

use std::path::{Component, Path};
use std::sync::Arc;

use serde_json::{Value, json};
use wire::Response;

use super::endpoint::{Endpoint, Error, Request, of_json, of_text};
use crate::host::Host;
use crate::host::keys::{Key, MASTER, Owner};

pub(super) fn find(method: &str, rest: &[&str]) -> Option<Endpoint> {
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

/// The same if there is such a function: a directory of this name with a function.json, readable or not, or else a listed function by
/// its name ignoring case (`KeysController.IsFunction`).
fn existing<'a>(host: &Host, request: &Request<'a>) -> Result<(Owner<'a>, &'a str), Error> {
    let (owner, key) = named(request);
    if let Owner::Function(name) = owner {
        let app = host.app();
        // A name that climbs out of the app is not a function of it.
        let is_name = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !(is_name && (app.root.join(name).join("function.json").is_file() || app.function(name).is_some())) {
            return Err(Error::NoFunction);
        }
    }
    Ok((owner, key))
}

fn list(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let (owner, _) = existing(host, request)?;
    let keys = host.keys.keys(owner)?;
    let keys: Vec<Value> = keys.iter().map(|key| json!({"name": key.name, "value": key.value})).collect();
    Ok(of_json(200, &json!({"keys": keys, "links": links(request)})))
}

fn get(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let (owner, name) = existing(host, request)?;
    let key = host.keys.key(owner, name)?;
    Ok(key.map_or(Response::empty(404), |key| of_json(200, &described(&key, request))))
}

fn put(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    match request.texts(["value", "name"], &["encrypted"])? {
        Some([Some(value), _]) => set(Some(&value), host, request),
        _ => Ok(of_text(400, "Invalid key value")),
    }
}

/// Sets a key, or with no value generates one: `201` with its URL when it is new, else `200` (recording KX-key-put).
fn set(value: Option<&str>, host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let (owner, name) = existing(host, request)?;
    let (new, key) = host.keys.set(owner, name, value)?;
    let described = described(&key, request);
    Ok(if new { request.created(&described) } else { of_json(200, &described) })
}

fn delete(host: &Arc<Host>, request: &Request<'_>) -> Result<Response, Error> {
    let (_, name) = named(request);
    if name.eq_ignore_ascii_case(MASTER) {
        return Ok(of_text(400, "Cannot delete System Key."));
    }
    let (owner, name) = existing(host, request)?;
    let found = host.keys.delete(owner, name)?;
    Ok(Response::empty(if found { 204 } else { 404 }))
}

fn described(key: &Key, request: &Request<'_>) -> Value {
    json!({"name": key.name, "value": key.value, "links": links(request)})
}

fn links(request: &Request<'_>) -> Value {
    json!([{"rel": "self", "href": request.link()}])
}
