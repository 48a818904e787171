//! An HTTP request as the trigger of an invocation in default mode (protocol.md#http-trigger and #named-http-output).

use std::sync::Arc;

use bytes::Bytes;
use wire::{Caller, Name, RequestHead, Response, Target};

use super::attempts::invoke;
use super::failed::Failed;
use super::trigger::Trigger;
use crate::envelope::data::Value;
use crate::envelope::http as envelope;
use crate::envelope::http_request::{HttpRequest, Identity as Sender};
use crate::envelope::reply::{self, Unwritable};
use crate::host::Host;
use crate::host::execution::CALLED_BY_HOST_API;
use crate::host::keys::{Identity, KeyLevel};
use crate::host::routes::Found;
use crate::host::running::Running;
use crate::invoke::respond::respond;
use crate::log;

/// One invocation of a function in default mode by an HTTP request.
pub async fn http(
    host: &Host,
    running: &Running,
    found: &Found,
    identity: Option<Identity>,
    target: &Target<'_>,
    head: &RequestHead,
    caller: &mut Caller,
) -> Response {
    let complain = |message: &str| {
        let text = format!("Function `{}`: {message}, so the caller gets a 500", found.function.name);
        host.log().error(log::HOST, text);
    };
    let refuse = |message: &str| {
        complain(message);
        Response::empty(500)
    };
    let body = match read(running, head, caller).await {
        Ok(body) => body,
        Err(message) => return refuse(&message),
    };
    let Some(trigger) = found.function.trigger_binding() else { return refuse("it has no trigger") };
    let request = match http_request(found, identity, target, head, body) {
        Ok(request) => Arc::new(request),
        Err(message) => return refuse(&message),
    };
    let trigger = Trigger {
        reason: CALLED_BY_HOST_API.to_owned(),
        binding_data: envelope::binding_data(&request, &trigger.name),
        data: vec![(trigger.name.clone(), Value::Http(request))],
    };
    match invoke(host, running, &found.function, trigger).await {
        Ok(output) => match reply::reply(output, accept(head).as_deref()) {
            Ok(reply) => respond(reply, head.method == "HEAD"),
            Err(Unwritable { failure, instead }) => {
                complain(&failure.to_string());
                respond(instead, head.method == "HEAD")
            }
        },
        Err(Failed { is_stopping, .. }) => Response { closes: is_stopping, ..Response::empty(500) },
    }
}

/// The body, if it has a length. A chunked one is read and lost (recording CX-bodylimit-default-mode).
async fn read(running: &Running, head: &RequestHead, caller: &mut Caller) -> Result<Option<Bytes>, String> {
    let limit = running.app.options.request_body_limit_bytes;
    if head.headers.contains(Name::TransferEncoding) {
        return caller.discard(limit).await.map(|()| None).map_err(|error| error.to_string());
    }
    if caller.length() == 0 {
        return Ok(None);
    }
    caller.collect(limit).await.map(|bytes| Some(bytes.into())).map_err(|error| error.to_string())
}

fn http_request(
    found: &Found,
    identity: Option<Identity>,
    target: &Target<'_>,
    head: &RequestHead,
    body: Option<Bytes>,
) -> Result<HttpRequest, String> {
    let host = head.headers.text(Name::Host).unwrap_or_default();
    // A question mark may stand alone.
    let query = head.target.contains('?').then_some(target.query);
    Ok(HttpRequest {
        url: envelope::url(host, &target.path, query).map_err(|error| error.to_string())?,
        method: head.method.clone(),
        query: target.query.to_owned(),
        headers: header_lines(head),
        params: found.values.clone(),
        identity: identity.map_or(Sender::Anonymous, |identity| Sender::Key {
            level: match identity.level {
                KeyLevel::Function => "Function",
                KeyLevel::System => "System",
                KeyLevel::Admin => "Admin",
            },
            name: identity.key_name,
        }),
        body,
    })
}

/// The header lines with their names as they were sent.
fn header_lines(head: &RequestHead) -> Vec<(String, Vec<u8>)> {
    head.headers.iter().map(|line| (line.name().to_owned(), line.value.to_vec())).collect()
}

fn accept(head: &RequestHead) -> Option<String> {
    let lines: Vec<_> = head.headers.all(Name::Accept).map(String::from_utf8_lossy).collect();
    Some(lines.join(",")).filter(|_| !lines.is_empty())
}
