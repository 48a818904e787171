//! What callers see: the order of handling (protocol.md#the-http-front).

use std::sync::Arc;

use bytes::Bytes;
use dotnet_text::query;
use wire::headers::is_sound;
use wire::response::Framing;
use wire::{Caller, Name, Request, RequestHead, Response, Service, Target, Warning};

use crate::admin;
use crate::app::HttpMode;
use crate::forward;
use crate::host::keys::{self, Identity, KeyError, KeyLevel};
use crate::host::routes::Found;
use crate::host::running::Running;
use crate::host::throttle::Refusal;
use crate::host::{Host, State};
use crate::invoke;
use crate::log;
use crate::proxy;

/// What `/` shows where no function claims it.
const HOME_PAGE: &str = include_str!("front/home.html");
const RESERVED_ROUTES: &str = "Microsoft.Azure.WebJobs.Script.WebHost.Middleware.ReservedRouteGuardMiddleware";
/// The limit on bodies while no app says another (`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`).
const DEFAULT_BODY_LIMIT_BYTES: u64 = 104_857_600;

/// The host as its callers see it.
#[derive(Clone)]
pub struct Front(pub Arc<Host>);

impl Service for Front {
    async fn call(&self, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
        Some(within_limits(&self.0, request.target, request.head, caller).await)
    }

    fn warn(&self, warning: Warning) {
        self.0.log().warning(log::HOST, warning.to_string());
    }
}

async fn within_limits(host: &Arc<Host>, target: &Target<'_>, head: &RequestHead, caller: &mut Caller) -> Response {
    let state = host.state();
    let limit = match &state {
        State::Running(running) => running.app.options.request_body_limit_bytes,
        State::Error(..) | State::Offline { .. } => DEFAULT_BODY_LIMIT_BYTES,
    };
    let length = caller.length();
    if length > limit {
        let text = format!(
            "{} {}: a body of {length} bytes is refused, the limit is {limit}\nhint: FUNCTIONS_REQUEST_BODY_SIZE_LIMIT",
            head.method, target.path
        );
        host.log().warning(log::HOST, text);
        return Response::empty(500).closing();
    }
    if is_admin_path(&target.path) {
        let Ok(bytes) = caller.collect(limit).await else { return Response::empty(500) };
        if let Some(response) = admin_answer(host, target, head, &bytes) {
            return response;
        }
        if let State::Running(running) = &state
            && !host.lets_functions_have_reserved_routes()
        {
            warn_of_reserved_route(host, running, &head.method, &target.path);
            return Response::empty(404);
        }
        caller.put_back(bytes.into());
    }
    match state {
        State::Running(running) => throttled(host, &running, target, head, caller).await,
        State::Offline { page, .. } => Response { framing: Framing::Chunked, ..html(503, &page) },
        State::Error(..) => not_running(),
    }
}

fn is_admin_path(path: &str) -> bool {
    ["/admin", "/runtime"].iter().any(|name| {
        let (first, rest) = path.split_at_checked(name.len()).unwrap_or_default();
        first.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with('/'))
    })
}

/// Says, once for each function, that a function would have had a request whose path is the host's own (protocol.md#reserved-routes).
fn warn_of_reserved_route(host: &Host, running: &Running, method: &str, path: &str) {
    let Some(found) = running.routes.find(method, path) else { return };
    let name = &found.function.name;
    if host.is_first_reserved_route_of(name) {
        let text = format!(
            "The request path '{path}' was rejected because it uses a reserved host route and matches the route for function \
             '{name}'. Update the function route to use a non-reserved path."
        );
        host.log().error(RESERVED_ROUTES, text);
    }
}

