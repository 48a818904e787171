//! Asking the handler, again and again while it gives no response at all: the retry step of the real host (protocol.md#proxying-errors).

use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use wire::Caller;
use wire::client::{Body, Error, Request, Response, ResponseBody};

use super::error::ProxyError;
use super::upload::Upload;
use crate::handler::Handler;
use crate::host::execution::Execution;
use crate::log::Level;

/// How long nothing may move in either direction.
pub const ACTIVITY_LIMIT: Duration = Duration::from_secs(240);
/// What is left of it at least for the last attempt.
const LEAST_LIMIT: Duration = Duration::from_secs(1);
const MAX_ATTEMPTS: usize = 10;
/// The pauses between the first attempts; the last one counts for all others.
const PAUSES_MS: [u64; 4] = [50, 100, 200, 250];

#[derive(Debug)]
pub struct Outgoing {
    pub request: Request,
    pub upload: Upload,
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Client(#[from] Error),
    #[error("System.InvalidOperationException: Stream was already consumed.")]
    Consumed,
    #[error("System.Net.Http.HttpRequestException: Request headers must contain only ASCII characters.")]
    NotAscii,
}

/// What came of an attempt: a response, or `None` if the caller has left meanwhile.
type Attempt = Result<Option<Response<ResponseBody>>, Cause>;

/// Asks the handler. `None` if the caller has left meanwhile: then the connection to the handler is closed at once.
///
/// # Errors
/// If there is no response within ten attempts, or nothing moves for too long: that limit is for all of them together.
pub async fn ask(
    handler: &Handler,
    execution: &Execution<'_>,
    outgoing: &mut Outgoing,
    caller: &mut Caller,
) -> Result<Option<Response<ResponseBody>>, ProxyError> {
    let started = Instant::now();
    let mut limit = ACTIVITY_LIMIT;
    let is_ascii = outgoing.request.headers.are_ascii();
    let mut is_consumed = false;
    let mut has_read_all = true;
    for number in 1.. {
        let attempt = match () {
            () if !is_ascii => knock(handler, Cause::NotAscii).await,
            () if is_consumed => knock(handler, Cause::Consumed).await,
            () => deliver(handler, outgoing, limit, caller).await,
        };
        let cause = match attempt {
            Ok(response) => return Ok(response),
            Err(cause) => cause,
        };
        // What is not chunked as it should be ends the connection as well, and Kestrel does not say so.
        has_read_all &= !matches!(cause, Cause::Client(Error::Request(ref error)) if !error.is_of_framing());
        if number == MAX_ATTEMPTS || matches!(cause, Cause::Client(Error::Idle(_))) {
            let error = ProxyError::forwarding("Request", &cause);
            return Err(if has_read_all { error } else { error.closing() });
        }
        // What has been sent of a body is not there a second time.
        is_consumed |= outgoing.upload.is_there() && !was_not_connected(&cause);
        let pause = PAUSES_MS.get(number - 1).or(PAUSES_MS.last()).copied().unwrap_or_default();
        let text = format!(
            "Failed to proxy request to the worker. Retrying in {pause}ms. Attempt {number} of {MAX_ATTEMPTS}.\n{cause}"
        );
        execution.note(Level::Debug, text);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause)) => {}
            () = caller.left() => return Ok(None),
        }
        limit = ACTIVITY_LIMIT.saturating_sub(started.elapsed()).max(LEAST_LIMIT);
    }
    Ok(None)
}

/// Sends the request and waits for the head of the response.
async fn deliver(handler: &Handler, outgoing: &mut Outgoing, limit: Duration, caller: &mut Caller) -> Attempt {
    let Outgoing { request, upload } = outgoing;
    let client = &handler.client;
    if let Some(body) = upload.stored(&request.headers) {
        let asked = pin!(async { client.send(request, body, limit).await?.response().await });
        return unless_left(caller, asked).await;
    }
    match client.send(request, Body::Stream(caller), limit).await {
        Ok(sent) => unless_left(caller, pin!(sent.response())).await,
        Err(Error::Request(error)) if error.is_departure() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn unless_left(
    caller: &mut Caller,
    response: Pin<&mut impl Future<Output = Result<Response<ResponseBody>, Error>>>,
) -> Attempt {
    tokio::select! {
        biased;
        response = response => Ok(Some(response?)),
        () = caller.left() => Ok(None),
    }
}

/// An attempt for a request that cannot be sent, or not any more: a connection without a byte (recording Y94b).
async fn knock(handler: &Handler, cause: Cause) -> Attempt {
    handler.client.knock().await?;
    Err(cause)
}

const fn was_not_connected(cause: &Cause) -> bool {
    matches!(cause, Cause::Client(Error::Refused(_) | Error::Connect(..)))
}
