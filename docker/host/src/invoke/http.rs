//! An HTTP request as the trigger of an invocation in default mode (protocol.md#http-trigger and #named-http-output).

use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use wire::{BodyError, Caller, Name, Request, RequestHead, Response};

use super::attempts::invoke;
use super::call::Call;
use super::respond::respond;
use super::trigger::Trigger;
use super::trigger_host;
use crate::app::Diagnostic;
use crate::envelope::data::Value;
use crate::envelope::failed::Failed;
use crate::envelope::http as envelope;
use crate::envelope::http_request::HttpRequest;
use crate::envelope::response::{self, Unwritable};
use crate::host::execution::{CALLED_BY_HOST_API, address_of};
use crate::log;

/// Invokes a function in default mode, and makes the response of its HTTP output.
pub async fn http(call: &Call<'_>, caller: &mut Caller) -> Response {
    let (function, head) = (&call.found.function, call.request.head);
    let log_failure = |message: &dyn Display| {
        let text = format!("Function `{}`: {message}, so the caller gets a 500", function.name);
        call.host.log.error(log::HOST, text);
    };
    let request = match request(call, caller).await {
        Ok(request) => request,
        Err(error) => {
            log_failure(&error);
            return Response::empty(500);
        }
    };
    match caller.attend(pin!(invoke(call.host, call.running, function, request))).await {
        Ok(output) => match response::response(output, accept(head).as_deref()) {
            Ok(response) => respond(response, head.method == "HEAD"),
            Err(Unwritable { failure, instead }) => {
                log_failure(&failure);
                respond(*instead, head.method == "HEAD")
            }
        },
        Err(Failed { is_stopping, .. }) => Response { closes: is_stopping, ..Response::empty(500) },
    }
}

/// The trigger that is made of a request; where none can be made, the caller gets a 500.
async fn request(call: &Call<'_>, caller: &mut Caller) -> Result<Trigger, Diagnostic> {
    let body = body(call, caller).await.map_err(|error| Diagnostic::of_whole(error.to_string()))?;
    let name = &call.found.function.trigger.name;
    let request = Arc::new(http_request(call, body)?);
    Ok(Trigger {
        reason: CALLED_BY_HOST_API.to_owned(),
        source: address_of(caller, call.host),
        binding_data: envelope::binding_data(&request, name),
        data: vec![(name.clone(), Value::Http(request))],
    })
}

/// The body, if it has a length. A chunked one is read and lost (recording CX-bodylimit-default-mode).
async fn body(call: &Call<'_>, caller: &mut Caller) -> Result<Option<Bytes>, BodyError> {
    let limit = call.running.app.options.request_body_limit_bytes;
    if call.request.head.headers.contains(Name::TransferEncoding) {
        caller.discard(limit).await?;
        return Ok(None);
    }
    if caller.length() == 0 {
        return Ok(None);
    }
    Ok(Some(caller.collect(limit).await?.into()))
}

fn http_request(call: &Call<'_>, body: Option<Bytes>) -> Result<HttpRequest, Diagnostic> {
    let Request { head, target } = call.request;
    let host = head.headers.text(Name::Host).filter(|_| trigger_host::is_of_uri(&head.headers)).unwrap_or_default();
    // A question mark may stand alone.
    let query = head.target.contains('?').then_some(target.query);
    Ok(HttpRequest {
        url: envelope::url(host, &target.path, query)?,
        method: head.method.clone(),
        query: target.query.to_owned(),
        headers: head.headers.iter().map(|line| (line.name().to_owned(), line.value.to_vec())).collect(),
        params: call.found.values.clone(),
        identity: call.identity.clone(),
        body,
    })
}

fn accept(head: &RequestHead) -> Option<String> {
    let lines: Vec<_> = head.headers.all(Name::Accept).map(String::from_utf8_lossy).collect();
    Some(lines.join(",")).filter(|_| !lines.is_empty())
}
