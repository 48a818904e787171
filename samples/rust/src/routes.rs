//! The routes, which say what function answers which path, and the HTTP functions.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Query, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{FutureExt, stream};
use serde_json::{Value, json};

use crate::functions;

/// The whole handler: `main.rs` gives it the host's port, a test calls it as it is.
pub fn router() -> Router {
    with_layers(
        Router::new()
            // Proxied: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api included, and the answer back piece by piece.
            .route("/api/hello", get(async || "Hello world"))
            .route("/api/SimpleHttpTrigger", get(simple_http_trigger_get).post(simple_http_trigger_post))
            .route(
                "/api/SimpleHttpTriggerWithReturn",
                get(simple_http_trigger_with_return).post(simple_http_trigger_with_return),
            )
            .route("/api/HttpTriggerWithStreaming", get(http_trigger_with_streaming))
            // Default mode: the host posts {"Data", "Metadata"} to /<FunctionName> and expects {"Outputs", "Logs", "ReturnValue"} as application/json.
            .route("/HttpTriggerStringReturnValue", post(functions::http_trigger_string_return_value))
            .route("/HttpTriggerWithOutputs", post(functions::http_trigger_with_outputs))
            .route("/QueueTrigger", post(functions::queue_trigger))
            .route("/QueueTriggerWithOutputs", post(functions::queue_trigger_with_outputs))
            .route("/BlobTrigger", post(functions::blob_trigger))
            .route("/EventHubTrigger", post(functions::event_hub_trigger))
            .route("/TimerTrigger", post(functions::timer_trigger))
            // The host asks GET / until anything answers: any status means ready, even 404.
            .fallback(StatusCode::NOT_FOUND),
    )
}

/// What all routes have in common.
pub fn with_layers(routes: Router) -> Router {
    routes
        // The host has a limit of its own, far above the 2 MB that axum would allow.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(answer_panics))
}

/// A function that throws answers 500 once: the cause goes to the log, nothing of it to the caller.
///
/// Rust has written there, too, in which line of the code. That is all if the answer has begun: then hyper closes the connection.
async fn answer_panics(request: Request, next: Next) -> Response {
    let call = format!("{} {}", request.method(), request.uri().path());
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|cause| {
        let literal = cause.downcast_ref::<&str>().copied();
        let cause = literal.or(cause.downcast_ref().map(String::as_str)).unwrap_or("no text");
        eprintln!("{call} failed: {cause}");
        (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
    })
}

async fn simple_http_trigger_get(Query(query): Query<BTreeMap<String, String>>) -> String {
    let name = query.get("name").filter(|name| !name.is_empty());
    format!("Hello, {}!", name.map_or("world", String::as_str))
}

async fn simple_http_trigger_post(
    body: Result<Json<Value>, JsonRejection>,
) -> Result<String, (StatusCode, &'static str)> {
    let name = body.as_ref().ok().and_then(|body| body["name"].as_str()).filter(|name| !name.is_empty());
    let name = name.ok_or((StatusCode::BAD_REQUEST, r#"Expected a JSON body such as {"name":"Ada"}"#))?;
    Ok(format!("Hello, {name}!"))
}

async fn simple_http_trigger_with_return(
    method: Method,
    uri: Uri,
    Query(mut query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    // code carries the function key: never echo a key.
    query.retain(|name, _| !name.eq_ignore_ascii_case("code"));
    Json(json!({
        "method": method.as_str(),
        "path": uri.path(),
        "query": query,
        "bytes": body.len(),
        "invocationId": headers.get("x-azure-functions-invocationid").and_then(|id| id.to_str().ok()),
    }))
}

/// Sends server-sent events, each as soon as it is there.
async fn http_trigger_with_streaming(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let number = |name, missing| query.get(name).map_or(Some(missing), |value| value.parse::<u64>().ok());
    let (Some(count @ 1..=20), Some(pause_ms @ 0..=2000)) = (number("count", 3), number("pauseMs", 200)) else {
        let error = json!({ "error": "expected count from 1 to 20 and pauseMs from 0 to 2000" });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    };
    let events = stream::unfold(Progress { sent: 0, count }, move |mut progress| async move {
        if progress.sent == count {
            return None;
        }
        if progress.sent > 0 {
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
        progress.sent += 1;
        let event = Event::default().data(json!({ "piece": progress.sent }).to_string());
        Some((Ok::<_, Infallible>(event), progress))
    });
    Sse::new(events).into_response()
}

/// How far a stream of pieces has come.
struct Progress {
    sent: u64,
    count: u64,
}

impl Drop for Progress {
    /// When the caller goes away the host closes the connection: stop, nobody reads on.
    fn drop(&mut self) {
        if self.sent < self.count {
            println!("Stopped after {} pieces", self.sent);
        }
    }
}
