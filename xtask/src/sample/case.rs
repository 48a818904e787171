//! A case of the contract: one stimulus and one expectation.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use base64::Engine as _;
use derive_more::Display;
use serde::Deserialize;

use super::plain;

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Case {
    /// Reads as a sentence whose subject is the function.
    pub name: String,
    /// Blobs that must exist first.
    pub given: Vec<Blob>,
    pub stimulus: Stimulus,
    pub expect: Expect,
}

/// What sets a function going.
#[derive(Clone, Debug)]
pub enum Stimulus {
    Request(Request),
    Message(Message),
    Blob(Blob),
    Invoke(Invoke),
}

/// An HTTP request, with one body at most.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    /// Path and query; `{key}` is the function key.
    pub path: String,
    /// Header lines beside those the client adds.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// What is in `x-functions-key`.
    #[serde(default)]
    pub key: Key,
    body: Option<String>,
    /// Sent compact, with its content type.
    json: Option<serde_json::Value>,
    base64: Option<Bytes>,
    /// How often it is sent, one after the other; each response is compared.
    #[serde(default = "once")]
    pub times: NonZeroUsize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    #[default]
    None,
    /// One that opens nothing.
    Wrong,
    Function,
    Master,
}

/// Messages put on a queue, as texts; on the wire they are base64.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub queue: String,
    /// `{1..100}` makes one of each number.
    texts: Vec<String>,
    /// How often each text is repeated within its message.
    #[serde(default = "once")]
    repeat: NonZeroUsize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WrittenBlob")]
pub struct Blob {
    pub path: BlobPath,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Bytes(Vec<u8>),
    /// So many random bytes.
    Noise(usize),
}

/// `container/name`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Display, Deserialize)]
#[display("{container}/{name}")]
#[serde(try_from = "String")]
pub struct BlobPath {
    pub container: String,
    pub name: String,
}

/// Bytes that the file has in base64.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Bytes(pub Vec<u8>);

/// An invocation through the admin route, with the master key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoke {
    /// In place of the trigger's data.
    pub input: String,
}

/// What must come of a stimulus. What is not named is not looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub status: Option<u16>,
    /// Exact values; names ignoring case. Lines of one name count as one value, joined by a comma and a space.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The exact body.
    pub body: Option<String>,
    /// The body, equal as JSON.
    pub json: Option<serde_json::Value>,
    /// In which way the body must arrive; `None` if any will do.
    pub arrives: Option<Arrives>,
    /// Every message on a queue afterwards, as texts, in any order.
    #[serde(default)]
    pub queue: BTreeMap<String, Vec<String>>,
    /// Blobs afterwards.
    #[serde(default)]
    pub blob: BTreeMap<BlobPath, BlobExpect>,
    /// Each must occur in a line the host printed since the case began.
    #[serde(default)]
    pub log: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Arrives {
    /// The first piece is there long before the last is sent.
    #[serde(rename = "piece by piece")]
    PieceByPiece,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlobExpect {
    Text(String),
    Base64(Bytes),
    /// The bytes of the blob that was the stimulus; never `false`.
    Sent(bool),
}

impl Case {
    /// Whether storage takes part, as stimulus or as effect.
    pub fn needs_storage(&self) -> bool {
        matches!(self.stimulus, Stimulus::Message(_) | Stimulus::Blob(_))
            || !self.given.is_empty()
            || !self.expect.queue.is_empty()
            || !self.expect.blob.is_empty()
    }

    pub fn queues(&self) -> impl Iterator<Item = &str> {
        let sent = if let Stimulus::Message(message) = &self.stimulus { Some(&message.queue) } else { None };
        sent.into_iter().chain(self.expect.queue.keys()).map(String::as_str)
    }

    /// The containers of the blobs that it names.
    pub fn containers(&self) -> impl Iterator<Item = &str> {
        let sent = if let Stimulus::Blob(blob) = &self.stimulus { Some(&blob.path) } else { None };
        let paths = sent.into_iter().chain(self.given.iter().map(|blob| &blob.path)).chain(self.expect.blob.keys());
        paths.map(|path| path.container.as_str())
    }
}

impl Request {
    /// Header lines, with the content type of JSON unless another is named.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_named = self.headers.contains_key("content-type");
        let of_json = self.json.iter().filter(move |_| !is_named).map(|_| ("content-type", "application/json"));
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(of_json)
    }

    pub fn body(&self) -> Option<Vec<u8>> {
        let body = self.body.as_ref().map(|text| text.clone().into_bytes());
        let json = || self.json.as_ref().map(|json| json.to_string().into_bytes());
        body.or_else(json).or_else(|| self.base64.as_ref().map(|bytes| bytes.0.clone()))
    }

    fn bodies(&self) -> usize {
        usize::from(self.body.is_some()) + usize::from(self.json.is_some()) + usize::from(self.base64.is_some())
    }
}

impl Message {
    /// The texts to send, with ranges and repeats written out.
    pub fn texts(&self) -> Vec<String> {
        expand(&self.texts).into_iter().map(|text| text.repeat(self.repeat.get())).collect()
    }
}

