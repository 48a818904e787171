//! Notes an exchange while it is under way.

use std::sync::Arc;

use uuid::Uuid;
use wire::ResponseHead;
use wire::client::Request;

use super::kept::Exchanges;
use super::open::{Noted, Open};
use crate::app::{HttpMode, Rule};
use crate::log::Outcome;

/// Notes what passes in one exchange, if anybody wants to know. Cloning it gives another handle to the same exchange.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Option<(Arc<Exchanges>, Arc<Open>)>);

impl Recorder {
    pub fn begin(exchanges: Option<&Arc<Exchanges>>, invocation: Uuid, function: &str) -> Self {
        Self(exchanges.map(|exchanges| (Arc::clone(exchanges), exchanges.begin(invocation, function))))
    }

    /// Whether anybody wants to know.
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// What is not to be shown of it.
    pub fn hide(&self, secrets: Vec<String>) {
        self.note(|noted, _| noted.secrets.extend(secrets));
    }

    /// The head of the request to the handler.
    pub fn request(&self, mode: HttpMode, request: &Request) {
        self.note(|noted, _| {
            noted.mode = Some(mode);
            noted.request.line = format!("{} {} HTTP/1.1", request.method, request.target);
            noted.request.headers = noted.lines(&request.headers);
        });
    }

    pub fn sent(&self, piece: &[u8]) {
        self.note(|noted, milliseconds| noted.piece(piece, false, milliseconds));
    }

    /// The head of the response.
    pub fn response(&self, head: &ResponseHead) {
        self.note(|noted, _| {
            noted.response.line = format!("HTTP/1.1 {} {}", head.status, String::from_utf8_lossy(&head.reason));
            noted.response.headers = noted.lines(&head.headers);
        });
    }

    pub fn received(&self, piece: &[u8]) {
        self.note(|noted, milliseconds| noted.piece(piece, true, milliseconds));
    }

    /// Which rule it breaks, before it ends; the first word counts.
    pub fn breaks(&self, rule: Rule) {
        self.note(|noted, _| _ = noted.rule.get_or_insert(rule));
    }

    /// How it ended, and why; the first word counts.
    pub fn ended(&self, outcome: Outcome, reason: &str) {
        self.note(|noted, _| {
            if noted.outcome.is_none() {
                noted.outcome = Some(outcome);
                reason.clone_into(&mut noted.reason);
            }
        });
    }

    /// Nothing more will come.
    pub fn close(&self) {
        let Some((exchanges, open)) = &self.0 else { return };
        self.ended(Outcome::Abandoned, "");
        open.close();
        exchanges.ended(open);
    }

    fn note(&self, change: impl FnOnce(&mut Noted, f64)) {
        if let Some((exchanges, open)) = &self.0 {
            open.note(change);
            exchanges.changed(open);
        }
    }
}
