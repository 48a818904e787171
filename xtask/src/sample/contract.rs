//! The contract: what every function must do, in any language (`samples/contract.toml`).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use serde::Deserialize;

/// The whole contract.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The functions, in the order of the file.
    pub function: Vec<Function>,
}

/// What one function must do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The function's folder in every sample.
    pub name: String,
    /// What it is for, in one line.
    pub summary: String,
    /// Why only a stand-in host can show it, where that is so.
    pub only_stand_in: Option<String>,
    /// What is asked, and what must come back.
    pub case: Vec<Case>,
}

/// One stimulus and one expectation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Reads as a sentence whose subject is the function.
    pub name: String,
    /// Blobs that must exist first.
    #[serde(default)]
    pub given: Vec<Blob>,
    /// Stimulus: an HTTP request through the front door.
    pub request: Option<Request>,
    /// Stimulus: messages put on a queue.
    pub message: Option<Message>,
    /// Stimulus: a blob uploaded.
    pub blob: Option<Blob>,
    /// Stimulus: the function invoked through the admin route.
    pub invoke: Option<Invoke>,
    /// What must come of it.
    pub expect: Expect,
}

/// Exactly one way to set a function going.
#[derive(Clone, Copy, Debug)]
pub enum Stimulus<'a> {
    /// An HTTP request.
    Request(&'a Request),
    /// Messages on a queue.
    Message(&'a Message),
    /// A blob.
    Blob(&'a Blob),
    /// The admin route.
    Invoke(&'a Invoke),
}

/// An HTTP request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// Path and query; `{key}` is the function key.
    pub path: String,
    /// Header lines beside those the client adds.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The key in `x-functions-key`.
    #[serde(default)]
    pub key: Key,
    /// The body as text.
    pub body: Option<String>,
    /// The body as JSON, sent compact with its content type.
    pub json: Option<serde_json::Value>,
    /// The body as bytes.
    pub base64: Option<String>,
}

/// Which key a request shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    /// None at all.
    #[default]
    None,
    /// One that opens nothing.
    Wrong,
    /// The function's own.
    Function,
    /// The host's master key.
    Master,
}

/// Messages put on a queue, as texts; on the wire they are base64.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The queue.
    pub queue: String,
    /// Their texts; `{1..100}` makes one of each number.
    pub texts: Vec<String>,
    /// How often each text is repeated within its message.
    #[serde(default = "once")]
    pub repeat: usize,
}

fn once() -> usize {
    1
}

/// A blob and exactly one kind of content.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    /// `container/name`.
    pub path: String,
    /// Content as text.
    pub text: Option<String>,
    /// Content as bytes.
    pub base64: Option<String>,
    /// So many bytes of noise.
    pub random_bytes: Option<usize>,
}

/// An invocation through the admin route, with the master key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoke {
    /// What stands for the trigger's data.
    pub input: String,
}

/// What must come of a stimulus. What is not named is not looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The exact status.
    pub status: Option<u16>,
    /// Header values, exact; names in any case. Lines of one name count as one value, joined by a comma and a blank.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The exact body.
    pub body: Option<String>,
    /// The body, equal as JSON.
    pub json: Option<serde_json::Value>,
    /// Every message on a queue afterwards, as texts, in any order.
    #[serde(default)]
    pub queue: BTreeMap<String, Vec<String>>,
    /// Blobs afterwards, by `container/name`.
    #[serde(default)]
    pub blob: BTreeMap<String, BlobExpect>,
    /// Each must occur in a line the host printed since the case began.
    #[serde(default)]
    pub log: Vec<String>,
}

/// What a blob must be; exactly one of these.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobExpect {
    /// This text.
    pub text: Option<String>,
    /// These bytes.
    pub base64: Option<String>,
    /// Bytes with this hash, in hex.
    pub sha256: Option<String>,
    /// The bytes of the blob that was the stimulus.
    #[serde(default)]
    pub sent: bool,
    /// Not there.
    #[serde(default)]
    pub absent: bool,
}

impl Contract {
    /// Reads the contract.
    ///
    /// # Errors
    /// When the file is missing, is no TOML, has a key that is not known (with line and the likely one), or a case that
    /// makes no sense, such as one with two stimuli.
    pub fn load(path: &Path) -> Result<Contract> {
        let contract: Contract = crate::sample::toml_file::read(path)?;
        for function in &contract.function {
            ensure!(!function.case.is_empty(), "`{}`: function `{}` has no case", path.display(), function.name);
            for case in &function.case {
                case.check().with_context(|| {
                    format!("`{}`: function `{}`, case `{}`", path.display(), function.name, case.name)
                })?;
            }
        }
        Ok(contract)
    }
}