impl Blob {
    /// The bytes to upload; noise is new at each call.
    pub fn content(&self) -> Vec<u8> {
        match &self.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Noise(count) => {
                let mut noise = vec![0; *count];
                // Of what makes random bytes here the one that is quick in a driver that is not optimised.
                blake3::Hasher::new().update(&rand::random::<[u8; 32]>()).finalize_xof().fill(&mut noise);
                noise
            }
        }
    }
}

impl TryFrom<String> for BlobPath {
    type Error = String;

    fn try_from(path: String) -> Result<BlobPath, String> {
        let (container, name) = path
            .split_once('/')
            .ok_or_else(|| format!("`{path}` is not the path of a blob\nhint: write `container/name`"))?;
        Ok(BlobPath { container: container.to_owned(), name: name.to_owned() })
    }
}

/// Writes ranges out: `message {1..3}` becomes three texts. A text without a range stays as it is.
pub fn expand(texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| expand_one(text).unwrap_or_else(|| vec![text.clone()])).collect()
}

fn expand_one(text: &str) -> Option<Vec<String>> {
    let (before, rest) = text.split_once('{')?;
    let (range, after) = rest.split_once('}')?;
    let (first, last) = range.split_once("..")?;
    let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
    Some((first..=last).map(|number| format!("{before}{number}{after}")).collect())
}

/// A case as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "plain::line")]
    name: String,
    #[serde(default)]
    given: Vec<Blob>,
    request: Option<Request>,
    message: Option<Message>,
    blob: Option<Blob>,
    invoke: Option<Invoke>,
    expect: Expect,
}

impl TryFrom<Written> for Case {
    type Error = String;

    fn try_from(written: Written) -> Result<Case, String> {
        let Written { name, given, request, message, blob, invoke, expect } = written;
        let stimuli = [
            request.map(Stimulus::Request),
            message.map(Stimulus::Message),
            blob.map(Stimulus::Blob),
            invoke.map(Stimulus::Invoke),
        ];
        let mut stimuli = stimuli.into_iter().flatten();
        let one = "one of `request`, `message`, `blob` or `invoke`";
        let stimulus = match (stimuli.next(), stimuli.next()) {
            (Some(stimulus), None) => stimulus,
            (None, _) => return Err(format!("case `{name}`: no stimulus\nhint: give {one}")),
            _ => return Err(format!("case `{name}`: more than one stimulus\nhint: keep {one}")),
        };
        match contradiction(&stimulus, &expect) {
            Some(contradiction) => Err(format!("case `{name}`: {contradiction}")),
            None => Ok(Case { name, given, stimulus, expect }),
        }
    }
}

fn contradiction(stimulus: &Stimulus, expect: &Expect) -> Option<&'static str> {
    let over_http = matches!(stimulus, Stimulus::Request(_) | Stimulus::Invoke(_));
    let of_body = expect.body.is_some() || expect.json.is_some() || expect.arrives.is_some();
    let response_expected = expect.status.is_some() || of_body || !expect.headers.is_empty();
    let anything_expected =
        response_expected || !expect.queue.is_empty() || !expect.blob.is_empty() || !expect.log.is_empty();
    let bodies = if let Stimulus::Request(request) = stimulus { request.bodies() } else { 0 };
    match () {
        () if bodies > 1 => Some("more than one body\nhint: keep one of `body`, `json` or `base64`"),
        () if expect.blob.values().any(|blob| *blob == BlobExpect::Sent(false)) => {
            Some("`sent` is `true`, or left out")
        }
        () if response_expected && !over_http => Some("a message or a blob has no HTTP response to compare"),
        () if !anything_expected => Some("nothing is expected, so the case could not fail"),
        () if expect.body.is_some() && expect.json.is_some() => Some("`body` and `json` are both expected"),
        () => None,
    }
}

fn once() -> NonZeroUsize {
    NonZeroUsize::MIN
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBlob {
    path: BlobPath,
    text: Option<String>,
    base64: Option<Bytes>,
    random_bytes: Option<usize>,
}

impl TryFrom<WrittenBlob> for Blob {
    type Error = String;

    fn try_from(WrittenBlob { path, text, base64, random_bytes }: WrittenBlob) -> Result<Blob, String> {
        let content = match (text, base64, random_bytes) {
            (Some(text), None, None) => Content::Bytes(text.into_bytes()),
            (None, Some(Bytes(bytes)), None) => Content::Bytes(bytes),
            (None, None, Some(count)) => Content::Noise(count),
            _ => return Err(format!("blob `{path}` needs one of `text`, `base64` or `random_bytes`")),
        };
        Ok(Blob { path, content })
    }
}

impl TryFrom<String> for Bytes {
    type Error = String;

    fn try_from(text: String) -> Result<Bytes, String> {
        let bytes = base64::engine::general_purpose::STANDARD.decode(&text);
        bytes.map(Bytes).map_err(|error| format!("`{text}` is not base64: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_out() {
        let texts = ["a {1..3}!".to_owned(), "{}".to_owned(), r#"{"a":1}"#.to_owned()];
        assert_eq!(expand(&texts), ["a 1!", "a 2!", "a 3!", "{}", r#"{"a":1}"#]);
    }
}
