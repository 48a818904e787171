//! The admin endpoints: what an operator sees (protocol.md#admin-endpoints).
//!
//! [`find`] knows the routes that exist; all other URLs below `/admin` and `/runtime` do not exist.

mod endpoint;
mod extensions;
mod files;
mod functions;
mod health;
mod host;
mod keys;

use std::sync::Arc;

use wire::Response;

use crate::app::AuthLevel;
use crate::envelope::http_request::Identity;
use crate::host::Host;
pub use endpoint::Request;
use endpoint::{Access, Endpoint, Error, segment, with};

#[derive(Clone, Copy)]
pub struct Found {
    access: Access,
    endpoint: Endpoint,
}

/// The endpoint that a method, a decoded path and a parsed query name; `None` if there is none.
pub fn find(method: &str, path: &str, query: &[(String, Vec<String>)]) -> Option<Found> {
    let path = path.strip_suffix('/').unwrap_or(path).to_ascii_lowercase();
    let names: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let (access, endpoint) = match names.as_slice() {
        ["admin" | "runtime", "health", rest @ ..] => health::find(rest, query)?,
        names => endpoint(&method.to_ascii_uppercase(), names)?,
    };
    Some(Found { access, endpoint })
}

impl Found {
    /// The response to a sender who may not use the endpoint at this path; nothing of the body is needed for it. A key of a function
    /// opens none (recordings K08, K14).
    pub fn refusal(self, host: &Host, path: &str, key: Option<&str>) -> Option<Response> {
        if self.access == Access::Anyone {
            return None;
        }
        let identity = match key.map(|key| host.keys.identify(key, None)).transpose() {
            Ok(identity) => identity.flatten(),
            Err(error) => return Some(Error::Keys(error).into_response(host)),
        };
        let extension = format!("{}_extension", segment(path, 2));
        match (self.access, identity) {
            (_, Some(Identity { level: AuthLevel::Admin, .. })) => None,
            (Access::Webhook, Some(Identity { level: AuthLevel::System, key_name })) if key_name == extension => None,
            (Access::MasterUnchallenged, _) => Some(Response::empty(401)),
            (_, None) => Some(with(Response::empty(401), "WWW-Authenticate", "Bearer")),
            (_, Some(_)) => Some(Response::empty(403)),
        }
    }

    pub fn respond(self, host: &Arc<Host>, request: &Request<'_>) -> Response {
        (self.endpoint)(host, request).unwrap_or_else(|error| error.into_response(host))
    }
}

/// The table of endpoints; `names` are the segments of the path in lower case.
fn endpoint(method: &str, names: &[&str]) -> Option<(Access, Endpoint)> {
    let found: (Access, Endpoint) = match (method, names) {
        // A parameter of a route has at least one letter.
        (
            _,
            ["admin", "functions", "", ..]
            | ["runtime", "webhooks", "", ..]
            | ["admin", "functions" | "host" | "instance", .., ""],
        ) => {
            return None;
        }
        ("GET" | "POST", ["admin", "host", "ping"]) => (Access::Anyone, |_, _| Ok(host::ping())),
        ("GET" | "POST", ["admin", "warmup"]) => (Access::Anyone, |_, _| Ok(Response::empty(200))),
        (_, ["admin", "host", "keys" | "functionkeys" | "systemkeys", rest @ ..])
        | (_, ["admin", "functions", _, "keys", rest @ ..]) => (Access::Master, keys::find(method, rest)?),
        (_, ["admin", "host", "extensions", rest @ ..]) => (Access::Master, extensions::find(method, rest)?),
        (_, ["admin", "host", rest @ ..]) => (Access::Master, host::find(method, rest)?),
        ("GET", ["admin", "instance", "http-health"]) => (Access::Anyone, |_, _| Ok(Response::empty(200))),
        ("GET", ["admin", "instance", "info"]) => (Access::Master, |_, _| Ok(host::instance())),
        (_, ["admin", "functions", rest @ ..]) => (Access::Master, functions::find(method, rest)?),
        ("GET" | "HEAD", ["admin", "vfs", ..]) => (Access::MasterUnchallenged, files::read),
        // The webhooks of extensions: this host has none.
        ("GET" | "PUT" | "POST" | "DELETE" | "OPTIONS", ["runtime", "webhooks", _, ..]) => {
            (Access::Webhook, |host, _| host::check_running(host).map(|()| Response::empty(404)))
        }
        _ => return None,
    };
    Some(found)
}

#[cfg(test)]
mod tests;
