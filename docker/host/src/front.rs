//! What callers see: the order of handling (protocol.md#the-http-front).

mod allowed_hosts;

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use dotnet_text::query;
use wire::{BodyError, Caller, Name, Request, RequestHead, Response, Service, Warning};

use crate::admin;
use crate::app::{AuthLevel, DEFAULT_BODY_LIMIT_BYTES, Diagnostic, HttpMode};
use crate::envelope::http_request::Identity;
use crate::forward;
use crate::host::keys;
use crate::host::routes::Found;
use crate::host::running::Running;
use crate::host::throttle::Refusal;
use crate::host::{Host, State, aside};
use crate::invoke::{self, Call};
use crate::log;
use crate::proxy;
use allowed_hosts::AllowedHosts;

const HTML: &str = "text/html";
/// What `/` shows where no function claims it.
const HOME_PAGE: &str = include_str!("front/home.html");
const HOST_FILTERING: &str = "Microsoft.AspNetCore.HostFiltering.HostFilteringMiddleware";
const RESERVED_ROUTES: &str = "Microsoft.Azure.WebJobs.Script.WebHost.Middleware.ReservedRouteGuardMiddleware";
/// The limit on bodies that admin endpoints read, which are kept in memory; that of the real host is the limit on all bodies.
const ADMIN_BODY_LIMIT_BYTES: u64 = 1024 * 1024;

/// The host as its callers see it.
#[derive(Clone)]
pub struct Front {
    host: Arc<Host>,
    /// `None` if callers may ask under any name.
    allowed_hosts: Option<Arc<AllowedHosts>>,
}

impl Front {
    pub fn new(host: &Arc<Host>) -> Self {
        Self { host: Arc::clone(host), allowed_hosts: AllowedHosts::of(&host.settings).map(Arc::new) }
    }
}

impl Service for Front {
    async fn call(&self, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
        if let Some(allowed) = &self.allowed_hosts {
            let name = request.head.headers.text(Name::Host).unwrap_or_default();
            if !allowed.have(name) {
                return Some(wrong_host(&self.host, name));
            }
        }
        respond(&self.host, request, caller).await
    }

    fn warn(&self, warning: Warning) {
        self.host.log.warning(log::HOST, warning.to_string());
    }
}

fn wrong_host(host: &Host, name: &str) -> Response {
    let text = format!("The host '{name}' does not match an allowed host.");
    host.log.information(HOST_FILTERING, Diagnostic::of_whole(text).hint("`AllowedHosts` is the list of them"));
    Response::of(400, HTML, allowed_hosts::REFUSAL)
}

async fn respond(host: &Arc<Host>, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
    let state = host.state();
    let limit = match &state {
        State::Running(running) => running.app.options.request_body_limit_bytes,
        State::Error(..) | State::Offline { .. } => DEFAULT_BODY_LIMIT_BYTES,
    };
    if caller.length() > limit {
        return Some(too_long(host, request, caller.length(), limit));
    }
    if is_admin_path(&request.target.path) {
        if let Some(response) = admin(host, request, caller).await {
            return Some(response);
        }
        if let State::Running(running) = &state
            && !host.lets_functions_have_reserved_routes()
        {
            warn_of_reserved_route(host, running, request);
            return Some(Response::empty(404));
        }
    }
    match state {
        State::Running(running) => throttled(host, &running, request, caller).await,
        State::Offline { page, .. } => Some(Response::of(503, HTML, Bytes::copy_from_slice(&page)).chunked()),
        State::Error(..) => Some(not_running()),
    }
}

fn too_long(host: &Host, Request { head, target }: Request<'_>, length: u64, limit: u64) -> Response {
    let text = format!("{} {}: a body of {length} bytes is refused, the limit is {limit}", head.method, target.path);
    host.log.warning(log::HOST, Diagnostic::of_whole(text).hint("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"));
    Response::empty(500).closing()
}

fn is_admin_path(path: &str) -> bool {
    ["/admin", "/runtime"].iter().any(|name| {
        let (first, rest) = path.split_at_checked(name.len()).unwrap_or_default();
        first.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with('/'))
    })
}

/// Logs, once for each function, that a request on its route did not reach it: the path is reserved (protocol.md#reserved-routes).
fn warn_of_reserved_route(host: &Host, running: &Running, Request { head, target }: Request<'_>) {
    let path = &target.path;
    let Ok(Some(found)) = running.routes.find(&head.method, path) else { return };
    let name = &found.function.name;
    if host.is_first_reserved_route_of(name) {
        let text = format!(
            "The request path '{path}' was rejected because it uses a reserved host route and matches the route for function \
             '{name}'. Update the function route to use a non-reserved path."
        );
        host.log.error(RESERVED_ROUTES, text);
    }
}

