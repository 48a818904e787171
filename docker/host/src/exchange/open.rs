//! An exchange with all that was noted of it, before anything is masked.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use dotnet_text::base64;
use uuid::Uuid;
use wire::Headers;

use super::shown::{Exchange, Message, Piece};
use crate::app::{HttpMode, Rule};
use crate::log::Outcome;
use crate::log::mask::{self, Known};

/// How much of a body is kept.
const BODY_BYTES: usize = 64 * 1024;
/// How many pieces are noted.
const PIECES: usize = 1_000;

#[derive(Debug)]
pub struct Open {
    pub number: u64,
    invocation: Uuid,
    function: String,
    at: DateTime<Utc>,
    started: Instant,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
pub struct Noted {
    pub mode: Option<HttpMode>,
    pub outcome: Option<Outcome>,
    pub reason: String,
    /// The rule that was broken, where the failure says so.
    pub rule: Option<Rule>,
    milliseconds: Option<f64>,
    pub request: Part,
    pub response: Part,
    pieces: Vec<Piece>,
    /// What may be repeated in a body, and is not to be shown.
    pub secrets: Vec<String>,
}

/// A message as it passed.
#[derive(Debug, Default)]
pub struct Part {
    pub line: String,
    pub headers: Vec<(String, String)>,
    body: Vec<u8>,
    bytes: u64,
}

impl Open {
    pub fn new(number: u64, invocation: Uuid, function: &str) -> Self {
        let (function, at, started) = (function.to_owned(), Utc::now(), Instant::now());
        Self { number, invocation, function, at, started, noted: Mutex::default() }
    }

    /// Changes what is noted, now.
    pub fn note(&self, change: impl FnOnce(&mut Noted, f64)) {
        change(&mut self.noted(), self.milliseconds());
    }

    /// Nothing more will come.
    pub fn close(&self) {
        self.note(|noted, milliseconds| noted.milliseconds = Some(milliseconds));
    }

    /// All of it, as it may be shown.
    pub fn shown(&self) -> Exchange {
        let noted = self.noted();
        let known = noted.known();
        Exchange {
            request: noted.request.shown(&known),
            response: noted.response.shown(&known),
            pieces: noted.pieces.clone(),
            ..self.without_messages(&noted, &known)
        }
    }

    /// The same without headers, bodies and pieces.
    pub fn summary(&self) -> Exchange {
        let noted = self.noted();
        let head = |part: &Part| Message { line: mask::text(&part.line), bytes: part.bytes, ..Message::default() };
        let (request, response) = (head(&noted.request), head(&noted.response));
        // A list has thousands of them, most of which say nothing that could repeat a secret.
        let known = if noted.reason.is_empty() { Known::default() } else { noted.known() };
        Exchange { request, response, ..self.without_messages(&noted, &known) }
    }

    /// How much of its bodies is kept; 0 before its end.
    pub fn ended_bytes(&self) -> usize {
        let noted = self.noted();
        noted.milliseconds.map_or(0, |_| noted.request.body.len() + noted.response.body.len())
    }

    fn without_messages(&self, noted: &Noted, known: &Known) -> Exchange {
        Exchange {
            number: self.number,
            invocation: self.invocation.to_string(),
            function: self.function.clone(),
            mode: noted.mode,
            started: self.at.format("%FT%T%.3fZ").to_string(),
            milliseconds: noted.milliseconds.unwrap_or_else(|| self.milliseconds()),
            outcome: noted.outcome,
            reason: mask::text_without(&noted.reason, known),
            rule: noted.broken().map(Rule::anchor),
            request: Message::default(),
            response: Message::default(),
            pieces: Vec::new(),
        }
    }

    fn milliseconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1_000.0
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// Header lines as texts; what is secret in them is remembered, and not shown.
    pub fn lines(&mut self, headers: &Headers) -> Vec<(String, String)> {
        let text = |value| String::from_utf8_lossy(value).into_owned();
        let lines: Vec<_> = headers.iter().map(|line| (line.name().to_owned(), text(line.value))).collect();
        self.secrets.extend(lines.iter().flat_map(|(name, value)| mask::secrets(name, value)));
        lines
    }

    fn known(&self) -> Known {
        Known::of(self.secrets.iter().map(String::as_str))
    }

    fn broken(&self) -> Option<Rule> {
        let mode = self.mode.filter(|_| self.outcome == Some(Outcome::Failed))?;
        self.rule.or(Some(Rule::of(mode)))
    }

    pub fn piece(&mut self, piece: &[u8], is_response: bool, milliseconds: f64) {
        let part = if is_response { &mut self.response } else { &mut self.request };
        part.bytes += piece.len() as u64;
        let room = BODY_BYTES.saturating_sub(part.body.len());
        part.body.extend_from_slice(&piece[..piece.len().min(room)]);
        if self.pieces.len() < PIECES {
            self.pieces.push(Piece { milliseconds, is_response, bytes: piece.len() });
        }
    }
}

impl Part {
    fn shown(&self, secrets: &Known) -> Message {
        // A character that was cut in two is left out.
        let (body, is_base64) = match std::str::from_utf8(&self.body) {
            Ok(text) => (mask::text_without(text, secrets), false),
            Err(error) if error.error_len().is_none() => {
                let text = String::from_utf8_lossy(&self.body[..error.valid_up_to()]);
                (mask::text_without(&text, secrets), false)
            }
            Err(_) => (base64::encode(&mask::bytes_without(&self.body, secrets)), true),
        };
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), mask::header(name, value)));
        let is_whole = self.bytes == self.body.len() as u64;
        Message {
            line: mask::text_without(&self.line, secrets),
            headers: headers.collect(),
            body,
            is_base64,
            is_whole,
            bytes: self.bytes,
        }
    }
}
