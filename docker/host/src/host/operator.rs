//! The host as its admin endpoints see it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Host, State};
use crate::admin::Operator;
use crate::app::{App, Function, Settings};
use crate::invoke;
use crate::keys::Keys;
use crate::log;

impl Operator for Arc<Host> {
    fn app(&self) -> Arc<App> {
        Arc::clone(Host::state(self).app())
    }

    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn state(&self) -> &str {
        Host::state(self).name()
    }

    fn errors(&self) -> Vec<String> {
        match Host::state(self) {
            State::Error(app, _) => app.errors.clone(),
            _ => Vec::new(),
        }
    }

    fn uptime_milliseconds(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_drained(&self) -> bool {
        *self.drained.borrow()
    }

    fn drain(&self, drained: bool) {
        self.drained.send_replace(drained);
    }

    fn outstanding_invocations(&self) -> usize {
        self.invocations.load(Ordering::Relaxed)
    }

    fn invoke(&self, function: &Arc<Function>, input: Option<String>) {
        if let Some(running) = self.running() {
            tokio::spawn(invoke::manually(Arc::clone(self), running, Arc::clone(function), input));
        }
    }

    fn restart(&self) {
        self.load();
    }

    fn log_error(&self, message: &str) {
        self.log.error(log::HOST, message);
    }
}
