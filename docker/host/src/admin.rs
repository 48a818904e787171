//! The admin endpoints: what an operator sees (protocol.md#admin-endpoints).
//!
//! [`handle`] answers the routes that exist; all other URLs, `/admin/nothing` included, may belong to functions. What the
//! endpoints need of the host is the trait [`Operator`].

mod files;
mod functions;
mod host;
mod keys;
mod operator;

use std::sync::Arc;

use serde_json::Value;

use crate::app::{App, Function, Settings};
use crate::host::keys::{Identity, KeyLevel, Keys};

/// What the admin endpoints see of the host and what they can ask it to do. None of the calls waits.
pub trait Operator {
    /// The app as it was last read.
    fn app(&self) -> Arc<App>;
    /// The keys.
    fn keys(&self) -> &Keys;
    /// The environment.
    fn settings(&self) -> &Settings;
    /// The state in the words of `/admin/host/status`: `Default`, `Starting`, `Initialized`, `Running`, `Error`, ….
    fn state(&self) -> &str;
    /// The texts of `errors` in `/admin/host/status`; empty when there are none.
    fn errors(&self) -> Vec<String>;
    /// Milliseconds since this process started.
    fn uptime_milliseconds(&self) -> u64;
    /// Whether the listeners are drained.
    fn is_drained(&self) -> bool;
    /// Stops the listeners of triggers, or starts them again. HTTP functions are served all the time (recording KX-drain).
    fn drain(&self, drained: bool);
    /// Invocations that have begun and not ended.
    fn outstanding_invocations(&self) -> usize;
    /// Runs a function in the background with this input (protocol.md#admin-endpoints, the last paragraph).
    fn invoke(&self, function: &Arc<Function>, input: Option<String>);
    /// Starts the script host and the handler anew.
    fn restart(&self);
    /// Lets a line of text appear in the host's log, as an error.
    fn log_error(&self, message: &str);
}

/// A request as the admin endpoints see it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method as sent.
    pub method: &'a str,
    /// The path, percent escapes undone, dots resolved.
    pub path: &'a str,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The `Host` header.
    pub host: &'a str,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The key it presents (see [`crate::host::keys::presented`]).
    pub key: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

/// An answer. `Content-Length` is for the caller to add, unless [`Reply::chunked`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers, `Content-Type` included.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the real host sends it with `Transfer-Encoding: chunked`: it does so with plain text.
    pub chunked: bool,
}

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Anyone,
    Master,
    /// As `Master`, but without a challenge, and closed to all others alike (recording JX-front-misc).
    MasterUnchallenged,
    /// The system key of an extension.
    Webhook,
}

/// The answer of one endpoint, made once the caller may use it.
type Endpoint<'a> = Box<dyn FnOnce(&dyn Operator, &Request<'_>) -> Reply + 'a>;

/// Answers a request for an admin endpoint; `None` when its URL and method are none, and a function may have it.
#[must_use]
pub fn handle(operator: &dyn Operator, request: &Request<'_>) -> Option<Reply> {
    let path = request.path.strip_suffix('/').unwrap_or(request.path);
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let folded: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let names: Vec<&str> = folded.iter().map(String::as_str).collect();
    let (access, endpoint) = find(&request.method.to_ascii_uppercase(), &names, &segments)?;
    Some(match refusal(access, &segments, operator, request) {
        Some(refusal) => refusal,
        None => endpoint(operator, request),
    })
}

/// The table of endpoints. `names` are the segments of the path in lower case, `segments` as they were sent.
fn find<'a>(method: &str, names: &[&str], segments: &[&'a str]) -> Option<(Access, Endpoint<'a>)> {
    let master = |endpoint: Endpoint<'a>| Some((Access::Master, endpoint));
    match (method, names) {
        ("GET" | "POST", ["admin", "host", "ping"]) => Some((Access::Anyone, Box::new(|_, _| host::ping()))),
        ("GET" | "POST", ["admin", "warmup"]) => Some((Access::Anyone, Box::new(|_, _| Reply::empty(200)))),
        (_, ["admin", "host", rest @ ..]) => {
            keys::find_host(method, rest, segments).or_else(|| host::find(method, rest)).and_then(master)
        }
        (_, ["admin", "functions", rest @ ..]) => keys::find_function(method, rest, segments)
            .or_else(|| functions::find(method, rest, segments))
            .and_then(master),
        ("GET" | "HEAD", ["admin", "vfs", ..]) => {
            Some((Access::MasterUnchallenged, Box::new(|operator, request| files::read(operator, request))))
        }
        // The webhooks of extensions: this host has none.
        ("GET" | "PUT" | "POST" | "DELETE" | "OPTIONS", ["runtime", "webhooks", _, ..]) => {
            Some((Access::Webhook, host::running(Box::new(|_, _| Reply::empty(404)))))
        }
        _ => None,
    }
}

/// The answer to a caller who may not use an endpoint. A key of a function is none here (recordings K08, K14).
fn refusal(access: Access, segments: &[&str], operator: &dyn Operator, request: &Request<'_>) -> Option<Reply> {
    if access == Access::Anyone {
        return None;
    }
    let identity = match request.key.map(|key| operator.keys().identify(key, None)).transpose() {
        Ok(identity) => identity.flatten(),
        // A damaged key file, say (recording JX-bad-host).
        Err(error) => {
            operator.log_error(&error.0);
            return Some(Reply::empty(500));
        }
    };
    let extension = segments.get(2).map(|name| format!("{name}_extension"));
    match (access, identity) {
        (_, Some(Identity { level: KeyLevel::Admin, .. })) => None,
        (Access::Webhook, Some(Identity { level: KeyLevel::System, key_name }))
            if extension.as_ref() == Some(&key_name) =>
        {
            None
        }
        (Access::MasterUnchallenged, _) => Some(Reply::empty(401)),
        (_, None) => Some(Reply::empty(401).with("WWW-Authenticate", "Bearer".to_owned())),
        (_, Some(_)) => Some(Reply::empty(403)),
    }
}

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), chunked: false }
    }

    fn json(status: u16, value: &Value) -> Self {
        let body = value.to_string().into_bytes();
        Self { body, ..Self::empty(status) }.with("Content-Type", "application/json; charset=utf-8".to_owned())
    }

    fn text(status: u16, text: &str) -> Self {
        Self { body: text.as_bytes().to_vec(), chunked: true, ..Self::empty(status) }
            .with("Content-Type", "text/plain; charset=utf-8".to_owned())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl Request<'_> {
    /// What stands before the path in a link to this host.
    fn base(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// This URL, decoded and without its query.
    fn link(&self) -> String {
        format!("{}{}", self.base(), self.path)
    }

    /// The body as JSON, or the answer to a body that is none: `415` without a JSON media type, `400` otherwise.
    fn json(&self) -> Result<Value, Reply> {
        if !self.content_type.is_some_and(is_json) {
            return Err(Reply::empty(415));
        }
        let text = std::str::from_utf8(self.body).map_err(|_| Reply::empty(400))?;
        let document = crate::app::Document::parse(text).map_err(|_| Reply::empty(400))?;
        Ok(document.value)
    }
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(media_type.as_str(), "application/json" | "text/json")
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// A member of an object by its name in any letter case.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
