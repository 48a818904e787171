//! Where the rule is written that an exchange has broken.

use crate::app::HttpMode;

/// The anchors in docker/protocol.md.
#[cfg(test)]
pub const ALL: [&str; 6] = [TIMEOUT, PROXYING, FORWARDING, GATEKEEPING, VALUES, RESULT];
const TIMEOUT: &str = "function-timeout";
const PROXYING: &str = "proxying-errors";
const FORWARDING: &str = "forwarding-response";
const GATEKEEPING: &str = "gatekeeping";
const VALUES: &str = "output-values";
const RESULT: &str = "the-result-object";
/// What a reason speaks of, and where that is written.
const WORDS: [(&str, &str); 4] =
    [("never completes", GATEKEEPING), ("Content-Type", GATEKEEPING), ("status", GATEKEEPING), ("output", VALUES)];

/// The anchor for a failure, by words of its reason.
pub fn rule(mode: Option<HttpMode>, reason: &str) -> Option<&'static str> {
    Some(match mode? {
        _ if reason.contains("TimeoutException") => TIMEOUT,
        HttpMode::Proxying => PROXYING,
        HttpMode::Forwarding => FORWARDING,
        HttpMode::Default => WORDS.iter().find(|(word, _)| reason.contains(word)).map_or(RESULT, |(_, anchor)| anchor),
    })
}
