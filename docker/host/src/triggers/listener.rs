//! Taking messages from a queue and settling each by what becomes of it (protocol.md#queue-polling).

use std::sync::Arc;
use std::time::Duration;

use storage::{Error, Queue, QueueMessage};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::backoff::Backoff;
use super::context::{CATEGORY, until};
use crate::app::MessageEncoding;
use crate::bindings::changes::Change;
use crate::bindings::output;
use crate::log::Log;

/// How long a message that was taken stays invisible to others.
const LEASE_SECONDS: u64 = 600;
/// When a lease is renewed: at half of its time.
const RENEWAL_SECONDS: u64 = LEASE_SECONDS / 2;
/// How often a message is settled before it is left to the end of its lease.
const SETTLE_ATTEMPTS: u32 = 3;

/// A queue, and how its messages are taken.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) queue: Queue,
    pub(super) log: Log,
    /// Where messages go that cannot be handled; `None`: they stay invisible for the rest of their lease
    /// (protocol.md#queue-polling).
    pub(super) poison: Option<Queue>,
    pub(super) encoding: MessageEncoding,
    /// How many are taken at a time, 1 to 32.
    pub(super) batch: u32,
    /// More are taken when so few are under way.
    pub(super) threshold: usize,
    /// The longest wait between polls of an empty queue.
    pub(super) longest_wait: Duration,
    /// How long a failed message stays invisible.
    pub(super) retry_after: Duration,
    /// How often a message is tried.
    pub(super) attempts: u64,
}

