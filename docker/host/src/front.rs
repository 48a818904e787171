//! What callers see: the order of handling (protocol section 7).

pub mod kestrel;
pub mod throttle;

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode, Version};

use crate::admin;
use crate::body::{CallerBody, ResponseBody};
use crate::forward;
use crate::forward::target::{Target, parse_query};
use crate::host::running::Running;
use crate::host::{Host, State};
use crate::invoke::{self, failure};
use crate::keys::{self, Identity, KeyError, KeyLevel};
use crate::log;
use crate::routes::Found;
use throttle::Refusal;

/// What `/` shows where no function claims it.
const HOME_PAGE: &str = include_str!("front/home.html");
/// The limit on bodies while no app says another (`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`).
const DEFAULT_BODY_LIMIT_BYTES: u64 = 104_857_600;

/// Answers one request.
pub async fn handle(host: &Arc<Host>, request: Request<Incoming>) -> Response<ResponseBody> {
    let (head, body) = request.into_parts();
    let is_old = head.version == Version::HTTP_10;
    let response = match kestrel::accept(&head) {
        Ok(target) => within_limits(host, &target, head, body).await,
        Err(status) => closing(failure(status)),
    };
    kestrel::in_order(if is_old { closing(response) } else { response })
}

async fn within_limits(host: &Arc<Host>, target: &Target, head: Parts, body: Incoming) -> Response<ResponseBody> {
    let is_head = head.method == Method::HEAD;
    let length = content_length(&head);
    let limit = host.running().map_or(DEFAULT_BODY_LIMIT_BYTES, |running| running.app.options.request_body_limit_bytes);
    if length > limit {
        let text = format!(
            "{} {}: a body of {length} bytes is refused, the limit is {limit}\nhint: FUNCTIONS_REQUEST_BODY_SIZE_LIMIT",
            head.method, target.path
        );
        host.log().warning(log::HOST, text);
        // A caller that is still sending would see a broken connection in place of the answer.
        tokio::spawn(CallerBody::new(body, length).linger());
        return closing(failure(StatusCode::INTERNAL_SERVER_ERROR));
    }
    let mut body = CallerBody::new(body, length);
    if is_admin_path(&target.path) {
        let Ok(bytes) = body.collect(limit).await else { return failure(StatusCode::INTERNAL_SERVER_ERROR) };
        let bytes = Bytes::from(bytes);
        if let Some(response) = admin_answer(host, target, &head, &bytes) {
            return response;
        }
        body = CallerBody::read(bytes);
    }
    match host.state() {
        State::Running(running) => throttled(host, &running, target, head, body).await,
        State::Offline { page, .. } => chunked(html(StatusCode::SERVICE_UNAVAILABLE, &page), is_head),
        State::Error(..) => not_running(is_head),
    }
}

fn is_admin_path(path: &str) -> bool {
    let first = path.split('/').nth(1).unwrap_or_default();
    ["admin", "runtime"].iter().any(|name| first.eq_ignore_ascii_case(name))
}

