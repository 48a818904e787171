//! What starts invocations besides HTTP: queues, blobs and timers (protocol.md#storage-triggers).
//!
//! [`run`] gives every trigger of an app its listener: [`queue`] takes messages, [`blob`] finds blobs and hands them over to
//! a queue of its own, [`timer`] waits for the next occurrence of a schedule. [`manual`] is the other way in: what an
//! operator posts to the admin route in place of a trigger.

pub mod backoff;
pub mod blob;
mod blob_properties;
mod context;
mod host_id;
mod listener;
pub mod manual;
pub mod queue;
mod receipt;
pub mod timer;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::BindingKind;
use crate::host::running::Running;
use crate::host::{Host, State};

use context::Context;
pub use host_id::host_id;

/// How long invocations under way may take to end when the host stops. After that their messages come back when their leases
/// end.
const STOP_TIMEOUT_SECONDS: u64 = 30;

/// Listens for every trigger of the app that the host serves, whichever that is, except while the host is drained or has given up
/// its handler. Ends when the host stops, after the invocations under way.
pub async fn run(host: Arc<Host>) {
    let (mut states, mut drained) = (host.states(), host.drained());
    let mut resting = JoinSet::new();
    loop {
        let running = match &*states.borrow_and_update() {
            State::Running(running) if !*drained.borrow_and_update() && !running.is_given_up() => {
                Some(Arc::clone(running))
            }
            _ => None,
        };
        let (rest, to_rest) = watch::channel(false);
        if let Some(running) = &running {
            listen_to_all(&mut resting, &host, running, &to_rest);
        }
        let is_stopping = tokio::select! {
            () = given_up(running.as_deref()) => false,
            () = a_panic(&mut resting) => false,
            _ = states.changed() => false,
            _ = drained.changed() => false,
            () = host.stop_requested() => true,
        };
        // The listeners of the old app finish what is under way while those of the new one begin.
        rest.send_replace(true);
        if is_stopping {
            let rested = async { while resting.join_next().await.is_some() {} };
            _ = tokio::time::timeout(Duration::from_secs(STOP_TIMEOUT_SECONDS), rested).await;
            return;
        }
    }
}

/// Waits until one of these panics, and passes that on: without it the app would seem to be served.
async fn a_panic(listeners: &mut JoinSet<()>) {
    while let Some(ended) = listeners.join_next().await {
        if let Err(Ok(panic)) = ended.map_err(tokio::task::JoinError::try_into_panic) {
            std::panic::resume_unwind(panic);
        }
    }
    std::future::pending().await
}

/// Waits until the handler is given up: messages would be taken in vain.
async fn given_up(running: Option<&Running>) {
    match running {
        Some(running) => running.given_up().await,
        None => std::future::pending().await,
    }
}

fn listen_to_all(
    listeners: &mut JoinSet<()>,
    host: &Arc<Host>,
    running: &Arc<Running>,
    resting: &watch::Receiver<bool>,
) {
    let mut blobs = Vec::new();
    for function in running.app.loaded().filter(|function| !function.disabled) {
        let kind = function.trigger.kind;
        let context = Context { host: Arc::clone(host), running: Arc::clone(running), function: Arc::new(function) };
        match kind {
            BindingKind::QueueTrigger => _ = listeners.spawn(queue::listen(context, resting.clone())),
            BindingKind::TimerTrigger => _ = listeners.spawn(timer::listen(context, resting.clone())),
            BindingKind::BlobTrigger => blobs.push(context),
            _ => {}
        }
    }
    if !blobs.is_empty() {
        listeners.spawn(blob::listen(Arc::clone(host), Arc::clone(running), blobs, resting.clone()));
    }
}
