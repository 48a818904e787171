//! Invoking a function over HTTP.

use std::fmt::Display;
use std::net::Ipv4Addr;

use tokio::net::TcpStream;
use wire::client::{Body, Request};
use wire::{Client, Headers, Name};

use super::{Asked, Response, Sent};
use crate::app::{Diagnostic, HttpTrigger};
use crate::grammar::route;
use crate::host::Host;
use crate::host::keys::{MASTER, Owner};
use crate::host::running::Running;
use crate::log::known::Known;
use crate::log::mask;

/// Calls a function, as anybody would who has the master key.
pub async fn call(host: &Host, running: &Running, http: &HttpTrigger, asked: &Asked) -> Result<Sent, Diagnostic> {
    let full = route::full(&running.app.options.http.route_prefix, &http.route);
    let target = match &asked.path {
        Some(path) => format!("/{}", path.trim_start_matches('/')),
        None => match plain(&full) {
            Some(path) => format!("/{path}"),
            None => {
                let text = format!("the route of the function is `{full}`, and what stands in braces is yours to say");
                return Err(Diagnostic::of_whole(text).hint(format!("--path /{}", example(&full))));
            }
        },
    };
    let allowed = http.methods.as_deref().filter(|methods| !methods.is_empty());
    let body = asked.body();
    let usual = if body.is_some() { "POST" } else { "GET" };
    let may = |method: &str| allowed.is_none_or(|all| all.iter().any(|it| it.eq_ignore_ascii_case(method)));
    let first = || allowed.and_then(|all| all.first()).map_or(usual, String::as_str);
    let method = asked.method.as_deref().unwrap_or_else(|| if may(usual) { usual } else { first() });
    let port = host.port();
    let mut headers = Headers::default();
    headers.push(Name::Host, format!("127.0.0.1:{port}"));
    if let Some(key) = host.keys.directory().map(|_| host.keys.key(Owner::System, MASTER)).transpose()? {
        headers.push("x-functions-key", key.map(|key| key.value).unwrap_or_default());
    }
    let body = body.unwrap_or_default();
    if !body.is_empty() {
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        headers.push(Name::ContentType, if is_json { "application/json" } else { "text/plain; charset=utf-8" });
    }
    if !body.is_empty() || usual == "POST" {
        headers.push(Name::ContentLength, body.len().to_string());
    }
    let line = format!("{method} {target}");
    let request = Request { method: method.to_ascii_uppercase().into(), target, headers };
    let body = if body.is_empty() { Body::Empty } else { Body::Whole(body.into()) };
    // A connection of its own, by which its invocation is known.
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map_err(unsent)?;
    let source = stream.local_addr().map_err(unsent)?.to_string();
    let response = Client::over(stream).map_err(unsent)?.call(&request, body).await.map_err(unsent)?;
    let response = Response {
        status: response.head.status.into(),
        content_type: response.head.headers.text(Name::ContentType).unwrap_or("no Content-Type").to_owned(),
        body: mask::of_handler(&String::from_utf8_lossy(&response.body.concat()), &Known::default()).into_owned(),
    };
    let text = format!("the host answered `{line}` itself, with {}, and invoked nothing", response.status);
    let otherwise = Diagnostic::of_whole(text).hint(format!("the route of the function is `{full}`"));
    Ok(Sent { source, response: Some(response), otherwise: Some(otherwise) })
}

fn unsent(error: impl Display) -> Diagnostic {
    Diagnostic::of_whole(format!("no HTTP request can be sent to it: {error}"))
}

/// A route without those of its parameters that need no value; `None` if one does.
fn plain(route: &str) -> Option<String> {
    let is_left_out = |segment: &&str| segment.starts_with('{') && (segment.contains(['*', '?', '=']));
    let segments: Vec<&str> = route.split('/').filter(|segment| !is_left_out(segment)).collect();
    segments.iter().all(|segment| !segment.contains('{')).then(|| segments.join("/"))
}

/// The same with a value in place of each parameter.
fn example(route: &str) -> String {
    let segments = route.split('/').map(|segment| if segment.contains('{') { "VALUE" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_called_without_what_it_can_do_without() {
        assert_eq!(plain("api/hello").as_deref(), Some("api/hello"));
        assert_eq!(plain("api/items/{id?}/{*rest}").as_deref(), Some("api/items"));
        assert_eq!(plain("api/orders/{customer}"), None);
        assert_eq!(example("api/orders/{customer:alpha}"), "api/orders/VALUE");
    }
}
