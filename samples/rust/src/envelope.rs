//! The envelope: how the host wraps what a function in default mode gets, and how it unwraps what a function gives.

use std::fmt::Display;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What a function in default mode gets.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    pub data: Map<String, Value>,
    pub metadata: Map<String, Value>,
}

/// What a function gives the host.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct InvocationResult {
    /// The value of each output binding; of queues and blobs it is [`output_bytes`].
    #[serde(skip_serializing_if = "Value::is_null")]
    pub outputs: Value,
    /// The host prints each line of Logs under the category Function.<Name>.User.
    pub logs: Vec<String>,
    pub return_value: Option<String>,
}

/// Why an invocation fails.
#[derive(Debug)]
pub enum Failure {
    /// The request is not what the host sends; the text says what was expected.
    BadEnvelope(String),
    /// A message that can never be handled.
    Unprocessable { attempt: u32 },
}

impl<S: Send + Sync> FromRequest<S> for Envelope {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        // The host sends the envelope chunked, without a Content-Length.
        let bad = |error: &dyn Display| {
            Failure::BadEnvelope(format!(r#"Expected a JSON body such as {{"Data":{{}},"Metadata":{{}}}}: {error}"#))
        };
        let body = Bytes::from_request(request, state).await.map_err(|error| bad(&error))?;
        serde_json::from_slice(&body).map_err(|error| bad(&error))
    }
}

impl Envelope {
    /// A member of Data that is meant as the object it is: an HTTP request, a timer.
    pub fn plain(&self, name: &str) -> Result<&Value, Failure> {
        let object = self.data.get(name).filter(|value| value.is_object());
        object.ok_or_else(|| Failure::BadEnvelope(format!("Expected `{name}` to be an object")))
    }

    /// The bytes of a blob.
    ///
    /// The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
    pub fn blob_bytes(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let text = self.data.get(name).and_then(Value::as_str);
        let bytes = text.and_then(|text| STANDARD.decode(text).ok());
        bytes.ok_or_else(|| Failure::BadEnvelope(format!("Expected `{name}` to be base64")))
    }

    /// Which attempt at a message this is.
    ///
    /// DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
    /// It is for the log alone: a message with a property of that name has put its own value there.
    pub fn attempt(&self) -> u32 {
        decode(&self.metadata, "DequeueCount").unwrap_or(0)
    }
}

/// The value of nearly every member of Data and Metadata; an `Option` is `None` for null.
///
/// A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
pub fn decode<T: DeserializeOwned>(members: &Map<String, Value>, name: &str) -> Result<T, Failure> {
    let text = members.get(name).and_then(Value::as_str).unwrap_or_default();
    serde_json::from_str(text)
        .map_err(|error| Failure::BadEnvelope(format!("Expected `{name}` to be JSON inside a JSON string: {error}")))
}

/// The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact bytes.
pub fn output_bytes(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The value of an http output with a JSON body.
pub fn json_output(status_code: u16, body: &Value) -> Value {
    // The body is a string: an object would arrive indented, as text/plain.
    json!({ "statusCode": status_code, "headers": { "content-type": "application/json" }, "body": body.to_string() })
}

impl IntoResponse for InvocationResult {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        // What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.
        match self {
            Self::BadEnvelope(expected) => {
                eprintln!("{expected}");
                (StatusCode::BAD_REQUEST, expected).into_response()
            }
            // A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all, then moves it to the poison queue.
            Self::Unprocessable { attempt } => {
                eprintln!("Cannot process, attempt {attempt}");
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
            }
        }
    }
}
