//! Sends a request to the handler once more, with another body.

use std::pin::pin;

use bytes::Bytes;
use wire::client::{Body, Request, Response};
use wire::{Headers, Name};

use crate::app::{Diagnostic, HttpMode};
use crate::envelope::invocation_result::{self, Refused};
use crate::exchange::Exchange;
use crate::handler::own_headers;
use crate::host::Host;
use crate::host::execution::Execution;
use crate::host::running::Running;
use crate::invoke::{self, Outcome};

/// The lines that are made anew: the body is another, and so is the invocation.
const REPLACED: [&str; 5] = ["host", "content-length", "transfer-encoding", "user-agent", "connection"];
/// Those of the host's own begin like this.
const OWN: &str = "x-azure-functions-";

/// Sends it to the handler alone: it is an exchange of its own, judged like others, and what it returns is written nowhere. Keys, which
/// are not kept, are not sent.
pub async fn send(host: &Host, running: &Running, exchange: &Exchange, body: Bytes) -> Result<(), Diagnostic> {
    let name = &exchange.function;
    let no_function = || Diagnostic::of_whole(format!("the app has no function `{name}` any more"));
    let function = running.app.function(name).ok_or_else(no_function)?;
    let handler = running.handler.as_ref().ok_or_else(|| Diagnostic::of_whole("the app has no handler"))?;
    let no_request = || Diagnostic::of_whole("there was no request");
    let mode = exchange.mode.ok_or_else(no_request)?;
    let mut words = exchange.request.line.split(' ');
    let (method, target) = words.next().zip(words.next()).ok_or_else(no_request)?;

    let execution = Execution::begin(host, running, function, "It was sent again from the page of --inspect.");
    let mut headers = Headers::default();
    headers.push(Name::Host, handler.client.authority());
    for (name, value) in &exchange.request.headers {
        let is_made_anew = REPLACED.iter().any(|replaced| name.eq_ignore_ascii_case(replaced));
        if !(is_made_anew || value == "***" || name.to_ascii_lowercase().starts_with(OWN)) {
            headers.push(name, value);
        }
    }
    headers.push(Name::ContentLength, body.len().to_string());
    own_headers::append(&mut headers, execution.id);
    let request = Request { method: method.to_owned().into(), target: target.to_owned(), headers };
    execution.exchange.request(mode, &request);
    execution.exchange.sent(&body);
    invoke::wait_ready(handler, &execution).await;
    let asking = pin!(async {
        let response = handler.client.call(&request, Body::Whole(body)).await;
        invoke::noticed(handler, response).await.map_err(Diagnostic::from)
    });
    match invoke::within_timeout(handler, &execution, asking).await {
        Outcome::Completed(response) => judge(&execution, mode, &response),
        Outcome::Failed(error) => execution.failed(error),
        Outcome::TimedOut => {}
    }
    Ok(())
}

fn judge(execution: &Execution<'_>, mode: HttpMode, Response { head, body }: &Response) {
    execution.exchange.response(head);
    body.iter().for_each(|piece| execution.exchange.received(piece));
    let verdict = match mode {
        HttpMode::Default => {
            let content_type = head.headers.get(Name::ContentType);
            invocation_result::judge(head.status, content_type, &body.concat()).map(drop)
        }
        HttpMode::Forwarding | HttpMode::Proxying => Ok(()),
    };
    match verdict {
        Ok(()) => execution.succeeded(),
        Err(Refused { rule, reason }) => {
            execution.exchange.breaks(rule);
            execution.failed(reason);
        }
    }
}
