//! One attempt of an invocation: the envelope out, the result back, the outputs written.

use std::pin::pin;

use bytes::Bytes;
use uuid::Uuid;
use wire::client::{self, Body, Request, Response};
use wire::{Headers, Name};

use super::limits::{Outcome, noticed, wait_ready, within_timeout};
use super::round_trip::RoundTrip;
use super::trigger::Trigger;
use crate::app::{Binding, BindingKind, CustomHandler, DataType, Diagnostic, HttpMode, Rule};
use crate::bindings::{input, output};
use crate::doctor;
use crate::envelope::data::{BindingData, System, Value};
use crate::envelope::failed::Failed;
use crate::envelope::http_output::HttpOutput;
use crate::envelope::invocation_result::{self, InvocationResult, Refused, Verdict};
use crate::envelope::outputs::{self, OutputBinding, Outputs};
use crate::envelope::request;
use crate::handler::{Handler, own_headers};
use crate::host::execution::Execution;
use crate::log::Level;
use dotnet_text::date::DateTime;

pub async fn attempt(
    execution: &Execution<'_>,
    trigger: &mut Trigger,
    retry_context: Option<Value>,
) -> Result<HttpOutput, Failed> {
    let running = execution.running;
    // Of an earlier attempt these are replaced.
    let data = &mut trigger.binding_data;
    data.set_system(&System {
        method_name: execution.function.name.clone(),
        utc_now: DateTime::now(),
        rand_guid: Uuid::new_v4().to_string(),
    });
    if let Some(context) = retry_context {
        data.set("RetryContext", context);
    }
    let Some(handler) = &running.handler else {
        return Err(failed(execution, Diagnostic::of_whole("the app has no handler"), None, false));
    };
    let inputs = match input::read(&running.bindings, execution.function, data).await {
        Ok(inputs) => inputs,
        Err(failure) => return Err(failed(execution, failure, None, false)),
    };
    let is_ready = wait_ready(handler, execution).await;
    let trip = RoundTrip::new(execution, request::envelope(trigger.data.iter().chain(&inputs), data));
    let asking = pin!(ask(handler, execution, &trip));
    let asked = within_timeout(handler, execution, asking).await;
    let outcome = match asked {
        Outcome::Completed(result) => complete(execution, result, data).await,
        Outcome::Failed(failure) => Err(failure),
        Outcome::TimedOut => {
            let failure = Diagnostic::of_whole("`functionTimeout` has expired");
            return Err(Failed { invocation: execution.id, failure, status: None, is_stopping: !is_ready });
        }
    };
    match outcome {
        Ok(output) => {
            execution.succeeded();
            Ok(output)
        }
        Err(failure) => Err(failed(execution, failure, Some(&trip), !is_ready)),
    }
}

/// Sends the envelope and judges the response. One that the real host would never complete is never completed.
async fn ask(handler: &Handler, execution: &Execution<'_>, trip: &RoundTrip) -> Result<InvocationResult, Diagnostic> {
    let Response { head, body } = send(handler, execution, trip).await?;
    let body: Bytes = if let [piece] = body.as_slice() { piece.clone() } else { body.concat().into() };
    trip.received(&head, &body);
    execution.exchange.response(&head);
    execution.exchange.received(&body);
    let content_type = head.headers.get(Name::ContentType);
    let verdict = invocation_result::judge(head.status, content_type, &body).map_err(|Refused { rule, reason }| {
        execution.exchange.breaks(rule);
        let is_plain = invocation_result::is_plain_http(head.status, content_type, &body);
        match is_plain.then(|| forwarding_hint(execution)).flatten() {
            Some(hint) => reason.hint(hint),
            None => reason,
        }
    });
    match verdict? {
        Verdict::Completes(result) => Ok(result),
        Verdict::NeverCompletes => {
            let text = format!(
                "The handler's answer is empty: status {}, no JSON object. The Functions host never completes such an \
                 invocation: the caller waits until `functionTimeout`, then the handler is killed",
                head.status
            );
            let hint = "answer with 200, {\"Outputs\":{},\"Logs\":[],\"ReturnValue\":null} and `Content-Type: application/json`";
            execution.note(Level::Warning, Diagnostic::of_whole(text).hint(hint));
            std::future::pending().await
        }
    }
}

