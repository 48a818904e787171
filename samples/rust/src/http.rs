//! Requests and replies of plain HTTP.

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};

/// A request with its body read.
pub type Request = axum::http::Request<Bytes>;

/// The reply to a plain request.
#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: StatusCode,
    pub content_type: &'static str,
    pub body: String,
}

impl Reply {
    pub fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    /// 200 with this value as compact JSON.
    pub fn json(value: &impl Serialize) -> Self {
        Self { status: StatusCode::OK, content_type: "application/json", body: json_text(value) }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        (self.status, [(header::CONTENT_TYPE, self.content_type)], self.body).into_response()
    }
}

/// Compact JSON.
pub fn json_text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, numbers and maps with string keys have a form in JSON")
}

/// A request's query in its own order.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Joins repeated names by a comma, as the host does it. `+` is a blank, and an escape that is none stays as it is written.
    pub fn of(request: &Request) -> Self {
        let mut joined: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
            match joined.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => *values = format!("{values},{value}"),
                None => joined.push((name.into_owned(), value.into_owned())),
            }
        }
        Self(joined)
    }

    /// The value of the parameter with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The query without the parameters of this name, in any letter case.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }
}

/// An object with the members in the query's order.
impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