/// The answer of an admin endpoint; nothing where the URL is none, and a function may have it (protocol section 7.1).
fn admin_answer(host: &Arc<Host>, target: &Target, head: &Parts, body: &[u8]) -> Option<Response<ResponseBody>> {
    let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let query = parse_query(&target.query);
    let request = admin::Request {
        method: head.method.as_str(),
        path: &target.path,
        scheme: "http",
        host: text(HOST).unwrap_or_default(),
        content_type: text(CONTENT_TYPE),
        key: presented_key(head, &query),
        body,
    };
    let reply = admin::handle(host, &request)?;
    let mut response = failure(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    *response.body_mut() = ResponseBody::from(reply.body);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    if reply.chunked {
        response.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    if let Some(running) = host.running() {
        add_custom_headers(&mut response, &running);
    }
    Some(response)
}

async fn throttled(
    host: &Arc<Host>,
    running: &Arc<Running>,
    target: &Target,
    head: Parts,
    body: CallerBody,
) -> Response<ResponseBody> {
    let _pass = match running.throttle.enter().await {
        Ok(pass) => pass,
        Err(Refusal::Never) => return failure(StatusCode::INTERNAL_SERVER_ERROR),
        Err(Refusal::TooMany) => {
            let mut response = failure(StatusCode::TOO_MANY_REQUESTS);
            let name = HeaderName::from_static("x-function-scaleout");
            response.headers_mut().insert(name, HeaderValue::from_static("1"));
            return response;
        }
    };
    let mut response = match running.routes.find(head.method.as_str(), &target.path) {
        Some(found) => call(host, running, found, target, head, body).await,
        None if target.path == "/" => home_page(host),
        None => failure(StatusCode::NOT_FOUND),
    };
    add_custom_headers(&mut response, running);
    response
}

async fn call(
    host: &Arc<Host>,
    running: &Arc<Running>,
    found: Found,
    target: &Target,
    head: Parts,
    body: CallerBody,
) -> Response<ResponseBody> {
    let Some(http) = &found.function.http else { return failure(StatusCode::NOT_FOUND) };
    let Ok(identity) = identify(host, &head, target, &found) else {
        return failure(StatusCode::INTERNAL_SERVER_ERROR);
    };
    if found.function.disabled && identity.as_ref().map(|identity| identity.level) != Some(KeyLevel::Admin) {
        return failure(StatusCode::NOT_FOUND);
    }
    if !keys::permits(http.level, identity.as_ref()) {
        return failure(StatusCode::UNAUTHORIZED);
    }
    if found.function.forwards(&running.app.options) {
        forward::forward(host, running, &found.function, target, head, body).await
    } else {
        invoke::http(host, running, &found, identity, target, head, body).await
    }
}

/// Whom the key that a request presents makes of its sender. A key file that cannot be read, damaged say, fails the request, as
/// it does at the admin endpoints (recording JX-bad-host); the log names it.
fn identify(host: &Host, head: &Parts, target: &Target, found: &Found) -> Result<Option<Identity>, KeyError> {
    let query = parse_query(&target.query);
    let Some(key) = presented_key(head, &query) else { return Ok(None) };
    let identity = host.keys().identify(key, Some(&found.function.name));
    identity.inspect_err(|error| host.log().error(log::HOST, &error.0))
}

fn presented_key<'a>(head: &'a Parts, query: &'a [(String, Vec<String>)]) -> Option<&'a str> {
    let query = query.iter().filter_map(|(name, values)| Some((name.as_str(), values.first()?.as_str())));
    keys::presented(head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())), query)
}

fn home_page(host: &Host) -> Response<ResponseBody> {
    if host.settings().is_on("AzureWebJobsDisableHomepage") {
        return failure(StatusCode::NO_CONTENT);
    }
    html(StatusCode::OK, HOME_PAGE.as_bytes())
}

fn html(status: StatusCode, page: &[u8]) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(page.to_vec()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// Without a type, as recorded (P14).
fn not_running(is_head: bool) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(b"Function host is not running.".to_vec()));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    chunked(response, is_head)
}

/// The same response with `Transfer-Encoding: chunked`; to `HEAD`, with no framing at all (recordings P14, CX-appoffline).
fn chunked(mut response: Response<ResponseBody>, is_head: bool) -> Response<ResponseBody> {
    if is_head {
        *response.body_mut() = ResponseBody::empty();
    } else {
        response.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    response
}

fn add_custom_headers(response: &mut Response<ResponseBody>, running: &Running) {
    for (name, value) in &running.app.options.http.custom_headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            response.headers_mut().entry(name).or_insert(value);
        }
    }
}

fn content_length(head: &Parts) -> u64 {
    head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}

fn closing(mut response: Response<ResponseBody>) -> Response<ResponseBody> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
