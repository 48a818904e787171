//! The envelope: how the host wraps what a function gets, and how it unwraps what a function gives.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::http::json_text;

/// What a function in default mode gets.
pub struct Envelope<'a> {
    pub data: Members<'a>,
    pub metadata: Members<'a>,
}

/// The members of a JSON object, each still as it was written; of a name given twice the last.
pub struct Members<'a>(BTreeMap<String, &'a RawValue>);

/// What a function gives the host.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer {
    pub outputs: BTreeMap<&'static str, Output>,
    /// The host prints each line of Logs under the category Function.<Name>.User.
    pub logs: Vec<String>,
    pub return_value: Option<OutputBytes>,
}

/// The value of one output binding.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    Http(HttpOutput),
    Bytes(OutputBytes),
    /// The elements of an array output are not decoded: plain text, one message each.
    Messages(Vec<String>),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpOutput {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, &'static str>,
    /// The body is a string: an object would arrive indented, as text/plain.
    pub body: String,
}

/// Bytes for a queue or a blob.
#[derive(Debug, PartialEq, Serialize)]
pub struct OutputBytes(String);

/// Why an invocation fails.
#[derive(Debug, PartialEq)]
pub enum Failure {
    /// The request is not what the host sends; the text says what was expected.
    BadEnvelope(String),
    /// A message that no attempt will get done.
    Unprocessable { attempt: u32 },
}

impl<'a> Envelope<'a> {
    /// Reads {Data, Metadata}, both objects, from a request's body.
    pub fn read(body: &'a [u8]) -> Result<Self, Failure> {
        let sections = || {
            let envelope = Members::parse(std::str::from_utf8(body).ok()?)?;
            Some(Self { data: envelope.object("Data").ok()?, metadata: envelope.object("Metadata").ok()? })
        };
        sections().ok_or_else(|| bad(r#"Expected a JSON body such as {"Data":{},"Metadata":{}}"#))
    }

    /// Which attempt at a message this is.
    ///
    /// DequeueCount counts the attempts from 1; an invocation through the admin route has 0.
    pub fn attempt(&self) -> Result<u32, Failure> {
        match self.metadata.0.get("DequeueCount") {
            None => Ok(0),
            Some(_) => self.metadata.decode("DequeueCount", "a number"),
        }
    }
}

impl<'a> Members<'a> {
    /// The members of an object, or nothing where the text is not JSON or no object.
    pub fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self)
    }

    /// A member as it was written.
    pub fn written(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|value| value.get())
    }

    /// A member whose value is meant as it stands.
    pub fn plain<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.written(name)?).ok()
    }

    /// A member that is an object itself: an HTTP request, a timer.
    pub fn object(&self, name: &str) -> Result<Self, Failure> {
        self.written(name).and_then(Self::parse).ok_or_else(|| bad(format!("Expected `{name}` to be an object")))
    }

    /// The value of one member of Data or Metadata.
    ///
    /// A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.
    pub fn decode<T: DeserializeOwned>(&self, name: &str, what: &str) -> Result<T, Failure> {
        self.plain(name)
            .and_then(|text: String| serde_json::from_str(&text).ok())
            .ok_or_else(|| bad(format!("Expected `{name}` to be {what}, as JSON inside a JSON string")))
    }

    /// The bytes of a blob trigger.
    ///
    /// The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.
    pub fn blob_bytes(&self, name: &str) -> Result<Vec<u8>, Failure> {
        self.plain(name)
            .and_then(|text: String| STANDARD.decode(text).ok())
            .ok_or_else(|| bad(format!("Expected `{name}` to be base64")))
    }
}

impl HttpOutput {
    /// An HTTP output with a JSON body.
    pub fn json(status_code: u16, body: &impl Serialize) -> Self {
        Self { status_code, headers: BTreeMap::from([("content-type", "application/json")]), body: json_text(body) }
    }
}

impl OutputBytes {
    /// The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(STANDARD.encode(bytes))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadEnvelope(expected) => f.write_str(expected),
            Self::Unprocessable { attempt } => write!(f, "Cannot process, attempt {attempt}"),
        }
    }
}

impl std::error::Error for Failure {}

/// A [`Failure::BadEnvelope`] that says what was expected.
pub fn bad(expected: impl Into<String>) -> Failure {
    Failure::BadEnvelope(expected.into())
}
