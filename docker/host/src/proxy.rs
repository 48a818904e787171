//! Proxying: requests are streamed to the handler and its responses back, as YARP does it in the real host (protocol.md#proxying).

mod headers;
mod names;
mod target;

use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::time::Duration;

use wire::client::{self, Body, Request};
use wire::{Caller, Name, Response};

use crate::handler::Handler;
use crate::host::execution::{CALLED_BY_HOST_API, Execution};
use crate::invoke::{self, Call, Outcome};
use headers::{BodyFraming, Own};

/// How often a request is tried (protocol.md#proxying-errors).
const MAX_ATTEMPTS: u32 = 10;
/// The pauses between the first attempts; the last one counts for all others.
const PAUSES_MS: [u64; 4] = [50, 100, 200, 250];
/// Methods whose requests say nothing of a body that is not there.
const WITHOUT_LENGTH: [&str; 4] = ["GET", "HEAD", "OPTIONS", "DELETE"];

/// Passes a request on to the handler, and its response back.
pub async fn proxy(call: &Call<'_>, caller: &mut Caller) -> Response {
    let execution = Execution::begin(call.host, call.running, &call.found.function, CALLED_BY_HOST_API);
    let Some(handler) = call.running.handler() else { return Response::empty(500) };
    let is_ready = invoke::wait_ready(handler, &execution).await;
    let mut response = match attempt(handler, &execution, call.request, caller).await {
        Ok(response) => response,
        Err(cause) => {
            execution.failed(&cause);
            Response::empty(500)
        }
    };
    response.closes |= !is_ready;
    response
}

async fn attempt(
    handler: &Handler,
    execution: &Execution<'_>,
    request: wire::Request<'_>,
    caller: &mut Caller,
) -> Result<Response, String> {
    let head = request.head;
    if head.headers.get(Name::Host).is_none_or(<[u8]>::is_empty) {
        return Err("System.UriFormatException: Invalid URI: The hostname could not be parsed.".to_owned());
    }
    let limit = execution.running.app.options.request_body_limit_bytes;
    let body = caller.collect(limit).await.map_err(|error| error.to_string())?;
    let method = normal_method(&head.method);
    let framing = if head.headers.contains(Name::TransferEncoding) {
        BodyFraming::Chunked
    } else if !body.is_empty()
        || head.headers.contains(Name::ContentLength)
        || !WITHOUT_LENGTH.contains(&method.as_str())
    {
        BodyFraming::Length(body.len() as u64)
    } else {
        BodyFraming::None
    };
    let own = Own { port: handler.client().port(), invocation: execution.id, peer: IpAddr::V4(Ipv4Addr::LOCALHOST) };
    let sent = Request {
        method,
        target: target::to_handler(request.target, head.target.contains('?')),
        headers: headers::to_handler(head, own, framing, false),
    };
    let body = bytes::Bytes::from(body);
    let make = || match framing {
        BodyFraming::None => Body::Empty,
        BodyFraming::Length(_) => Body::Whole(body.clone()),
        BodyFraming::Chunked => Body::Chunk(body.clone()),
    };
    let call = pin!(with_retries(handler, &sent, make));
    match invoke::within_timeout(handler, execution, call).await {
        Outcome::Answered(response) => {
            execution.succeeded();
            let client::Response { head, body } = response;
            let mut headers = head.headers;
            headers::to_caller(&mut headers);
            headers.remove(Name::ContentLength);
            let reason = Some(head.reason).filter(|reason| !reason.is_empty());
            Ok(Response { reason, headers, body, ..Response::empty(head.status) })
        }
        Outcome::Failed(error) => Err(error.to_string()),
        Outcome::TimedOut => Ok(Response::empty(500)),
    }
}

/// Asks the handler, again and again while there is no response at all.
async fn with_retries(
    handler: &Handler,
    request: &Request,
    body: impl Fn() -> Body<'static>,
) -> Result<client::Response, client::Error> {
    let mut attempt = 1;
    loop {
        let error = match handler.client().call(request, body()).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let is_over = matches!(error, client::Error::Body(_) | client::Error::Request(_));
        if is_over || attempt == MAX_ATTEMPTS {
            return Err(error);
        }
        let pause = PAUSES_MS.get(attempt as usize - 1).or(PAUSES_MS.last()).copied().unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        attempt += 1;
    }
}

/// A well-known method in another letter case is sent in capitals (recording Y30-get-lower).
fn normal_method(method: &str) -> String {
    const KNOWN: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT"];
    let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(method));
    known.unwrap_or(method).to_owned()
}
