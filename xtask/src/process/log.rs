//! The lines that a server prints.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::sync::watch;

/// The lines a server has printed, in order; grows while it runs. Clones are the same log.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<watch::Sender<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    lines: Vec<String>,
    is_closed: bool,
}

impl Log {
    /// Adds a line, without its end.
    pub fn push(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).trim_end_matches(['\r', '\n']).to_owned();
        self.0.send_modify(|log| log.lines.push(line));
    }

    /// From now on lines are thrown away: a server that is measured prints many.
    pub fn close(&self) {
        self.0.send_modify(|log| log.is_closed = true);
    }

    /// How many lines there are: remember it to read only what comes after.
    pub fn mark(&self) -> usize {
        self.0.borrow().lines.len()
    }

    pub fn since(&self, mark: usize) -> Vec<String> {
        self.0.borrow().lines.get(mark..).unwrap_or_default().to_vec()
    }

    /// Waits for a line since `mark` that contains `text`, and returns what follows the text in it; `None` after `limit`.
    pub async fn wait_for(&self, mark: usize, text: &str, limit: Duration) -> Option<String> {
        let (mut next, mut found) = (mark, None);
        let mut log = self.0.subscribe();
        let seen = log.wait_for(|log| {
            let new = log.lines.get(next..).unwrap_or_default();
            found = new.iter().find_map(|line| Some(line.split_once(text)?.1.to_owned()));
            next = next.max(log.lines.len());
            found.is_some()
        });
        // The sender is in this log: it cannot be gone.
        let _ = tokio::time::timeout(limit, seen).await;
        found
    }

    pub(super) fn read(&self, from: impl Read) {
        let mut from = BufReader::with_capacity(64 * 1024, from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if self.0.borrow().is_closed {
                // Somebody has to go on reading, or the server would block on a full pipe.
                let _ = io::copy(&mut from, &mut io::sink());
                return;
            }
            self.push(&line);
            line.clear();
        }
    }

    /// Adds what comes, line by line, until it ends. Pieces need not be lines, and the two streams (`true` is stderr) may be in the
    /// middle of a line each.
    pub async fn read_pieces(self, pieces: impl Stream<Item = (bool, Bytes)>) {
        let mut pieces = std::pin::pin!(pieces);
        let mut begun = [Vec::new(), Vec::new()];
        while let Some((stderr, piece)) = pieces.next().await {
            let line = &mut begun[usize::from(stderr)];
            for part in piece.split_inclusive(|byte| *byte == b'\n') {
                line.extend_from_slice(part);
                if line.ends_with(b"\n") {
                    self.push(line);
                    line.clear();
                }
            }
        }
        begun.iter().filter(|line| !line.is_empty()).for_each(|line| self.push(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_become_lines_of_their_own_stream() {
        let pieces = [(false, "Liste"), (true, "oh"), (false, "ning\r\ntwo\nth"), (true, " no\n"), (false, "ree")];
        let log = Log::default();
        log.clone()
            .read_pieces(futures_util::stream::iter(pieces.map(|(stderr, text)| (stderr, Bytes::from(text)))))
            .await;
        assert_eq!(log.since(0), ["Listening", "two", "oh no", "three"]);
    }
}
