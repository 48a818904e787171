//! HTTP through the front door.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::judge::Response;
use crate::place::app::App;
use crate::sample::case::{Key, Request};

/// Long enough for a container that has just started on a busy machine.
const RESPONSE_LIMIT_SECONDS: u64 = 60;

/// What asks: one for all the cases of an app, so that connections are kept.
pub struct Client(reqwest::Client);

impl Client {
    /// A client that follows no redirects and waits no longer than [`RESPONSE_LIMIT_SECONDS`].
    pub fn new() -> Result<Client> {
        storage::prepare_tls();
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(RESPONSE_LIMIT_SECONDS))
            .no_proxy()
            .build()
            .map(Client)
            .context("cannot make an HTTP client")
    }

    pub async fn request(&self, app: &App, request: &Request) -> Result<Response> {
        let path = request.path.replace("{key}", &app.keys.function);
        let method = request.method.parse().with_context(|| format!("`{}` is not a method", request.method))?;
        let mut builder = self.0.request(method, format!("{}{path}", app.url));
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        builder = match request.key {
            Key::None => builder,
            Key::Wrong => builder.header("x-functions-key", "not-a-key"),
            Key::Function => builder.header("x-functions-key", &app.keys.function),
            Key::Master => builder.header("x-functions-key", &app.keys.master),
        };
        if let Some(body) = request.body() {
            builder = builder.body(body);
        }
        send(builder, &format!("`{} {}`", request.method, request.path)).await
    }

    /// Invokes a function through the admin route (protocol.md#admin-endpoints).
    pub async fn invoke(&self, app: &App, function: &str, input: &str) -> Result<Response> {
        let path = format!("/admin/functions/{function}");
        let body = serde_json::json!({ "input": input }).to_string();
        let builder = self
            .0
            .post(format!("{}{path}", app.url))
            .header("x-functions-key", &app.keys.master)
            .header("content-type", "application/json")
            .body(body);
        send(builder, &format!("`POST {path}`")).await
    }
}

async fn send(builder: reqwest::RequestBuilder, what: &str) -> Result<Response> {
    let sent = Instant::now();
    let mut response = builder.send().await.with_context(|| format!("no response to {what}"))?;
    let status = response.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let (mut body, mut pieces) = (Vec::new(), Vec::new());
    while let Some(piece) = response.chunk().await.with_context(|| format!("the response to {what} broke off"))? {
        body.extend_from_slice(&piece);
        pieces.push(sent.elapsed());
    }
    Ok(Response { status, headers, body, pieces })
}
