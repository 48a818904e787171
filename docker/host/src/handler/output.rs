//! What the handler prints, line by line into the log (protocol.md#handler-output).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::log::{CONSOLE, Entry, Level, Log, TOOLING_CONSOLE};

/// A longer line is logged in pieces of about this size, so that a handler that never ends its line costs no more than this.
const MAX_LINE_BYTES: usize = 1024 * 1024;
/// How many of the last error lines are quoted when the handler dies.
const QUOTED_ERROR_LINES: usize = 3;
const HOST_LOG_PREFIX: &str = "LanguageWorkerConsoleLog";
const TOOLING_PREFIX: &str = "azfuncjsonlog:";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Output,
    Error,
}

/// Where the lines of one handler process go.
#[derive(Clone, Debug)]
pub struct Output {
    log: Log,
    worker_category: Arc<str>,
    errors_only: bool,
    last_errors: Arc<Mutex<VecDeque<String>>>,
    lines: Arc<AtomicU64>,
}

impl Output {
    /// The output of the process with this worker id; `errors_only` is `useStdErrorStreamForErrorsOnly`.
    pub fn new(log: Log, worker_category: &str, errors_only: bool) -> Self {
        Self {
            log,
            worker_category: worker_category.into(),
            errors_only,
            last_errors: Arc::default(),
            lines: Arc::default(),
        }
    }

    /// The last three error lines, joined by commas (recording PX-exit1-stderr).
    pub fn last_errors(&self) -> String {
        let lines = self.last_errors.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }

    /// Waits until nothing has been logged for this long.
    pub async fn silence(&self, duration: Duration) {
        loop {
            let before = self.lines.load(Ordering::Relaxed);
            tokio::time::sleep(duration).await;
            if self.lines.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }

    /// Logs every line of a stream until its end. As .NET reads them, a line ends at `\n`, `\r` or both. One that never pauses
    /// yields to others.
    pub async fn pump(self, stream: Stream, pipe: impl AsyncRead + Unpin) {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        let mut is_after_return = false;
        loop {
            let available = match reader.fill_buf().await {
                Ok(bytes) if !bytes.is_empty() => bytes,
                _ => break,
            };
            if std::mem::take(&mut is_after_return) && available[0] == b'\n' {
                reader.consume(1);
                continue;
            }
            let end = available.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let taken = end.unwrap_or(available.len()).min(MAX_LINE_BYTES - line.len());
            line.extend_from_slice(&available[..taken]);
            let is_whole = end == Some(taken);
            is_after_return = is_whole && available[taken] == b'\r';
            reader.consume(taken + usize::from(is_whole));
            if is_whole {
                self.write(stream, &line);
                line.clear();
            } else if line.len() >= MAX_LINE_BYTES {
                let rest = line.split_off(whole_characters(&line));
                self.write(stream, &line);
                line = rest;
            }
            if reader.buffer().is_empty() {
                tokio::task::yield_now().await;
            }
        }
        if !line.is_empty() {
            self.write(stream, &line);
        }
    }

    fn write(&self, stream: Stream, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let level = level(stream, &line, self.errors_only);
        if level == Level::Error {
            let mut lines = self.last_errors.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push_back(line.to_string());
            if lines.len() > QUOTED_ERROR_LINES {
                lines.pop_front();
            }
        }
        let (category, text) = destination(&line, &self.worker_category);
        self.log.write(Entry { level, category, event: 0, invocation: None }, text);
        self.lines.fetch_add(1, Ordering::Relaxed);
    }
}

/// The length of a text without the beginning of a character that it is cut in.
fn whole_characters(text: &[u8]) -> usize {
    match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => text.len(),
    }
}

/// The category that a line is logged under, and what is logged of it.
fn destination<'a>(line: &'a str, worker_category: &'a str) -> (&'a str, &'a str) {
    match line.split_at_checked(HOST_LOG_PREFIX.len()) {
        Some((head, text)) if head.eq_ignore_ascii_case(HOST_LOG_PREFIX) => (worker_category, text),
        _ if line.starts_with(TOOLING_PREFIX) => (TOOLING_CONSOLE, line),
        _ => (CONSOLE, line),
    }
}

fn level(stream: Stream, line: &str, errors_only: bool) -> Level {
    const SIGNS_OF_ERROR: [&str; 4] = ["error", "fail", "severe", "unhandled exception"];
    if stream == Stream::Output {
        return Level::Information;
    }
    let line = line.to_lowercase();
    if line.contains("warn") {
        Level::Warning
    } else if errors_only || SIGNS_OF_ERROR.iter().any(|sign| line.contains(sign)) {
        Level::Error
    } else {
        Level::Information
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_error_is_for_errors_unless_it_warns() {
        assert_eq!(level(Stream::Output, "error", true), Level::Information);
        assert_eq!(level(Stream::Error, "anything", true), Level::Error);
        assert_eq!(level(Stream::Error, "a WARNing", true), Level::Warning);
    }

    #[test]
    fn standard_error_for_everything_is_judged_by_its_words() {
        assert_eq!(level(Stream::Error, "anything", false), Level::Information);
        for line in ["An Error", "it failed", "SEVERE", "Unhandled exception. x"] {
            assert_eq!(level(Stream::Error, line, false), Level::Error, "{line}");
        }
    }

    #[test]
    fn prefixes_choose_the_log() {
        assert_eq!(destination("languageworkerCONSOLElogx", "Worker"), ("Worker", "x"));
        assert_eq!(destination("azfuncjsonlog:{}", "Worker"), (TOOLING_CONSOLE, "azfuncjsonlog:{}"));
        assert_eq!(destination("grüß", "Worker"), (CONSOLE, "grüß"));
    }

    #[tokio::test]
    async fn lines_are_cut_at_line_ends_and_the_last_errors_kept() {
        let output = Output::new(Log::default(), "Worker", true);
        output.clone().pump(Stream::Error, &b"one\r\ntwo\n\nthree\nfour"[..]).await;
        assert_eq!(output.last_errors(), ",three,four");
        let pieces = tokio::io::AsyncReadExt::chain(&b"10%\r20%\r"[..], &b"\n100%"[..]);
        output.clone().pump(Stream::Error, pieces).await;
        assert_eq!(output.last_errors(), "10%,20%,100%");
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_between_two_characters() {
        assert_eq!(whole_characters("xü".as_bytes()), 3);
        assert_eq!(whole_characters(&"xü".as_bytes()[..2]), 1);
        assert_eq!(whole_characters(b"x\xFFy"), 3, "no character at all");
    }
}