/// The answer of an admin endpoint; `None` where the URL is not one.
fn admin_answer(host: &Arc<Host>, target: &Target<'_>, head: &RequestHead, body: &[u8]) -> Option<Response> {
    let query = query::parse(target.query);
    let request = admin::Request {
        method: &head.method,
        path: &target.path,
        scheme: "http",
        host: head.headers.text(Name::Host).unwrap_or_default(),
        content_type: head.headers.text(Name::ContentType),
        key: presented_key(head, &query),
        query: &query,
        body,
    };
    let reply = admin::handle(host, &request)?;
    let framing = if reply.chunked { Framing::Chunked } else { Framing::Length };
    let mut response = Response { framing, body: vec![reply.body.into()], ..Response::empty(reply.status) };
    for (name, value) in reply.headers.into_iter().filter(|(name, value)| is_sound(name, value)) {
        response.headers.push(name, value);
    }
    if let Some(running) = host.running() {
        add_custom_headers(&mut response, &running);
    }
    Some(response)
}

async fn throttled(
    host: &Arc<Host>,
    running: &Arc<Running>,
    target: &Target<'_>,
    head: &RequestHead,
    caller: &mut Caller,
) -> Response {
    let _pass = match running.throttle.enter().await {
        Ok(pass) => pass,
        Err(Refusal::Never) => return Response::empty(500),
        Err(Refusal::TooMany) => {
            let mut response = Response::empty(429);
            response.headers.push("X-FUNCTION-SCALEOUT", "1");
            return response;
        }
    };
    let mut response = match running.routes.find(&head.method, &target.path) {
        Some(found) => call(host, running, found, target, head, caller).await,
        None if target.path == "/" => home_page(host),
        None => Response::empty(404),
    };
    add_custom_headers(&mut response, running);
    response
}

async fn call(
    host: &Arc<Host>,
    running: &Arc<Running>,
    found: Found,
    target: &Target<'_>,
    head: &RequestHead,
    caller: &mut Caller,
) -> Response {
    let Some(http) = &found.function.http else { return Response::empty(404) };
    let Ok(identity) = identify(host, head, target, &found) else { return Response::empty(500) };
    if found.function.disabled && identity.as_ref().map(|identity| identity.level) != Some(KeyLevel::Admin) {
        return Response::empty(404);
    }
    if !keys::permits(http.level, identity.as_ref()) {
        return Response::empty(401);
    }
    match found.mode {
        HttpMode::Proxying => proxy::proxy(host, running, &found.function, Request { head, target }, caller).await,
        HttpMode::Forwarding => forward::forward(host, running, &found.function, target, head, caller).await,
        HttpMode::Default => invoke::http(host, running, &found, identity, target, head, caller).await,
    }
}

/// Whom the key that a request presents makes of its sender. A key file that cannot be read, damaged say, fails the request, as
/// it does at the admin endpoints (recording JX-bad-host); the log names it.
fn identify(host: &Host, head: &RequestHead, target: &Target<'_>, found: &Found) -> Result<Option<Identity>, KeyError> {
    let query = query::parse(target.query);
    let Some(key) = presented_key(head, &query) else { return Ok(None) };
    let identity = host.keys().identify(key, Some(&found.function.name));
    identity.inspect_err(|error| host.log().error(log::HOST, &error.0))
}

fn presented_key<'a>(head: &'a RequestHead, query: &'a [(String, Vec<String>)]) -> Option<&'a str> {
    let query = query.iter().filter_map(|(name, values)| Some((name.as_str(), values.first()?.as_str())));
    keys::presented(head.headers.named("x-functions-key"), query)
}

fn home_page(host: &Host) -> Response {
    // Unlike other switches this one does not take `1` (`HomepageMiddleware`).
    let disabled = host.settings().get("AzureWebJobsDisableHomepage");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Response::empty(204);
    }
    html(200, HOME_PAGE.as_bytes())
}

fn html(status: u16, page: &[u8]) -> Response {
    let mut response = Response { body: vec![Bytes::copy_from_slice(page)], ..Response::empty(status) };
    response.headers.push(Name::ContentType, "text/html");
    response
}

/// Without a type, as recorded (P14).
fn not_running() -> Response {
    let body = vec![Bytes::from_static(b"Function host is not running.")];
    Response { framing: Framing::Chunked, body, ..Response::empty(503) }
}

fn add_custom_headers(response: &mut Response, running: &Running) {
    for (name, value) in &running.app.options.http.custom_headers {
        if is_sound(name, value) && !response.headers.iter().any(|line| line.is_called(name)) {
            response.headers.push(name.clone(), value.clone());
        }
    }
}
