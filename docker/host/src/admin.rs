//! The admin endpoints: what an operator sees (protocol.md#admin-endpoints).
//!
//! [`find`] knows the routes that exist; all other URLs below `/admin` and `/runtime` do not exist.

mod endpoint;
mod files;
mod functions;
mod health;
mod host;
mod keys;

use std::sync::Arc;

use crate::app::Diagnostic;
use crate::host::Host;
use crate::host::keys::{Identity, KeyLevel};
use endpoint::{Access, Endpoint};
pub use endpoint::{Reply, Request};

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
    /// The answer to a sender who may not use the endpoint at this path; nothing of the body is needed for it.
    pub fn refusal(self, host: &Arc<Host>, path: &str, key: Option<&str>) -> Option<Reply> {
        refusal(self.access, path, host, key)
            .unwrap_or_else(|error| Some(endpoint::Error::Keys(error).into_reply(host)))
    }

    /// Answers a request whose sender may use the endpoint.
    pub fn answer(self, host: &Arc<Host>, request: &Request<'_>) -> Reply {
        (self.endpoint)(host, request).unwrap_or_else(|error| error.into_reply(host))
    }
}

/// The table of endpoints; `names` are the segments of the path in lower case.
fn endpoint(method: &str, names: &[&str]) -> Option<(Access, Endpoint)> {
    let found: (Access, Endpoint) = match (method, names) {
        ("GET" | "POST", ["admin", "host", "ping"]) => (Access::Anyone, |_, _| Ok(host::ping())),
        ("GET" | "POST", ["admin", "warmup"]) => (Access::Anyone, |_, _| Ok(Reply::empty(200))),
        (_, ["admin", "host", rest @ ..]) => {
            (Access::Master, keys::find_host(method, rest).or_else(|| host::find(method, rest))?)
        }
        (_, ["admin", "functions", rest @ ..]) => {
            (Access::Master, keys::find_function(method, rest).or_else(|| functions::find(method, rest))?)
        }
        ("GET" | "HEAD", ["admin", "vfs", ..]) => (Access::MasterUnchallenged, files::read),
        // The webhooks of extensions: this host has none.
        ("GET" | "PUT" | "POST" | "DELETE" | "OPTIONS", ["runtime", "webhooks", _, ..]) => {
            (Access::Webhook, |host, _| host::check_running(host).map(|()| Reply::empty(404)))
        }
        _ => return None,
    };
    Some(found)
}

/// The answer to a caller who may not use an endpoint. A key of a function opens none (recordings K08, K14).
fn refusal(access: Access, path: &str, host: &Arc<Host>, key: Option<&str>) -> Result<Option<Reply>, Diagnostic> {
    if access == Access::Anyone {
        return Ok(None);
    }
    let identity = key.map(|key| host.keys.identify(key, None)).transpose()?.flatten();
    let extension = format!("{}_extension", endpoint::segment(path, 2));
    Ok(match (access, identity) {
        (_, Some(Identity { level: KeyLevel::Admin, .. })) => None,
        (Access::Webhook, Some(Identity { level: KeyLevel::System, key_name })) if key_name == extension => None,
        (Access::MasterUnchallenged, _) => Some(Reply::empty(401)),
        (_, None) => Some(Reply::empty(401).with("WWW-Authenticate", "Bearer".to_owned())),
        (_, Some(_)) => Some(Reply::empty(403)),
    })
}

#[cfg(test)]
mod tests;
