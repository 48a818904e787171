//! The retry policy of a function.json, and what is wrong with any (protocol.md#other-keys; host source, `Utility.ValidateRetryOptions`).

use chrono::TimeDelta;

use super::conversion::{Enumeration, Member};
use super::diagnostic::Diagnostic;
use super::options::{Retry, RetryStrategy};

const OPTIONS: &str = "Microsoft.Azure.WebJobs.Script.Description.RetryOptions";
const STRATEGY: Enumeration = Enumeration {
    type_name: "Microsoft.Azure.WebJobs.Script.Description.RetryStrategy",
    names: &["exponentialBackoff", "fixedDelay"],
};
const ONLY_FOREVER: &str = "Specified argument was out of the range of valid values. (Parameter 'maxRetryCount').";

/// What a policy says, nothing of it checked.
#[derive(Default)]
pub(super) struct Policy {
    pub strategy: i32,
    pub count: Option<i32>,
    pub delay: Option<TimeDelta>,
    pub minimum: Option<TimeDelta>,
    pub maximum: Option<TimeDelta>,
}

/// Reads `retry` of a function.json.
pub(super) fn read(policy: &Member<'_>) -> Result<Option<Retry>, Diagnostic> {
    policy.object_of(OPTIONS)?;
    let Some(members) = policy.value.as_object() else { return Ok(None) };
    let mut found = Policy::default();
    for (name, value) in members {
        let member = Member { value, path: format!("{}.{name}", policy.path), document: policy.document };
        match name.to_ascii_lowercase().as_str() {
            "strategy" => found.strategy = member.number_of(&STRATEGY)?,
            "maxretrycount" => found.count = member.integer()?,
            "delayinterval" => found.delay = member.span()?,
            "minimuminterval" => found.minimum = member.span()?,
            "maximuminterval" => found.maximum = member.span()?,
            _ => {}
        }
    }
    found
        .check()
        .map_err(|text| Diagnostic::new(text, &policy.path).hint("one policy has all of its values, none below zero"))
}

impl Policy {
    /// The policy, or why it is not one; `None` if its strategy is a number without a name, which does nothing.
    pub fn check(&self) -> Result<Option<Retry>, String> {
        let count = present(self.count, "MaxRetryCount")?;
        let is_count = || if count < -1 { Err(ONLY_FOREVER.to_owned()) } else { Ok(()) };
        let strategy = match self.strategy {
            0 => {
                let minimum = present(self.minimum, "MinimumInterval")?;
                let maximum = present(self.maximum, "MaximumInterval")?;
                is_count()?;
                let (minimum, maximum) = (positive(minimum, "minimumInterval")?, positive(maximum, "maximumInterval")?);
                if minimum > maximum {
                    let text = "The minimumInterval must not be greater than the maximumInterval. (Parameter 'minimumInterval').";
                    return Err(text.to_owned());
                }
                RetryStrategy::ExponentialBackoff { minimum, maximum }
            }
            1 => {
                let delay = present(self.delay, "DelayInterval")?;
                is_count()?;
                RetryStrategy::FixedDelay { delay: positive(delay, "delayInterval")? }
            }
            _ => return Ok(None),
        };
        Ok(Some(Retry { max_retry_count: u32::try_from(count).ok(), strategy }))
    }
}

fn present<T>(value: Option<T>, name: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("Value cannot be null. (Parameter '{name}')."))
}

fn positive(span: TimeDelta, name: &str) -> Result<std::time::Duration, String> {
    span.to_std().map_err(|_| format!("The TimeSpan must not be negative. (Parameter '{name}')."))
}