/// Answers a request to an admin endpoint, if its path is one's. The body is read only if the key is right.
async fn admin(host: &Arc<Host>, Request { head, target }: Request<'_>, caller: &mut Caller) -> Option<Response> {
    let query = query::parse(target.query);
    let endpoint = admin::find(&head.method, &target.path, &query)?;
    if let Some(refusal) = endpoint.refusal(host, &target.path, presented_key(head, &query)) {
        return Some(admin_response(host, refusal));
    }
    let body = match caller.collect(ADMIN_BODY_LIMIT_BYTES).await {
        Ok(body) => body,
        Err(BodyError::TooLong(limit)) => {
            let text = format!("the body of a request to `{}` has more than {limit} bytes", target.path);
            host.log.warning(log::HOST, text);
            return Some(Response::empty(413).closing());
        }
        Err(_) => return Some(Response::empty(500)),
    };
    let header = |name| head.headers.text(name).map(str::to_owned);
    let (name, content_type) = (header(Name::Host).unwrap_or_default(), header(Name::ContentType));
    let (asked, path) = (Arc::clone(host), target.path.to_string());
    // The endpoints read and write files: callers of functions do not wait for that.
    let response = aside(move || {
        let content_type = content_type.as_deref();
        endpoint.respond(&asked, &admin::Request { path: &path, host: &name, content_type, query: &query, body: &body })
    });
    Some(admin_response(host, response.await))
}

fn admin_response(host: &Host, mut response: Response) -> Response {
    if let Some(running) = host.running() {
        running.add_custom_headers(&mut response);
    }
    response
}

async fn throttled(host: &Host, running: &Running, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
    let _pass = match caller.attend(pin!(running.throttle.enter())).await {
        Ok(pass) => pass,
        Err(Refusal::Never) => return Some(Response::empty(500)),
        Err(Refusal::TooMany) => {
            let mut response = Response::empty(429);
            response.headers.push("X-FUNCTION-SCALEOUT", "1");
            return Some(response);
        }
    };
    let mut response = match running.routes.find(&request.head.method, &request.target.path) {
        Err(error) => {
            host.log.error(log::HOST, format!("a route constraint has no answer: {error}"));
            Response::empty(500)
        }
        Ok(Some(found)) => match permitted(host, &found, request) {
            Ok(identity) => call(Call { host, running, found, request, identity }, caller).await?,
            Err(status) => Response::empty(status),
        },
        Ok(None) if request.target.path == "/" => home_page(host),
        Ok(None) => Response::empty(404),
    };
    running.add_custom_headers(&mut response);
    Some(response)
}

async fn call(call: Call<'_>, caller: &mut Caller) -> Option<Response> {
    match call.found.mode {
        Some(HttpMode::Proxying) => proxy::proxy(&call, caller).await,
        Some(HttpMode::Forwarding) => Some(forward::forward(&call, caller).await),
        Some(HttpMode::Default) => Some(invoke::http(&call, caller).await),
        None => {
            let name = &call.found.function.name;
            let text = format!(
                "'{name}' can't be invoked from Azure WebJobs SDK. Is it missing Azure WebJobs SDK attributes?"
            );
            call.host.log.error(log::HOST, Diagnostic::of_whole(text).hint("see what was said of it at the start"));
            Some(Response::empty(500))
        }
    }
}

/// The caller's key, or the status of the response if the caller may not call the function.
fn permitted(host: &Host, found: &Found, Request { head, target }: Request<'_>) -> Result<Option<Identity>, u16> {
    let query = query::parse(target.query);
    let identity = match presented_key(head, &query) {
        Some(key) => host.keys.identify(key, Some(&found.function.name)).map_err(|error| {
            // A damaged key file fails the request, as it does at the admin endpoints (recording JX-bad-host).
            host.log.error(log::HOST, &error);
            500_u16
        })?,
        None => None,
    };
    if found.function.disabled && identity.as_ref().map(|identity| identity.level) != Some(AuthLevel::Admin) {
        return Err(404);
    }
    if keys::permits(found.level, identity.as_ref()) { Ok(identity) } else { Err(401) }
}

fn presented_key<'a>(head: &'a RequestHead, query: &'a [(String, Vec<String>)]) -> Option<&'a str> {
    let query = query.iter().filter_map(|(name, values)| Some((name.as_str(), values.first()?.as_str())));
    keys::presented(head.headers.named("x-functions-key"), query)
}

fn home_page(host: &Host) -> Response {
    // Unlike other switches this one does not take `1` (`HomepageMiddleware`).
    let disabled = host.settings.get("AzureWebJobsDisableHomepage");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Response::empty(204);
    }
    Response::of(200, HTML, HOME_PAGE)
}

/// Without a type, as recorded (P14).
fn not_running() -> Response {
    let body = vec![Bytes::from_static(b"Function host is not running.")];
    Response { body, ..Response::empty(503) }.chunked()
}
