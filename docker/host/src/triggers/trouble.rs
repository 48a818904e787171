//! Storage that refuses poll after poll: said often enough to be found, and seldom enough for the log to show anything else. Pure.

use std::fmt::Display;

#[derive(Debug, Default)]
pub(super) struct Trouble {
    polls: u64,
}

impl Trouble {
    /// What to say of a poll that failed: of the first one, and whenever there are twice as many as at the last report.
    pub(super) fn of_failure(&mut self, wrong: impl Display) -> Option<String> {
        self.polls += 1;
        match self.polls {
            1 => Some(wrong.to_string()),
            polls if polls.is_power_of_two() => Some(format!("{wrong} ({polls} times in a row)")),
            _ => None,
        }
    }

    /// After a poll that did not fail: whether one before it did.
    pub(super) fn is_over(&mut self) -> bool {
        std::mem::take(&mut self.polls) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_wrong_is_told_at_ever_longer_intervals() {
        let mut trouble = Trouble::default();
        assert!(!trouble.is_over());
        let told: Vec<String> = (0..100).filter_map(|_| trouble.of_failure("refused")).collect();
        assert_eq!(told[..3], ["refused", "refused (2 times in a row)", "refused (4 times in a row)"]);
        assert_eq!(told.len(), 7);
        assert!(trouble.is_over() && !trouble.is_over());
        assert_eq!(trouble.of_failure("refused").as_deref(), Some("refused"));
    }
}
