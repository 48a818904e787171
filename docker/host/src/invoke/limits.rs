//! How long an invocation waits: for the handler to be ready, and for its response.

use std::fmt::Display;
use std::pin::Pin;
use std::time::Duration;

use crate::app::{Diagnostic, Rule};
use crate::handler::{Handler, Readiness};
use crate::host::execution::Execution;
use crate::log::DISPATCHER;
use dotnet_text::time_span;
use wire::client::{self, Response};

/// How long an invocation that has taken too long may still be answered before its handler is killed (protocol.md#function-timeout).
const TIMEOUT_GRACE_SECONDS: u64 = 2;

/// What became of a call to the handler.
#[derive(Debug)]
pub enum Outcome<T, E> {
    Completed(T),
    /// The response does not count, or there is none.
    Failed(E),
    /// There was no response within `functionTimeout`; the log says so already.
    TimedOut,
}

/// Waits until the handler is ready. If it is not in time the host begins to stop, and the invocation is tried all the same
/// (protocol.md#early-requests). Whether it is ready. A host that is to stop does not wait for what cannot be started.
pub async fn wait_ready(handler: &Handler, execution: &Execution<'_>) -> bool {
    let given_up_at_stop = async {
        execution.host.stop_requested().await;
        // The sender lives as long as the handler.
        _ = handler.readiness().wait_for(|state| *state == Readiness::Unstartable).await;
    };
    let is_ready = tokio::select! {
        biased;
        is_ready = handler.wait_ready() => is_ready,
        () = given_up_at_stop => false,
    };
    if !is_ready {
        let name = &execution.function.name;
        let text = if handler.is_given_up() {
            format!(
                "Function `{name}` is called although the handler has failed three times; the host is shutting down"
            )
        } else {
            format!(
                "Final functionDispatcher state: Initializing. Initialization timed out and host is shutting down\n\
                 Function `{name}` waited for a handler that was never ready"
            )
        };
        execution.host.log.error(DISPATCHER, text);
        execution.host.request_stop_soon();
    }
    is_ready
}

/// The outcome of a call; when there is no response, as soon as it is known whether the process has ended, so that the next
/// invocation waits for its successor.
pub async fn noticed(handler: &Handler, result: Result<Response, client::Error>) -> Result<Response, client::Error> {
    if result.is_err() {
        handler.notice_end().await;
    }
    result
}

/// Runs a call to the handler for at most `functionTimeout`. When that expires the invocation has failed; two seconds later, if
/// there is still no response, the handler is killed and started anew (protocol.md#function-timeout).
pub async fn within_timeout<T, E: Display>(
    handler: &Handler,
    execution: &Execution<'_>,
    mut call: Pin<&mut impl Future<Output = Result<T, E>>>,
) -> Outcome<T, E> {
    let result = match execution.running.app.options.function_timeout {
        None => call.await,
        Some(limit) => match tokio::time::timeout(limit, call.as_mut()).await {
            Ok(result) => result,
            Err(_) => {
                let text = format!(
                    "Microsoft.Azure.WebJobs.Host.FunctionTimeoutException: Timeout value of {} was exceeded by function: \
                     Functions.{}",
                    time_span::text(limit),
                    execution.function.name
                );
                execution.exchange.breaks(Rule::FunctionTimeout);
                execution.failed(Diagnostic::of_whole(text).hint("`functionTimeout` in host.json"));
                if tokio::time::timeout(Duration::from_secs(TIMEOUT_GRACE_SECONDS), call).await.is_err() {
                    handler.restart();
                    handler.notice_start().await;
                }
                return Outcome::TimedOut;
            }
        },
    };
    result.map_or_else(Outcome::Failed, Outcome::Completed)
}
