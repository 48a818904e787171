//! One exchange, as it is shown: without secrets.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::app::HttpMode;
use crate::log::Outcome;

/// The document that has the rules.
const PROTOCOL: &str = "docker/protocol.md";

/// One request of the host and the handler's response to it.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    pub number: u64,
    pub invocation: String,
    pub function: String,
    /// `None` before there was a request.
    pub mode: Option<HttpMode>,
    /// In UTC.
    pub started: String,
    /// How long it took, or has taken so far.
    pub milliseconds: f64,
    /// `None` while it is under way.
    pub outcome: Option<Outcome>,
    pub reason: String,
    /// The part of docker/protocol.md that has the rule, by its anchor.
    pub rule: Option<&'static str>,
    pub request: Message,
    pub response: Message,
    /// When the pieces of the bodies passed; the first ones.
    pub pieces: Vec<Piece>,
}

/// A request or a response.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Message {
    /// The first line; empty if there was none.
    pub line: String,
    pub headers: Vec<(String, String)>,
    /// The beginning of the body: text, or base64 if it is not UTF-8.
    pub body: String,
    pub is_base64: bool,
    /// Whether that is all of it.
    pub is_whole: bool,
    /// The length of the whole body.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Piece {
    /// Since the beginning.
    pub milliseconds: f64,
    pub is_response: bool,
    pub bytes: usize,
}

const fn word(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        None => "under way",
        Some(Outcome::Succeeded) => "succeeded",
        Some(Outcome::Failed) => "failed",
        Some(Outcome::Abandoned) => "abandoned",
    }
}

const fn name(mode: HttpMode) -> &'static str {
    match mode {
        HttpMode::Default => "default",
        HttpMode::Forwarding => "forwarding",
        HttpMode::Proxying => "proxying",
    }
}

impl Display for Exchange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "function    {}\ninvocation  {}", self.function, self.invocation)?;
        writeln!(f, "mode        {}", self.mode.map_or("", name))?;
        writeln!(f, "started     {}\ntook        {:.1} ms", self.started, self.milliseconds)?;
        writeln!(f, "outcome     {}", word(self.outcome))?;
        for line in self.reason.lines() {
            writeln!(f, "            {line}")?;
        }
        if let Some(rule) = self.rule {
            writeln!(f, "rule        {PROTOCOL}#{rule}")?;
        }
        write!(f, "\n--- request: {} bytes of body\n{}", self.request.bytes, self.request)?;
        write!(f, "\n--- response: {} bytes of body\n{}", self.response.bytes, self.response)?;
        writeln!(f, "\n--- pieces of the bodies")?;
        for piece in &self.pieces {
            let side = if piece.is_response { "from" } else { "to" };
            writeln!(f, "{:>10.1} ms {:>9} bytes {side} the handler", piece.milliseconds, piece.bytes)?;
        }
        Ok(())
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.line.is_empty() {
            return writeln!(f, "none");
        }
        writeln!(f, "{}", self.line)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        writeln!(f, "\n{}{}", if self.is_base64 { "base64: " } else { "" }, self.body)?;
        if self.is_whole { Ok(()) } else { writeln!(f, "[… the rest was not kept]") }
    }
}
