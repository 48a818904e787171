//! Where the rule is written that an exchange has broken.

use super::noun::Mode;

/// The anchor in docker/protocol.md, by words of the reason.
pub fn rule(mode: Option<Mode>, reason: &str) -> Option<&'static str> {
    const RULES: [(&str, &str); 4] = [
        ("never completes", "gatekeeping"),
        ("Content-Type", "gatekeeping"),
        ("status", "gatekeeping"),
        ("output", "output-values"),
    ];
    match mode? {
        _ if reason.contains("TimeoutException") => Some("function-timeout"),
        Mode::Proxying => Some("proxying-errors"),
        Mode::Forwarding => Some("forwarding-response"),
        Mode::Default => {
            Some(RULES.iter().find(|(word, _)| reason.contains(word)).map_or("the-result-object", |(_, it)| it))
        }
    }
}
