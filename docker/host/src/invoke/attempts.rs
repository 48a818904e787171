//! The attempts of one invocation, as often as the retry policy says.

use super::attempt::attempt;
use super::retry::Retries;
use super::trigger::Trigger;
use crate::app::Function;
use crate::envelope::failed::Failed;
use crate::envelope::http_output::HttpOutput;
use crate::host::Host;
use crate::host::execution::Execution;
use crate::host::running::Running;
use crate::log::Level;

/// Invokes a function: asks the handler, as often as the retry policy says, and writes the outputs. What comes back is what an
/// HTTP caller gets. After a failure outputs of the last attempt may have been written (protocol.md#order-of-outputs).
pub async fn invoke(
    host: &Host,
    running: &Running,
    function: &Function,
    mut trigger: Trigger,
) -> Result<HttpOutput, Failed> {
    let mut retries = Retries::new(function.retry_policy(&running.app.options));
    loop {
        let execution = Execution::begin(host, running, function, trigger.reason.clone());
        execution.begun_for(trigger.source.clone());
        if let Some(request) = trigger.request() {
            execution.asked(request);
        }
        let context = retries.context(&function.name);
        let failed = match attempt(&execution, &mut trigger, context).await {
            Ok(output) => return Ok(output),
            Err(failed) => failed,
        };
        match retries.next_pause(&failed) {
            Some(pause) if !failed.is_stopping => tokio::time::sleep(pause).await,
            _ => {
                if let Some(count) = retries.count() {
                    execution.note(Level::Error, format!("Function execution failed after '{count}' retries."));
                }
                return Err(failed);
            }
        }
    }
}
