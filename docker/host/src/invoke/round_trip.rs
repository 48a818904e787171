//! What passed between host and handler in one attempt, for the log when it fails.

use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use wire::{Name, ResponseHead};

use crate::host::execution::Execution;
use crate::log::mask;

const SHOWN_CHARACTERS: usize = 300;

/// One request of default mode, and the response to it once there is one.
#[derive(Debug)]
pub struct RoundTrip {
    pub target: String,
    pub envelope: Bytes,
    response: OnceLock<(u16, String, Bytes)>,
}

impl RoundTrip {
    pub fn new(execution: &Execution<'_>, envelope: String) -> Self {
        let target = format!("/{}", execution.function.name);
        Self { target, envelope: envelope.into(), response: OnceLock::new() }
    }

    pub fn received(&self, head: &ResponseHead, body: &Bytes) {
        let content_type = head.headers.get(Name::ContentType).map(String::from_utf8_lossy);
        let content_type = content_type.unwrap_or("no Content-Type".into());
        // There is one response in an attempt.
        _ = self.response.set((head.status, content_type.into_owned(), body.clone()));
    }

    pub fn status(&self) -> Option<u16> {
        self.response.get().map(|(status, ..)| *status)
    }
}

impl fmt::Display for RoundTrip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "The request was: POST {}, {}", self.target, shown(&self.envelope))?;
        match self.response.get() {
            Some((status, content_type, body)) => {
                write!(out, "\nThe response was: {status}, {content_type}, {}", shown(body))
            }
            None => out.write_str("\nThe response was: none"),
        }
    }
}

/// The length of a body and its beginning, on one line.
fn shown(body: &Bytes) -> String {
    // A character has at most four bytes. What is secret is masked before it could be cut.
    let head = mask::text(&String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN_CHARACTERS)]));
    let text: String = head.chars().take(SHOWN_CHARACTERS).map(|it| if it.is_control() { ' ' } else { it }).collect();
    let more = if head.chars().count() > SHOWN_CHARACTERS { " …" } else { "" };
    match body.len() {
        0 => "no body".to_owned(),
        1 => format!("1 byte: {text}"),
        length => format!("{length} bytes: {text}{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_body_is_cut_and_kept_on_one_line() {
        assert_eq!(shown(&Bytes::from_static(b"a\nb")), "3 bytes: a b");
        assert_eq!(shown(&Bytes::new()), "no body");
        let long = shown(&Bytes::from("ü".repeat(1000)));
        assert!(long.starts_with("2000 bytes: üü") && long.ends_with(" …"), "{long}");
    }
}
