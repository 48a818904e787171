//! Proxying: requests are streamed to the handler and its responses back, as YARP does it in the real host (protocol.md#proxying).

mod attempts;
mod error;
mod headers;
mod names;
mod response;
mod target;
mod upload;

use std::pin::pin;

use bytes::Bytes;
use wire::client::{self, Request, ResponseBody, spelt_method};
use wire::{BodyError, Caller, Name, Pieces, RequestHead, Response, StreamError};

use crate::app::HttpMode;
use crate::exchange::Recorder;
use crate::handler::Handler;
use crate::host::execution::{CALLED_BY_HOST_API, Execution};
use crate::invoke::{self, Call, Outcome};
use crate::log::Level;
use attempts::{ACTIVITY_LIMIT, Outgoing};
use error::ProxyError;
use headers::{BodyFraming, Own};
use response::Judged;
use upload::Upload;

/// Methods whose requests say nothing of a body that is not there.
const WITHOUT_LENGTH: [&str; 4] = ["GET", "HEAD", "OPTIONS", "DELETE"];

/// Passes a request on to the handler, and its response back. `None` if the caller has got it; otherwise what the caller gets
/// instead, unless something was written already: then the connection is reset.
pub async fn proxy(call: &Call<'_>, caller: &mut Caller) -> Option<Response> {
    let execution = Execution::begin(call.host, call.running, &call.found.function, CALLED_BY_HOST_API);
    execution.called_by(caller);
    let Some(handler) = &call.running.handler else { return Some(Response::empty(500)) };
    let is_ready = caller.attend(pin!(invoke::wait_ready(handler, &execution))).await;
    let outcome = {
        let passing = pin!(pass_on(handler, &execution, call.request, caller));
        invoke::within_timeout(handler, &execution, passing).await
    };
    let response = match outcome {
        Outcome::Completed(response) => {
            execution.succeeded();
            response
        }
        Outcome::Failed(failure) => {
            execution.failed(format_args!(
                "{failure}\nThe request was: {} {}",
                call.request.head.method, call.request.head.target
            ));
            handler.notice_end().await;
            Some(*failure.response)
        }
        Outcome::TimedOut => {
            caller.close_stream();
            Some(Response::empty(500))
        }
    };
    response.map(|response| Response { closes: response.closes || !is_ready, ..response })
}

/// Reads what is to be read beforehand, asks the handler, and streams its response. A caller who leaves meanwhile is not a failure:
/// the connection to the handler is closed at once, and there is no caller to report to.
async fn pass_on(
    handler: &Handler,
    execution: &Execution<'_>,
    request: wire::Request<'_>,
    caller: &mut Caller,
) -> Result<Option<Response>, ProxyError> {
    let head = request.head;
    if !invoke::trigger_host::is_of_uri(&head.headers) {
        return Err(ProxyError::binding("System.UriFormatException: Invalid URI: The hostname could not be parsed."));
    }
    let limit = execution.running.app.options.request_body_limit_bytes;
    execution.watch_body(caller);
    let upload = match Upload::take(caller, limit).await {
        Ok(upload) => upload,
        Err(upload::Error::Caller(error)) if error.is_departure() => return Ok(left(execution)),
        Err(error) => return Err(error.into()),
    };
    let own = Own { authority: handler.client.authority(), invocation: execution.id, peer: &caller.peer };
    let may_upgrade = may_upgrade(head, caller);
    let request = to_handler(request, own, &upload, may_upgrade && is_of_websocket(head))?;
    execution.exchange.request(HttpMode::Proxying, &request);
    let mut outgoing = Outgoing { request, upload };
    let Some(client::Response { head: response, body }) =
        attempts::ask(handler, execution, &mut outgoing, caller).await?
    else {
        return Ok(left(execution));
    };
    execution.exchange.response(&response);
    // A body that was kept need not be while the response is streamed.
    drop(outgoing);
    match response::judge(response, may_upgrade) {
        Ok(Judged::Response(response)) => stream(execution, response, body, caller).await,
        Ok(Judged::Instead(response)) => {
            body.discard();
            Ok(Some(response))
        }
        Ok(Judged::Upgrade(response)) => {
            if let Some(connection) = body.upgrade() {
                caller.tunnel(response, connection, ACTIVITY_LIMIT).await;
            }
            Ok(None)
        }
        Err(error) => {
            body.discard();
            Err(error)
        }
    }
}

/// The request as the handler gets it. One that asks for a WebSocket is a `GET`, whatever its method.
fn to_handler(
    request: wire::Request<'_>,
    own: Own<'_>,
    upload: &Upload,
    is_upgrade: bool,
) -> Result<Request, ProxyError> {
    let head = request.head;
    let method = if is_upgrade { "GET".into() } else { spelt_method(&head.method) };
    if method == "CONNECT" {
        return Err(ProxyError::forwarding(
            "RequestCreation",
            "System.NotSupportedException: Unsupported request method 'CONNECT'.",
        ));
    }
    let framing = match upload.length() {
        None => BodyFraming::Chunked,
        Some(0) if WITHOUT_LENGTH.contains(&&*method) && !head.headers.contains(Name::ContentLength) => {
            BodyFraming::None
        }
        Some(length) => BodyFraming::Length(length),
    };
    Ok(Request {
        method,
        target: target::to_handler(request.target, head.target.contains('?')),
        headers: headers::to_handler(head, own, framing, is_upgrade),
    })
}

async fn stream(
    execution: &Execution<'_>,
    mut response: Response,
    body: ResponseBody,
    caller: &mut Caller,
) -> Result<Option<Response>, ProxyError> {
    execution.running.add_custom_headers(&mut response);
    let mut body = Watched { body, exchange: &execution.exchange };
    match caller.stream(response, &mut body).await {
        Ok(()) => Ok(None),
        Err(StreamError::CallerLeft) => Ok(left(execution)),
        Err(StreamError::Unsent(error) | StreamError::Broken(error)) => {
            Err(ProxyError::forwarding("ResponseBodyDestination", error))
        }
        Err(error @ StreamError::Length) => Err(ProxyError::forwarding("ResponseBodyDestination", error)),
    }
}

/// A body whose pieces are noted as they pass.
struct Watched<'a> {
    body: ResponseBody,
    exchange: &'a Recorder,
}

impl Pieces for Watched<'_> {
    type Error = BodyError;

    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let piece = self.body.next().await?;
        if let Some(piece) = &piece {
            self.exchange.received(piece);
        }
        Ok(piece)
    }

    fn has_ended(&self) -> bool {
        self.body.has_ended()
    }
}

fn left(execution: &Execution<'_>) -> Option<Response> {
    execution.note(Level::Information, "The client disconnected while the function was processing the request.");
    None
}

/// Whether the caller's connection can become another than of HTTP: what a handler's `101` wants.
fn may_upgrade(head: &RequestHead, caller: &Caller) -> bool {
    !caller.has_body() && head.headers.lists(Name::Connection, "upgrade")
}

/// Whether the protocol that the caller names is WebSocket: other upgrades are not passed on (recordings Y19, Y80, Y82).
fn is_of_websocket(head: &RequestHead) -> bool {
    let mut protocols = head.headers.all(Name::Upgrade);
    protocols.next().is_some_and(|protocol| protocol.eq_ignore_ascii_case(b"websocket")) && protocols.next().is_none()
}
