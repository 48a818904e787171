//! The host as its admin endpoints see it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::endpoint::Operator;
use crate::app::{App, LoadedFunction, Settings};
use crate::host::keys::Keys;
use crate::host::{Host, State, StateName};
use crate::log;
use crate::triggers::manual;

impl Operator for Arc<Host> {
    fn app(&self) -> Arc<App> {
        Arc::clone(Host::state(self).app())
    }

    fn keys(&self) -> &Keys {
        Host::keys(self)
    }

    fn settings(&self) -> &Settings {
        Host::settings(self)
    }

    fn state(&self) -> StateName {
        Host::state(self).name()
    }

    fn errors(&self) -> Vec<String> {
        match Host::state(self) {
            State::Error(app, _) => app.errors.clone(),
            _ => Vec::new(),
        }
    }

    fn uptime_milliseconds(&self) -> u64 {
        u64::try_from(Host::uptime(self).as_millis()).unwrap_or(u64::MAX)
    }

    fn is_drained(&self) -> bool {
        *Host::drained(self).borrow()
    }

    fn drain(&self, drained: bool) {
        Host::drain(self, drained);
    }

    fn outstanding_invocations(&self) -> usize {
        self.invocations().load(Ordering::Relaxed)
    }

    fn invoke(&self, function: LoadedFunction, input: Option<String>) {
        if let Some(running) = self.running() {
            tokio::spawn(manual::invoke(Arc::clone(self), running, Arc::new(function), input));
        }
    }

    fn restart(&self) {
        let host = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(trouble) = host.load("The host starts anew: an operator wants it").await {
                host.log().error(log::HOST, trouble);
            }
        });
    }

    fn log_error(&self, message: &str) {
        self.log().error(log::HOST, message);
    }
}
