//! What a listener needs to know of the host.

use std::sync::Arc;

use tokio::sync::watch;

use crate::app::LoadedFunction;
use crate::host::Host;
use crate::host::running::Running;
use crate::invoke::{self, Trigger};

pub(crate) const CATEGORY: &str = "Host.Triggers";

/// Waits until listeners are to rest, or nobody is there to say so.
pub(crate) async fn rest(resting: &mut watch::Receiver<bool>) {
    _ = resting.wait_for(|resting| *resting).await;
}

/// What an invocation says about what started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    Handled,
    Failed,
    /// The host has given up its handler: that says nothing about the message.
    Untried,
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
            .log
            .error(CATEGORY, format!("The listener for function 'Functions.{name}' was unable to start.\n{reason}"));
    }

    /// Invokes the function. The log has the reasons if that fails.
    pub(crate) async fn invoke(&self, trigger: Trigger) -> Judgement {
        match invoke::invoke(&self.host, &self.running, &self.function, trigger).await {
            Ok(_) => Judgement::Handled,
            Err(failed) if failed.is_stopping || self.running.is_given_up() => Judgement::Untried,
            Err(_) => Judgement::Failed,
        }
    }
}
