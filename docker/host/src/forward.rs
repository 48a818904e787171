//! Forwarding mode: the request and the answer pass as they are (protocol section 3).

pub mod headers;
pub mod target;

use std::sync::Arc;

use hyper::ext::ReasonPhrase;
use hyper::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};

use crate::app::{Function, HandlerKind};
use crate::body::{CallerBody, RequestBody, ResponseBody};
use crate::client::Answer;
use crate::execution::{CALLED_BY_HOST_API, Execution};
use crate::host::Host;
use crate::host::running::Running;
use crate::invoke::{self, Outcome};
use crate::log::Level;
use target::Target;

/// Passes a request on to the handler, and its answer back.
pub async fn forward(
    host: &Host,
    running: &Running,
    function: &Arc<Function>,
    target: &Target,
    head: Parts,
    body: CallerBody,
) -> Response<ResponseBody> {
    let execution = Execution::begin(host, function, CALLED_BY_HOST_API);
    let Some(handler) = running.handler() else { return invoke::failure(StatusCode::INTERNAL_SERVER_ERROR) };
    let is_ready = invoke::wait_ready(host, handler, &execution).await;

    let line = format_line(running, function, target, &head);
    let request = match to_handler(&execution, &line, head, body) {
        Ok(request) => request,
        Err(cause) => {
            execution.failed(&cause);
            return closing(invoke::failure(StatusCode::INTERNAL_SERVER_ERROR), !is_ready);
        }
    };
    let call = invoke::call(handler, handler.client().call(request));
    let response = match invoke::within_timeout(running, handler, &execution, call).await {
        Outcome::Answered(answer) => {
            execution.succeeded();
            to_client(&execution, answer)
        }
        Outcome::Failed(error) => {
            execution.failed(&format!("{error}\nThe request was: {line}"));
            invoke::failure(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Outcome::TimedOut => invoke::failure(StatusCode::INTERNAL_SERVER_ERROR),
    };
    closing(response, !is_ready)
}

/// The request line that the handler sees, without the version.
struct Line {
    method: Method,
    target: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.method, self.target)
    }
}

fn format_line(running: &Running, function: &Function, target: &Target, head: &Parts) -> Line {
    let kind = running.app.options.custom_handler.as_ref().map(|handler| handler.kind);
    let target = match kind {
        Some(HandlerKind::HttpWorker) => target.for_function(&function.name),
        _ => target.forwarded(),
    };
    Line { method: normal_method(&head.method), target }
}

fn to_handler(
    execution: &Execution,
    line: &Line,
    head: Parts,
    mut body: CallerBody,
) -> Result<Request<RequestBody>, String> {
    let length = body.length();
    let waits_for_continue =
        head.headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let mut headers = headers::to_handler(head.headers, length, execution.id)?;
    let has_no_length = matches!(line.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::DELETE);
    if length == 0 && !has_no_length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut request = Request::new(RequestBody::Empty);
    if length > 0 {
        if waits_for_continue {
            let open = std::sync::Mutex::new(Some(body.hold()));
            hyper::ext::on_informational(&mut request, move |_| {
                let open = open.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
                _ = open.map(|open| open.send(()));
            });
        }
        *request.body_mut() = RequestBody::Stream(Box::new(body));
    }
    *request.method_mut() = line.method.clone();
    *request.uri_mut() =
        line.target.parse().map_err(|error| format!("the target `{}` cannot be sent: {error}", line.target))?;
    *request.headers_mut() = headers;
    // The letter case of the client's header names is kept here.
    request.extensions_mut().extend(head.extensions);
    Ok(request)
}

/// A well-known method in another letter case is sent in capitals (recording FX-req-lower).
fn normal_method(method: &Method) -> Method {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::PATCH,
        Method::TRACE,
        Method::CONNECT,
    ];
    KNOWN
        .into_iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(method.as_str()))
        .unwrap_or_else(|| method.clone())
}

/// The answer as the client gets it. What fails here is not a failed invocation: the log says so, the client sees a 500
/// (protocol section 3.6).
fn to_client(execution: &Execution, answer: Answer) -> Response<ResponseBody> {
    let Answer { mut head, body } = answer;
    let has_length = head.headers.contains_key(CONTENT_LENGTH);
    if has_length && head.headers.contains_key(TRANSFER_ENCODING) {
        execution.note(
            Level::Error,
            "The answer has both `Content-Length` and `Transfer-Encoding`, so the caller gets a 500",
        );
        return closing(invoke::failure(StatusCode::INTERNAL_SERVER_ERROR), true);
    }
    if let Some((name, _)) = head.headers.iter().find(|(_, value)| !value.as_bytes().is_ascii()) {
        let text = format!("The header `{name}` of the answer has a byte above 127, so the caller gets a 500");
        execution.note(Level::Error, &text);
        return with_reason_of_handler(&head);
    }
    headers::to_client(&mut head.headers);
    if head.extensions.get::<ReasonPhrase>().is_some_and(|reason| reason.as_bytes().is_empty()) {
        head.extensions.remove::<ReasonPhrase>();
    }
    head.version = hyper::Version::HTTP_11;

    let declared = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let mut body = ResponseBody::new(body);
    match head.status {
        StatusCode::NO_CONTENT if declared.is_some_and(|length| length > 0) => {
            execution.note(Level::Error, "The answer is a 204 with a body, so the caller gets a 500");
            return invoke::failure(StatusCode::INTERNAL_SERVER_ERROR);
        }
        StatusCode::NOT_MODIFIED => {
            body = ResponseBody::explicitly_empty();
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        _ => {}
    }
    Response::from_parts(head, body)
}

/// `HTTP/1.1 500 OK`, as recorded (FX-ans-header-utf8).
fn with_reason_of_handler(head: &hyper::http::response::Parts) -> Response<ResponseBody> {
    let mut response = invoke::failure(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = head.extensions.get::<ReasonPhrase>().cloned();
    let reason =
        reason.or_else(|| head.status.canonical_reason().and_then(|text| ReasonPhrase::try_from(text.as_bytes()).ok()));
    if let Some(reason) = reason {
        response.extensions_mut().insert(reason);
    }
    response
}

/// The same response, with `Connection: close` where `close` says so.
fn closing(mut response: Response<ResponseBody>, close: bool) -> Response<ResponseBody> {
    if close {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