impl Case {
    /// What sets the function going.
    pub fn stimulus(&self) -> Result<Stimulus<'_>> {
        let all = [
            self.request.as_ref().map(Stimulus::Request),
            self.message.as_ref().map(Stimulus::Message),
            self.blob.as_ref().map(Stimulus::Blob),
            self.invoke.as_ref().map(Stimulus::Invoke),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(stimulus), None) => Ok(stimulus),
            (None, _) => bail!("no stimulus\nhint: give one of `request`, `message`, `blob` or `invoke`"),
            _ => bail!("more than one stimulus\nhint: keep one of `request`, `message`, `blob` or `invoke`"),
        }
    }

    /// Whether storage takes part, as stimulus or as effect.
    pub fn needs_storage(&self) -> bool {
        self.message.is_some()
            || self.blob.is_some()
            || !self.given.is_empty()
            || !self.expect.queue.is_empty()
            || !self.expect.blob.is_empty()
    }

    fn check(&self) -> Result<()> {
        let over_http = matches!(self.stimulus()?, Stimulus::Request(_) | Stimulus::Invoke(_));
        let expect = &self.expect;
        let answer_expected =
            expect.status.is_some() || expect.body.is_some() || expect.json.is_some() || !expect.headers.is_empty();
        ensure!(over_http || !answer_expected, "a message or a blob has no HTTP reply to compare");
        ensure!(
            answer_expected || !expect.queue.is_empty() || !expect.blob.is_empty() || !expect.log.is_empty(),
            "nothing is expected, so the case could not fail"
        );
        ensure!(expect.body.is_none() || expect.json.is_none(), "`body` and `json` are both expected");
        if let Some(request) = &self.request {
            request.body()?;
        }
        for blob in self.given.iter().chain(&self.blob) {
            blob.content()?;
            split(&blob.path)?;
        }
        for (path, blob) in &expect.blob {
            split(path)?;
            blob.check().with_context(|| format!("blob `{path}`"))?;
        }
        Ok(())
    }
}

impl Request {
    /// The bytes of the body; `None` where the request has none.
    pub fn body(&self) -> Result<Option<Vec<u8>>> {
        Ok(match (&self.body, &self.json, &self.base64) {
            (None, None, None) => None,
            (Some(text), None, None) => Some(text.clone().into_bytes()),
            (None, Some(json), None) => Some(json.to_string().into_bytes()),
            (None, None, Some(text)) => Some(bytes(text)?),
            _ => bail!("more than one body\nhint: keep one of `body`, `json` or `base64`"),
        })
    }
}

impl Message {
    /// The texts to send, with ranges and repeats written out.
    pub fn texts(&self) -> Vec<String> {
        expand(&self.texts).into_iter().map(|text| text.repeat(self.repeat)).collect()
    }
}

impl Blob {
    /// The bytes to upload; noise is new at each call.
    pub fn content(&self) -> Result<Vec<u8>> {
        match (&self.text, &self.base64, self.random_bytes) {
            (Some(text), None, None) => Ok(text.clone().into_bytes()),
            (None, Some(text), None) => bytes(text),
            (None, None, Some(count)) => {
                let mut noise = vec![0; count];
                rand::fill(&mut noise[..]);
                Ok(noise)
            }
            _ => bail!("blob `{}` needs one of `text`, `base64` or `random_bytes`", self.path),
        }
    }
}

impl BlobExpect {
    fn check(&self) -> Result<()> {
        let kinds = [self.text.is_some(), self.base64.is_some(), self.sha256.is_some(), self.sent, self.absent];
        ensure!(
            kinds.iter().filter(|given| **given).count() == 1,
            "needs one of `text`, `base64`, `sha256`, `sent = true` or `absent = true`"
        );
        self.base64.as_deref().map(bytes).transpose()?;
        Ok(())
    }
}

/// The bytes that a base64 text of the contract stands for.
pub fn bytes(text: &str) -> Result<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text).with_context(|| format!("`{text}` is not base64"))
}

/// Container and name of a blob.
pub fn split(path: &str) -> Result<(&str, &str)> {
    path.split_once('/').with_context(|| format!("`{path}` is no blob path\nhint: write `container/name`"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Contract> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("contract.toml");
        std::fs::write(&path, text)?;
        Contract::load(&path)
    }

    fn error(text: &str) -> String {
        format!("{:#}", load(text).unwrap_err())
    }

    fn case(body: &str) -> String {
        format!("[[function]]\nname = \"f\"\nsummary = \"s\"\n[[function.case]]\nname = \"does\"\n{body}\n")
    }

    #[test]
    fn the_contract_of_this_repository_is_well_formed() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/contract.toml");
        let contract = Contract::load(&path).unwrap();
        assert!(
            contract.function.iter().all(|function| function.case.len() > 1),
            "a function has a case of bad input too"
        );
    }

    #[test]
    fn a_case_has_exactly_one_stimulus() {
        let none = error(&case("expect = { status = 200 }"));
        assert!(none.contains("case `does`") && none.contains("no stimulus"), "{none}");
        let two = error(&case(
            "request = { method = 'GET', path = '/' }\ninvoke = { input = '' }\nexpect = { status = 200 }",
        ));
        assert!(two.contains("more than one stimulus"), "{two}");
    }

    #[test]
    fn a_case_that_could_not_fail_is_refused() {
        let text = error(&case("request = { method = 'GET', path = '/' }\nexpect = {}"));
        assert!(text.contains("could not fail"), "{text}");
    }

    #[test]
    fn a_message_has_no_http_reply() {
        let text = error(&case("message = { queue = 'q', texts = ['x'] }\nexpect = { status = 200 }"));
        assert!(text.contains("no HTTP reply"), "{text}");
    }

    #[test]
    fn a_typo_is_named_with_its_line_and_the_likely_key() {
        let text = error(&case("request = { method = 'GET', path = '/' }\nexpect = { stauts = 200 }"));
        assert!(text.contains("contract.toml:7"), "{text}");
        assert!(text.contains("`stauts`") && text.contains("did you mean `status`"), "{text}");
    }

    #[test]
    fn ranges_are_written_out() {
        let texts = ["a {1..3}!".to_owned(), "{}".to_owned(), r#"{"a":1}"#.to_owned()];
        assert_eq!(expand(&texts), ["a 1!", "a 2!", "a 3!", "{}", r#"{"a":1}"#]);
    }
}
