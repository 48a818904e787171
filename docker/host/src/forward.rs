//! Forwarding, the older HTTP mode: request and response are read whole, and their header lines rewritten (protocol.md#forwarding).

pub mod headers;
pub mod target;
mod values;

use std::borrow::Cow;
use std::pin::pin;

use bytes::Bytes;
use wire::client::{self, Body, Request, spelt_method};
use wire::framing::number;
use wire::response::Framing;
use wire::{Caller, Headers, Name, Response, ResponseHead};

use crate::app::{Diagnostic, HandlerKind, HttpMode};
use crate::host::execution::{CALLED_BY_HOST_API, Execution};
use crate::invoke::{self, Call, Outcome};
use crate::log::Level;

const NO_CONTENT: u16 = 204;
const RESET_CONTENT: u16 = 205;
const NOT_MODIFIED: u16 = 304;

/// Passes a request on to the handler, and its response back.
pub async fn forward(call: &Call<'_>, caller: &mut Caller) -> Response {
    let execution = Execution::begin(call.host, call.running, &call.found.function, CALLED_BY_HOST_API);
    execution.called_by(caller);
    let Some(handler) = &call.running.handler else { return Response::empty(500) };
    let is_ready = caller.attend(pin!(invoke::wait_ready(handler, &execution))).await;

    let head = call.request.head;
    let request = match to_handler(&execution, call.request, caller.length()) {
        Ok(request) => request,
        Err(error) => {
            execution.failed(error);
            return Response { closes: !is_ready, ..Response::empty(500) };
        }
    };
    execution.exchange.request(HttpMode::Forwarding, &request);
    execution.watch_body(caller);
    let see = |head: &ResponseHead| warn_of_events(&execution, head);
    let client = &handler.client;
    let asking = pin!(async {
        let response = if caller.length() > 0 {
            client.call_and_see(&request, Body::Stream(caller), &see).await
        } else {
            caller.attend(pin!(client.call_and_see(&request, Body::Empty, &see))).await
        };
        invoke::noticed(handler, response).await.map_err(Diagnostic::from)
    });
    let mut response = match invoke::within_timeout(handler, &execution, asking).await {
        Outcome::Completed(response) => {
            execution.exchange.response(&response.head);
            response.body.iter().for_each(|piece| execution.exchange.received(piece));
            execution.succeeded();
            to_caller(&execution, response, head.method == "HEAD")
        }
        Outcome::Failed(error) => {
            execution.failed(format_args!("{error}\nThe request was: {} {}", request.method, request.target));
            Response::empty(500)
        }
        Outcome::TimedOut => Response::empty(500),
    };
    response.closes |= !is_ready;
    response
}

/// A caller gets a forwarded response when it is complete, which a handler of events does not expect. It is logged at once, since
/// such a response may never be complete.
fn warn_of_events(execution: &Execution<'_>, head: &ResponseHead) {
    const EVENTS: &[u8] = b"text/event-stream";

    let kind = head.headers.get(Name::ContentType).and_then(|value| value.split_at_checked(EVENTS.len()));
    if kind.is_some_and(|(kind, _)| kind.eq_ignore_ascii_case(EVENTS)) {
        let text = "The events of this response reach the caller only at its end: `enableForwardingHttpRequest` forwards whole \
                    responses";
        let hint = "write `enableProxyingHttpRequest` instead, which streams";
        execution.note(Level::Warning, Diagnostic::of_whole(text).hint(hint));
    }
}

fn to_handler(execution: &Execution<'_>, request: wire::Request<'_>, length: u64) -> Result<Request, Diagnostic> {
    let wire::Request { head, target } = request;
    let kind = execution.running.app.options.custom_handler.as_ref().map(|handler| handler.kind);
    let target = match kind {
        Some(HandlerKind::HttpWorker) => target::for_function(target, &execution.function.name),
        _ => target::forwarded(target),
    };
    let method = spelt_method(&head.method);
    let mut headers = headers::to_handler(&head.headers, length, execution.id)?;
    let has_no_length = ["GET", "HEAD", "OPTIONS", "DELETE"].contains(&&*method);
    if length == 0 && !has_no_length {
        headers.push(Name::ContentLength, "0");
    }
    Ok(Request { method, target, headers })
}

/// The response as the caller gets it. What fails here is not a failed invocation: the log says so, the caller sees a 500
/// (protocol.md#forwarding-response).
fn to_caller(execution: &Execution<'_>, response: client::Response, is_to_head: bool) -> Response {
    let client::Response { head, body } = response;
    let ResponseHead { status, reason, headers } = head;
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    let announced = headers.get(Name::ContentLength).and_then(number).and_then(|length| usize::try_from(length).ok());
    let length = body.iter().map(Bytes::len).sum();
    // Chunks frame the body; a length passes with them, and must match (recording FX-ans-te-and-cl).
    let has_body = !is_to_head && !matches!(status, NO_CONTENT | NOT_MODIFIED);
    let is_framed_twice = has_body && headers.contains(Name::TransferEncoding);
    if is_framed_twice && announced.is_some_and(|announced| announced != length) {
        let text = "The `Content-Length` of the chunked answer is not that of its body, so the caller gets a 500";
        execution.note(Level::Error, text);
        return Response::empty(500).closing();
    }
    let keeps_length = (is_to_head && status != NO_CONTENT) || status == NOT_MODIFIED;
    let mut headers = values::rewritten(headers);
    // Chunks are undone. Other codings are not: they pass, with the length of the body as it came (recording PX2-raw-fwd-gzip-chunked).
    let is_chunked = headers.all(Name::TransferEncoding).all(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    if is_to_head || (is_chunked && headers.all(Name::TransferEncoding).nth(1).is_none()) {
        headers.remove(Name::TransferEncoding);
    }
    if let Some(bad) = headers::cut_at_bad_line(&mut headers, is_to_head) {
        execution.note(Level::Error, format!("The answer has {bad}, so the caller gets a 500"));
        return unsent(reason, headers, announced.unwrap_or(length), is_to_head);
    }
    headers::drop_length(&mut headers, keeps_length);
    // The body, be it empty, is written where there cannot be one: Kestrel trips over it when the head has been sent.
    let breaks_off = !is_to_head && matches!(status, NO_CONTENT | RESET_CONTENT | NOT_MODIFIED);
    let says_body = matches!(status, NO_CONTENT | RESET_CONTENT) && announced.unwrap_or(length) > 0;
    if says_body || (breaks_off && headers.contains(Name::TransferEncoding)) {
        let text = format!("The answer is a {status} with a body, so the caller gets a 500");
        execution.note(Level::Error, text);
        return Response::empty(500);
    }
    if keeps_length && headers.contains(Name::ContentLength) {
        return Response { reason, headers, framing: Framing::AsGiven, breaks_off, ..Response::empty(status) };
    }
    Response { reason, headers, body, breaks_off, ..Response::empty(status) }
}

/// What a caller gets if a header cannot be sent: `HTTP/1.1 500 OK`, as recorded (FX-ans-header-utf8), with what was copied before. The
/// length of a body that does not come makes Kestrel drop that as well.
fn unsent(reason: Option<Cow<'static, [u8]>>, headers: Headers, length: usize, is_to_head: bool) -> Response {
    let has_length = headers.contains(Name::ContentLength);
    if has_length && length > 0 && !is_to_head {
        return Response::empty(500);
    }
    let framing = if has_length { Framing::AsGiven } else { Framing::Length };
    Response { reason, headers, framing, ..Response::empty(500) }
}