/// Takes messages until it is told to stop, then waits for those under way. `handle` says whether a message was handled.
pub(super) async fn listen<H, R>(
    source: Source,
    mut changes: broadcast::Receiver<Change>,
    mut resting: watch::Receiver<bool>,
    handle: H,
) where
    H: Fn(QueueMessage, Vec<u8>) -> R + Send + Sync + 'static,
    R: Future<Output = bool> + Send + 'static,
{
    let (source, handle) = (Arc::new(source), Arc::new(handle));
    let mut under_way = JoinSet::new();
    let mut backoff = Backoff::new(source.longest_wait);
    while !*resting.borrow() {
        if !room(&mut under_way, source.threshold, &mut resting).await {
            break;
        }
        // Never given up half-way: messages in an answer that is not read would be gone until their leases end.
        let messages = taken(&source).await;
        if messages.is_empty() {
            tokio::select! {
                () = until(&mut resting, true) => {}
                () = sleep(backoff.next_wait()) => {}
                () = own_change(&mut changes, &source.queue) => backoff.reset(),
            }
        } else {
            backoff.reset();
            for message in messages {
                under_way.spawn(settle(Arc::clone(&source), Arc::clone(&handle), message));
            }
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Waits until at most `threshold` messages are under way; `false`: it is told to stop.
async fn room(under_way: &mut JoinSet<()>, threshold: usize, resting: &mut watch::Receiver<bool>) -> bool {
    while under_way.try_join_next().is_some() {}
    while under_way.len() > threshold {
        tokio::select! {
            () = until(resting, true) => return false,
            _ = under_way.join_next() => {}
        }
    }
    true
}

/// A queue that does not exist is an empty one: it may be created later (protocol.md#queue-polling).
async fn taken(source: &Source) -> Vec<QueueMessage> {
    match source.queue.receive(source.batch, Duration::from_secs(LEASE_SECONDS)).await {
        Ok(messages) => messages,
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => {
            source.log.warning(CATEGORY, format!("Cannot take messages from queue '{}': {error}", source.queue.name()));
            Vec::new()
        }
    }
}

/// Waits until this host itself has put a message into the queue.
async fn own_change(changes: &mut broadcast::Receiver<Change>, queue: &Queue) {
    let address = queue.url();
    loop {
        match changes.recv().await {
            Ok(Change::Message(queue)) if *queue == *address => return,
            Ok(_) => {}
            // So much was written that some of the changes are lost; ours may have been among them.
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// What becomes of a message after an attempt.
#[derive(Debug, Clone, Copy)]
enum Settlement<'a> {
    /// It was handled.
    Delete,
    /// It is tried again.
    Release,
    /// It cannot be handled.
    Poison(&'a Queue),
    /// It stays invisible for the rest of its lease: so it is, after the first failure already, where there is no poison queue to
    /// end up in (protocol.md#queue-polling).
    Leave,
}

fn settlement(poison: Option<&Queue>, is_handled: bool, is_last: bool) -> Settlement<'_> {
    match (poison, is_handled, is_last) {
        (_, true, _) => Settlement::Delete,
        (None, false, _) => Settlement::Leave,
        (Some(_), false, false) => Settlement::Release,
        (Some(poison), false, true) => Settlement::Poison(poison),
    }
}

async fn settle<H, R>(source: Arc<Source>, handle: Arc<H>, message: QueueMessage)
where
    H: Fn(QueueMessage, Vec<u8>) -> R,
    R: Future<Output = bool>,
{
    let (id, text, attempt) = (message.id.clone(), message.text.clone(), message.dequeue_count);
    let mut receipt = message.pop_receipt.clone();
    // A message cannot be read that is not in the queue's encoding, however often it is tried (protocol.md#queue-polling).
    let bytes = output::decode(&text, source.encoding).filter(|_| attempt <= source.attempts);
    let (is_handled, is_last) = match bytes {
        Some(bytes) => (renewing(&source, &id, &mut receipt, handle(message, bytes)).await, attempt >= source.attempts),
        None => (false, true),
    };
    let settled = async || match settlement(source.poison.as_ref(), is_handled, is_last) {
        Settlement::Delete => source.queue.delete_message(&id, &receipt).await.map(drop),
        Settlement::Release => source.queue.update(&id, &receipt, source.retry_after).await.map(drop),
        Settlement::Poison(poison) => {
            let name = poison.name();
            source.log.information(
                CATEGORY,
                format!(
                    "Message has reached MaxDequeueCount of {} or cannot be read. Moving message to queue '{name}'.",
                    source.attempts
                ),
            );
            poison.put(&text).await?;
            source.queue.delete_message(&id, &receipt).await.map(drop)
        }
        Settlement::Leave => Ok(()),
    };
    for attempt in 1.. {
        match settled().await {
            Err(Error::Unreachable { .. }) if attempt < SETTLE_ATTEMPTS => {}
            Err(error) if !error.is_not_found() => {
                return source.log.warning(CATEGORY, format!("Message '{id}' stays until its lease ends: {error}"));
            }
            _ => return,
        }
    }
}

/// Waits for what becomes of a message, and keeps it ours for so long.
async fn renewing(source: &Source, id: &str, receipt: &mut String, handled: impl Future<Output = bool>) -> bool {
    let mut handled = std::pin::pin!(handled);
    loop {
        tokio::select! {
            is_handled = handled.as_mut() => return is_handled,
            () = sleep(Duration::from_secs(RENEWAL_SECONDS)) => {}
        }
        match source.queue.update(id, receipt, Duration::from_secs(LEASE_SECONDS)).await {
            Ok(renewed) => *receipt = renewed,
            Err(error) => source.log.warning(CATEGORY, format!("The lease of message '{id}' is not renewed: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Settings;
    use crate::bindings::Bindings;

    #[test]
    fn without_a_poison_queue_a_failed_message_is_left_alone() {
        assert!(matches!(settlement(None, true, false), Settlement::Delete));
        assert!(matches!(settlement(None, false, false), Settlement::Leave));
        assert!(matches!(settlement(None, false, true), Settlement::Leave));
    }

    #[test]
    fn a_failed_message_is_tried_again_until_it_is_poison() {
        let settings: Settings = [("AzureWebJobsStorage", "UseDevelopmentStorage=true")].into_iter().collect();
        let bindings = Bindings::new(&settings, MessageEncoding::Base64);
        let poison = bindings.connections.storage(None).unwrap().queue("orders-poison");
        let poison = Some(&poison);
        assert!(matches!(settlement(poison, true, true), Settlement::Delete));
        assert!(matches!(settlement(poison, false, false), Settlement::Release));
        assert!(matches!(settlement(poison, false, true), Settlement::Poison(_)));
    }
}
