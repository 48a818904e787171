//! The routes: which function answers which path, and what becomes of a request nobody can answer.

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};

use crate::envelope::{Answer, Envelope, Failure};
use crate::functions;
use crate::http::{Reply, Request};

/// The whole handler: `main.rs` gives it the host's port, a test calls it as it is.
pub fn router() -> Router {
    Router::new()
        // Forwarded: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api included.
        .route("/api/hello", answer(&["GET", "HEAD"], functions::hello))
        .route("/api/SimpleHttpTrigger", answer(&["GET", "POST"], functions::simple_http_trigger))
        .route("/api/SimpleHttpTriggerWithReturn", answer(&["GET", "POST"], functions::simple_http_trigger_with_return))
        // Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects {"Outputs", "Logs", "ReturnValue"} as application/json.
        .route("/HttpTriggerStringReturnValue", invoked(functions::http_trigger_string_return_value))
        .route("/HttpTriggerWithOutputs", invoked(functions::http_trigger_with_outputs))
        .route("/QueueTrigger", invoked(functions::queue_trigger))
        .route("/QueueTriggerWithOutputs", invoked(functions::queue_trigger_with_outputs))
        .route("/BlobTrigger", invoked(functions::blob_trigger))
        .route("/EventHubTrigger", invoked(functions::event_hub_trigger))
        .route("/TimerTrigger", invoked(functions::timer_trigger))
        // The host asks GET / until anything answers: any status means ready, even 404.
        .fallback(async || Reply::text(StatusCode::NOT_FOUND, "Not found"))
        // The host sends the envelope chunked, without a Content-Length.
        // It has a limit of its own, far above the 2 MB that axum would allow.
        .layer(DefaultBodyLimit::disable())
}

/// Serves a function of requests, for these methods.
fn answer(
    methods: &'static [&'static str],
    function: impl Fn(&Request) -> Reply + Clone + Send + Sync + 'static,
) -> MethodRouter {
    any(async move |parts: Parts, body: Bytes| {
        let request = Request::from_parts(parts, body);
        if methods.contains(&request.method().as_str()) {
            function(&request).into_response()
        } else {
            refuse_method(methods)
        }
    })
}

/// Serves a function in default mode.
fn invoked(function: fn(&Envelope) -> Result<Answer, Failure>) -> MethodRouter {
    answer(&["POST"], move |request| {
        let answer = Envelope::read(request.body()).and_then(|envelope| function(&envelope));
        answer.map_or_else(|failure| refusal(&failure), |answer| Reply::json(&answer))
    })
}

fn refuse_method(methods: &[&str]) -> Response {
    let names: Vec<&str> = methods.iter().copied().filter(|method| *method != "HEAD").collect();
    let reply = Reply::text(StatusCode::METHOD_NOT_ALLOWED, format!("Use {}", names.join(" or ")));
    ([(header::ALLOW, methods.join(", "))], reply).into_response()
}

/// The reply to an invocation that failed.
fn refusal(failure: &Failure) -> Reply {
    // What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.
    eprintln!("{failure}");
    let status = match failure {
        Failure::BadEnvelope(_) => StatusCode::BAD_REQUEST,
        // A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all, then moves it to the poison queue.
        Failure::Unprocessable { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Reply::text(status, failure.to_string())
}