async fn send(handler: &Handler, execution: &Execution<'_>, trip: &RoundTrip) -> Result<Response, Diagnostic> {
    /// Under Core Tools the body is buffered for tracing, so its length is known (protocol.md#envelope-request).
    const CORE_TOOLS: &str = "FUNCTIONS_CORETOOLS_ENVIRONMENT";

    let running = execution.running;
    let length_is_known = execution.host.settings.get_filled(CORE_TOOLS).is_some();
    let request = post(handler, execution, trip, length_is_known);
    execution.exchange.request(HttpMode::Default, &request);
    execution.exchange.sent(&trip.envelope);
    let body = || {
        let envelope = trip.envelope.clone();
        if length_is_known { Body::Whole(envelope) } else { Body::Chunk(envelope) }
    };
    let follows_redirects = running.app.options.custom_handler.as_ref().is_none_or(CustomHandler::follows_redirects);
    let response = if follows_redirects {
        handler.client.call_following_redirects(request, body).await
    } else {
        handler.client.call(&request, body()).await
    };
    match noticed(handler, response).await {
        // The real host goes on waiting for the final response (recording RX-status-199).
        Err(client::Error::OnlyInterim) => {
            let text = "The handler answered with an interim status (1xx) and no final one. The Functions host waits for it until \
                        `functionTimeout`";
            execution.note(Level::Warning, Diagnostic::of_whole(text).hint("answer with 200"));
            std::future::pending().await
        }
        response => response.map_err(Diagnostic::from),
    }
}

/// What to do if a handler seems to have expected the caller's own request. `None` if no setting of host.json would help.
fn forwarding_hint(execution: &Execution<'_>) -> Option<String> {
    let Execution { function, running, .. } = execution;
    let handler = running.app.options.custom_handler.as_ref();
    let is_passing_on = handler.is_some_and(|options| options.proxying || options.forwarding);
    let key = if handler.is_some_and(|options| options.proxying) {
        "enableProxyingHttpRequest"
    } else {
        "enableForwardingHttpRequest"
    };
    let sent = format!("the host sends `POST /{}` with an envelope", function.name);
    if function.is_pure_http() && !is_passing_on {
        return Some(format!(
            "{sent}, to be answered with JSON. To get the caller's own request, as it is, set `enableProxyingHttpRequest` to true \
             in host.json, in `customHandler`"
        ));
    }
    function.http.as_ref().filter(|_| is_passing_on)?;
    let others = function
        .bindings
        .iter()
        .filter(|binding| binding.kind != BindingKind::HttpTrigger && binding.kind != BindingKind::Http);
    let others: Vec<String> = others.map(|binding| format!("`{}`", binding.name)).collect();
    let why = if others.is_empty() {
        "it has no output of type `http`".to_owned()
    } else {
        format!("it has also {}", others.join(", "))
    };
    Some(format!("{sent}: `{key}` is for functions with an HTTP trigger and an HTTP output alone, and {why}"))
}

/// Logs what the handler says, and writes the values of the output bindings.
async fn complete(
    execution: &Execution<'_>,
    result: InvocationResult,
    data: &BindingData,
) -> Result<HttpOutput, Diagnostic> {
    for line in &result.logs {
        execution.user_log(line);
    }
    let running = execution.running;
    let bindings: Vec<&Binding> = execution.function.outputs().collect();
    let kinds: Vec<OutputBinding<'_>> = bindings
        .iter()
        .map(|binding| OutputBinding {
            name: &binding.name,
            kind: &binding.type_name,
            binary: binding.data_type == Some(DataType::Binary),
        })
        .collect();
    let is_compatible = execution.host.settings.is_on("FUNCTIONS_V2_COMPATIBILITY_MODE");
    for warning in doctor::invocation_result::warnings(&result, &kinds, is_compatible) {
        execution.note(Level::Warning, warning);
    }
    let converted = outputs::convert(result, &kinds, is_compatible);
    let Outputs { http, bindings: values } =
        converted.inspect_err(|_| execution.exchange.breaks(Rule::OutputValues))?;
    let values = values.into_iter().filter_map(|(index, value)| Some((*bindings.get(index)?, value))).collect();
    let written = output::write(&running.bindings, values, data, execution.id).await?;
    if execution.host.log.is_recording() {
        let encoding = running.bindings.encoding;
        execution.wrote(written.iter().flat_map(|written| written.outputs(encoding)).collect());
    }
    Ok(http)
}

/// The request of default mode (protocol.md#envelope-request).
fn post(handler: &Handler, execution: &Execution<'_>, trip: &RoundTrip, length_is_known: bool) -> Request {
    let mut headers = Headers::default();
    headers.push(Name::Host, handler.client.authority());
    headers.push(Name::ContentType, "application/json; charset=utf-8");
    if length_is_known {
        headers.push(Name::ContentLength, trip.envelope.len().to_string());
    } else {
        headers.push(Name::TransferEncoding, "chunked");
    }
    own_headers::append(&mut headers, execution.id);
    Request { method: "POST".into(), target: trip.target.clone(), headers }
}

fn failed(execution: &Execution<'_>, failure: Diagnostic, trip: Option<&RoundTrip>, is_stopping: bool) -> Failed {
    let shown = trip.map(|trip| format!("\n{trip}")).unwrap_or_default();
    execution.failed(format_args!("{failure}{shown}"));
    let status = trip.and_then(RoundTrip::status).filter(|status| !(200..300).contains(status));
    Failed { invocation: execution.id, failure, status, is_stopping }
}
