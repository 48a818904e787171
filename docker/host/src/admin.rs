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

use crate::host::Host;
use crate::host::keys::{Identity, KeyError, KeyLevel};
use endpoint::{Access, Endpoint};
pub use endpoint::{Reply, Request};

pub struct Found<'a> {
    access: Access,
    /// The parts of the path as they were sent.
    segments: Vec<&'a str>,
    endpoint: Endpoint<'a>,
}

/// The endpoint that a method, a decoded path and a parsed query name; `None` if there is none.
pub fn find<'a>(method: &str, path: &'a str, query: &[(String, Vec<String>)]) -> Option<Found<'a>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let folded: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let names: Vec<&str> = folded.iter().map(String::as_str).collect();
    let (access, endpoint) = match names.as_slice() {
        ["admin" | "runtime", "health", rest @ ..] => health::find(rest, query)?,
        names => endpoint(&method.to_ascii_uppercase(), names, &segments)?,
    };
    Some(Found { access, segments, endpoint })
}

impl Found<'_> {
    /// The answer to a sender who may not use the endpoint; nothing of the body is needed for it.
    pub fn refusal(&self, host: &Arc<Host>, key: Option<&str>) -> Option<Reply> {
        refusal(self.access, &self.segments, host, key)
            .unwrap_or_else(|error| Some(endpoint::Error::from(error).into_reply(host)))
    }

    /// Answers a request whose sender may use the endpoint.
    pub fn answer(self, host: &Arc<Host>, request: &Request<'_>) -> Reply {
        (self.endpoint)(host, request).unwrap_or_else(|error| error.into_reply(host))
    }
}

/// The table of endpoints. `names` are the segments of the path in lower case, `segments` as they were sent.
fn endpoint<'a>(method: &str, names: &[&str], segments: &[&'a str]) -> Option<(Access, Endpoint<'a>)> {
    let master = |endpoint: Endpoint<'a>| Some((Access::Master, endpoint));
    match (method, names) {
        ("GET" | "POST", ["admin", "host", "ping"]) => Some((Access::Anyone, Box::new(|_, _| Ok(host::ping())))),
        ("GET" | "POST", ["admin", "warmup"]) => Some((Access::Anyone, Box::new(|_, _| Ok(Reply::empty(200))))),
        (_, ["admin", "host", rest @ ..]) => {
            keys::find_host(method, rest, segments).or_else(|| host::find(method, rest)).and_then(master)
        }
        (_, ["admin", "functions", rest @ ..]) => keys::find_function(method, rest, segments)
            .or_else(|| functions::find(method, rest, segments))
            .and_then(master),
        ("GET" | "HEAD", ["admin", "vfs", ..]) => Some((Access::MasterUnchallenged, Box::new(files::read))),
        // The webhooks of extensions: this host has none.
        ("GET" | "PUT" | "POST" | "DELETE" | "OPTIONS", ["runtime", "webhooks", _, ..]) => {
            Some((Access::Webhook, host::running(Box::new(|_, _| Ok(Reply::empty(404))))))
        }
        _ => None,
    }
}

/// The answer to a caller who may not use an endpoint. A key of a function opens none (recordings K08, K14).
fn refusal(access: Access, segments: &[&str], host: &Arc<Host>, key: Option<&str>) -> Result<Option<Reply>, KeyError> {
    if access == Access::Anyone {
        return Ok(None);
    }
    let identity = key.map(|key| host.keys().identify(key, None)).transpose()?.flatten();
    let extension = segments.get(2).map(|name| format!("{name}_extension"));
    Ok(match (access, identity) {
        (_, Some(Identity { level: KeyLevel::Admin, .. })) => None,
        (Access::Webhook, Some(Identity { level: KeyLevel::System, key_name }))
            if extension.as_ref() == Some(&key_name) =>
        {
            None
        }
        (Access::MasterUnchallenged, _) => Some(Reply::empty(401)),
        (_, None) => Some(Reply::empty(401).with("WWW-Authenticate", "Bearer".to_owned())),
        (_, Some(_)) => Some(Reply::empty(403)),
    })
}

#[cfg(test)]
mod tests;
