//! What a listener needs to know of the host.

use std::sync::Arc;

use tokio::sync::watch;

use crate::app::LoadedFunction;
use crate::host::Host;
use crate::host::running::Running;
use crate::invoke::{self, Trigger};

/// The log category of listeners.
pub(crate) const CATEGORY: &str = "Host.Triggers";

/// Waits until a switch is in this position, or its owner is gone.
pub(crate) async fn until(switch: &mut watch::Receiver<bool>, position: bool) {
    _ = switch.wait_for(|state| *state == position).await;
}

/// One function with all that its listener needs to invoke it.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) host: Arc<Host>,
    pub(crate) running: Arc<Running>,
    pub(crate) function: Arc<LoadedFunction>,
}

impl Context {
    /// Logs why the listener of the function does not start. The function stays without an error (protocol.md#locks-ids-timers).
    pub(crate) fn does_not_listen(&self, reason: impl std::fmt::Display) {
        let name = &self.function.name;
        self.host
            .log()
            .error(CATEGORY, format!("The listener for function 'Functions.{name}' was unable to start.\n{reason}"));
    }

    /// Invokes the function; whether it succeeded. The log has the reasons if it did not.
    pub(crate) async fn invoke(&self, trigger: Trigger) -> bool {
        invoke::invoke(&self.host, &self.running, &self.function, trigger).await.is_ok()
    }
}
