//! Requests to admin endpoints, and the responses to them.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use dotnet_text::encoding;
use dotnet_text::json::{self, Reader};
use dotnet_text::letter_case::is_one_of;
use dotnet_text::media_type::MediaType;
use serde_json::Value;
use wire::Response;
use wire::headers::is_sound;

use crate::app::Diagnostic;
use crate::host::Host;
use crate::log;

#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The path, percent escapes undone, dots resolved.
    pub path: &'a str,
    pub host: &'a str,
    pub content_type: Option<&'a str>,
    pub query: &'a [(String, Vec<String>)],
    pub body: &'a [u8],
}

/// Why an endpoint has no response of its own. The caller gets the status and no body.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no such function")]
    NoFunction,
    #[error("the content type of the body is not one of JSON, or its charset is none that is read")]
    MediaType,
    #[error("the host is not running")]
    NotRunning,
    /// A damaged key file, say (recording JX-bad-host).
    #[error(transparent)]
    Keys(#[from] Diagnostic),
    #[error("cannot {action} `{}`: {error}", path.display())]
    File { action: &'static str, path: PathBuf, error: io::Error },
}

impl Error {
    const fn status(&self) -> u16 {
        match self {
            Self::NoFunction => 404,
            Self::MediaType => 415,
            Self::NotRunning => 503,
            Self::Keys(_) | Self::File { .. } => 500,
        }
    }

    /// The response to the caller; the log has what a person must fix.
    pub(super) fn into_response(self, host: &Host) -> Response {
        if self.status() == 500 {
            host.log.error(log::HOST, &self);
        }
        Response::empty(self.status())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Anyone,
    Master,
    /// As `Master`, but without a challenge, and closed to all others alike (recording JX-front-misc).
    MasterUnchallenged,
    /// The system key of an extension.
    Webhook,
}

/// Answers a request of a caller who may use the endpoint.
pub(super) type Endpoint = fn(&Arc<Host>, &Request<'_>) -> Result<Response, Error>;

pub(super) fn of_json(status: u16, value: &Value) -> Response {
    Response::of(status, "application/json; charset=utf-8", value.to_string())
}

/// Plain text as a response, which the real host sends in chunks.
pub(super) fn of_text(status: u16, text: &str) -> Response {
    Response::of(status, "text/plain; charset=utf-8", text.to_owned()).chunked()
}

/// The response with a header line more, unless no line may have this value.
pub(super) fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    if is_sound(name, value) {
        response.headers.push(name, value);
    }
    response
}

impl<'a> Request<'a> {
    /// A segment of the path as it was sent, from 0; empty if the path ends before.
    pub(super) fn segment(&self, index: usize) -> &'a str {
        segment(self.path, index)
    }

    /// What stands before the path in a link to this host.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.host)
    }

    /// This URL, decoded and without its query.
    pub(super) fn link(&self) -> String {
        format!("{}{}", self.base(), self.path)
    }

    /// The response to a request that has made what its URL names.
    pub(super) fn created(&self, value: &Value) -> Response {
        with(of_json(201, value), "Location", &self.link())
    }

    /// The body as JSON; `None` if it is not JSON.
    pub(super) fn json(&self) -> Result<Option<Value>, Error> {
        self.read(|reader| Ok(if reader.is_empty()? { Value::Null } else { reader.value()?.into() }))
    }

    /// The body as one text; `None` if it is none.
    pub(super) fn text(&self) -> Result<Option<String>, Error> {
        Ok(self.read(|reader| reader.text())?.flatten())
    }

    /// The texts that the members of these names have, which the real host binds to a model of texts: the names ignore case, of
    /// several the last one counts. `None` if the body is not an object, one of them not a text, or one of `booleans` none.
    pub(super) fn texts<const N: usize>(
        &self,
        names: [&str; N],
        booleans: &[&str],
    ) -> Result<Option<[Option<String>; N]>, Error> {
        let read = self.read(|reader| {
            let mut texts = [const { None }; N];
            if !reader.at_object()? {
                return Ok(None);
            }
            reader.object(|name, reader| {
                match names.iter().position(|known| known.eq_ignore_ascii_case(&name)) {
                    Some(index) => texts[index] = reader.text()?,
                    None if is_one_of(&name, booleans) => _ = reader.boolean()?,
                    None => reader.skip()?,
                }
                Ok(())
            })?;
            Ok(Some(texts))
        })?;
        Ok(read.flatten())
    }

    /// What stands at the beginning of the body: the real host's formatter (`NewtonsoftJsonInputFormatter`) does not look at what
    /// follows the value.
    fn read<T>(&self, read: impl FnOnce(&mut Reader<'_>) -> Result<T, json::Error>) -> Result<Option<T>, Error> {
        let content_type = self.content_type.map(MediaType::split).filter(is_json).ok_or(Error::MediaType)?;
        let charset = content_type.parameter("charset").unwrap_or_default().trim_matches('"').to_ascii_lowercase();
        let text = match charset.as_str() {
            "" | "utf-8" => std::str::from_utf8(self.body).ok().map(Cow::from),
            "utf-16" => Some(encoding::decode(&[UTF_16_MARK, self.body].concat()).into_owned().into()),
            _ => return Err(Error::MediaType),
        };
        Ok(text.and_then(|text| read(&mut Reader::new(&text, BODY_MAX_DEPTH).without_dates()).ok()))
    }
}

/// The limit of ASP.NET's formatter (`JsonSerializerSettingsProvider`).
const BODY_MAX_DEPTH: usize = 32;

const UTF_16_MARK: &[u8] = &[0xFF, 0xFE];

pub(super) fn segment(path: &str, index: usize) -> &str {
    path.split('/').nth(index + 1).unwrap_or_default()
}

fn is_json(content_type: &MediaType<'_>) -> bool {
    let essence = content_type.essence.to_ascii_lowercase();
    matches!(essence.as_str(), "application/json" | "text/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The first value of a parameter of a query, ignoring case.
pub(super) fn parameter<'a>(query: &'a [(String, Vec<String>)], name: &str) -> Option<&'a str> {
    let (_, values) = query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    values.first().map(String::as_str)
}

/// A member of an object by its name ignoring case.
pub(super) fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
