//! `mini-host send`: one invocation of one function, by its own trigger, and everything that became of it.
//!
//! A running host of the app is asked through its [`socket`]; where none runs, one is started for the invocation. Either way
//! [`invoke`] does the work, where the settings, the keys and the storage of the host are.

mod http;
pub mod invoke;
pub mod payload;
pub mod socket;

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::app::Diagnostic;
use crate::log::{Invocation, Outcome, printable};

/// The statuses of `mini-host send` besides those of all verbs.
pub const FAILED: u8 = 3;
pub const SILENT: u8 = 4;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Asked {
    pub function: String,
    /// The body of a request, the text of a message, the content of a blob, in base64.
    pub body: Option<String>,
    /// Path and query of a request, or the name of a blob.
    pub path: Option<String>,
    pub method: Option<String>,
    /// How long to wait for the outcome.
    pub seconds: u64,
}

impl Asked {
    fn body(&self) -> Option<Vec<u8>> {
        self.body.as_deref().map(|body| dotnet_text::base64::decode(body).unwrap_or_default())
    }
}

#[derive(Debug, Deserialize, Serialize)]
pub enum Report {
    /// It was not begun, and why: in the words of the host that was asked.
    Refused(String),
    /// It has not ended in time.
    Silent(String),
    Ended(Box<Ended>),
}

#[derive(Debug, Deserialize, Serialize)]
pub struct Ended {
    pub invocation: Invocation,
    pub response: Option<Response>,
    pub log: Vec<String>,
}

/// A response over HTTP, for people.
#[derive(Debug, Deserialize, Serialize)]
pub struct Response {
    pub status: i32,
    pub content_type: String,
    pub body: String,
}

/// What was sent to the trigger of a function.
#[derive(Default)]
struct Sent {
    /// What its invocation says it was begun for.
    source: String,
    response: Option<Response>,
    /// What to say where a response came, and no invocation.
    otherwise: Option<Diagnostic>,
}

impl Report {
    /// What is to be printed, and the status that says the same; or why nothing was invoked.
    pub fn shown(&self) -> Result<(String, u8), Diagnostic> {
        match self {
            Self::Refused(why) => Err(Diagnostic::of_whole(why)),
            Self::Silent(text) => Ok((format!("{text}\n"), SILENT)),
            Self::Ended(ended) => {
                let is_sound = ended.response.as_ref().is_none_or(|response| response.status < 400);
                let is_success = ended.invocation.outcome == Outcome::Succeeded && is_sound;
                Ok((ended.to_string(), if is_success { 0 } else { FAILED }))
            }
        }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Invocation { function, outcome, error, milliseconds, outputs, .. } = &self.invocation;
        let refused = self.response.as_ref().filter(|response| response.status >= 400);
        let outcome = match (outcome, refused) {
            (Outcome::Succeeded, None) => "succeeded",
            (Outcome::Succeeded, Some(response)) => &format!("answered {}", response.status),
            (Outcome::Failed, _) => "failed",
            (Outcome::Abandoned, _) => "was abandoned",
        };
        writeln!(out, "{function} {outcome} in {milliseconds} ms")?;
        if let Some(error) = error {
            section(out, "because:", error)?;
        }
        if let Some(Response { status, content_type, body }) = &self.response {
            section(out, &format!("response {status}, {content_type}:"), body)?;
        }
        for output in outputs {
            let title = format!("output `{}` to {}, {} bytes:", output.binding, output.target, output.bytes);
            section(out, &title, output.text.as_deref().unwrap_or("(not a text)"))?;
        }
        if !self.log.is_empty() {
            section(out, "log:", &self.log.join("\n"))?;
        }
        Ok(())
    }
}

fn section(out: &mut impl Write, title: &str, text: &str) -> std::fmt::Result {
    writeln!(out, "\n{}\n{}", printable(title), printable(text).trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Output;
    use uuid::Uuid;

    #[test]
    fn an_invocation_is_shown_with_what_it_wrote_and_said() {
        let output = Output {
            binding: "$return".to_owned(),
            target: "test-output".to_owned(),
            text: Some("hello".to_owned()),
            bytes: 5,
        };
        let invocation = Invocation {
            id: Uuid::nil(),
            function: "QueueTrigger".to_owned(),
            reason: String::new(),
            source: None,
            outcome: Outcome::Succeeded,
            error: None,
            milliseconds: 6,
            outputs: vec![output],
        };
        let ended = Ended { invocation, response: None, log: vec!["Passed on 5 bytes".to_owned()] };
        let expected = "QueueTrigger succeeded in 6 ms\n\noutput `$return` to test-output, 5 bytes:\nhello\n\nlog:\nPassed on 5 bytes\n";
        assert_eq!(Report::Ended(Box::new(ended)).shown(), Ok((expected.to_owned(), 0)));
    }
}
