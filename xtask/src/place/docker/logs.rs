//! A container's output as lines.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use crate::process::log::Log;

/// Puts what comes into the log, line by line, until it ends. Pieces need not be lines, and the two streams (`true` is
/// stderr) may be in the middle of a line each.
pub async fn read(pieces: impl Stream<Item = (bool, Bytes)>, log: Log) {
    let mut pieces = std::pin::pin!(pieces);
    let mut begun = [Vec::new(), Vec::new()];
    while let Some((stderr, piece)) = pieces.next().await {
        let line = &mut begun[usize::from(stderr)];
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.ends_with(b"\n") {
                log.push(line);
                line.clear();
            }
        }
    }
    for line in begun.iter().filter(|line| !line.is_empty()) {
        log.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_become_lines_of_their_own_stream() {
        let pieces = [(false, "Liste"), (true, "oh"), (false, "ning\r\ntwo\nth"), (true, " no\n"), (false, "ree")];
        let log = Log::default();
        read(futures_util::stream::iter(pieces.map(|(stderr, text)| (stderr, Bytes::from(text)))), log.clone()).await;
        assert_eq!(log.since(0), ["Listening", "two", "oh no", "three"]);
    }
}
