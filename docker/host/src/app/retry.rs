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

/// Why a policy is not one: the library of the real host that says so, and its words.
pub(super) struct Refusal {
    pub library: &'static str,
    pub text: String,
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
    found.check().map_err(|refusal| {
        Diagnostic::new(refusal.text, &policy.path).hint("one policy has all of its values, none below zero")
    })
}

impl Policy {
    /// The policy, or why it is not one; `None` if its strategy is a number without a name, which does nothing.
    pub fn check(&self) -> Result<Option<Retry>, Refusal> {
        let count = present(self.count, "MaxRetryCount")?;
        let is_count = || if count < -1 { Err(refused(ONLY_FOREVER)) } else { Ok(()) };
        let strategy = match self.strategy {
            0 => {
                let minimum = present(self.minimum, "MinimumInterval")?;
                let maximum = present(self.maximum, "MaximumInterval")?;
                is_count()?;
                let (minimum, maximum) = (positive(minimum, "minimumInterval")?, positive(maximum, "maximumInterval")?);
                if minimum > maximum {
                    let text = "The minimumInterval must not be greater than the maximumInterval. (Parameter 'minimumInterval').";
                    return Err(refused(text));
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

/// A value that is not there is the host's own matter, one that cannot be that of the SDK.
fn present<T>(value: Option<T>, name: &str) -> Result<T, Refusal> {
    let text = || format!("Value cannot be null. (Parameter '{name}').");
    value.ok_or_else(|| Refusal { library: "Microsoft.Azure.WebJobs.Script", text: text() })
}

fn refused(text: impl Into<String>) -> Refusal {
    Refusal { library: "Microsoft.Azure.WebJobs.Host", text: text.into() }
}

fn positive(span: TimeDelta, name: &str) -> Result<std::time::Duration, Refusal> {
    span.to_std().map_err(|_| refused(format!("The TimeSpan must not be negative. (Parameter '{name}').")))
}
