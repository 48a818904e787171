//! Taking messages from a queue and settling each by what becomes of it (protocol.md#queue-polling).

use std::sync::Arc;
use std::time::Duration;

use storage::{Error, Queue, QueueMessage};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use super::context::{CATEGORY, Judgement, rest};
use super::trouble::Trouble;
use crate::app::{Diagnostic, MessageEncoding};
use crate::bindings::changes::Announced;
use crate::bindings::output;
use crate::log::Log;

/// How long a message that was taken stays invisible to others.
const LEASE_SECONDS: u64 = 600;
/// When a lease is renewed: at half of its time.
const RENEWAL_SECONDS: u64 = LEASE_SECONDS / 2;
/// How long storage is asked to settle a message: its lease lasts at least so long once it has been handled.
const SETTLE_LIMIT_SECONDS: u64 = RENEWAL_SECONDS - 60;
const LONGEST_SETTLE_PAUSE_SECONDS: u64 = 10;

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
    pub(super) longest_wait: Duration,
    pub(super) retry_after: Duration,
    pub(super) attempts: u64,
}

/// Takes messages until it is asked to stop, then waits for those under way. `handle` judges a message.
pub(super) async fn listen<H, R>(source: Source, mut changes: Announced, mut resting: watch::Receiver<bool>, handle: H)
where
    H: Fn(QueueMessage, Vec<u8>) -> R + Send + Sync + 'static,
    R: Future<Output = Judgement> + Send + 'static,
{
    let (source, handle) = (Arc::new(source), Arc::new(handle));
    let mut under_way = JoinSet::new();
    let mut backoff = Backoff::new(source.longest_wait);
    let mut trouble = Trouble::default();
    let address = source.queue.url();
    while !*resting.borrow() {
        if !room(&mut under_way, source.threshold, &mut resting).await {
            break;
        }
        // Not cancelled half-way: messages in a response that is not read would be gone until their leases end.
        let messages = taken(&source, &mut trouble).await;
        if messages.is_empty() {
            tokio::select! {
                () = rest(&mut resting) => {}
                () = sleep(backoff.next_wait()) => {}
                () = changes.change(|written| *written == *address) => backoff.reset(),
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

/// Waits until at most `threshold` messages are under way; `false`: it is asked to stop.
async fn room(under_way: &mut JoinSet<()>, threshold: usize, resting: &mut watch::Receiver<bool>) -> bool {
    while under_way.try_join_next().is_some() {}
    while under_way.len() > threshold {
        tokio::select! {
            () = rest(resting) => return false,
            _ = under_way.join_next() => {}
        }
    }
    true
}

/// A queue that does not exist is an empty one: it may be created later (protocol.md#queue-polling).
async fn taken(source: &Source, trouble: &mut Trouble) -> Vec<QueueMessage> {
    let name = source.queue.name();
    let messages = match source.queue.receive(source.batch, Duration::from_secs(LEASE_SECONDS)).await {
        Ok(messages) => messages,
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => {
            if let Some(text) = trouble.of_failure(format_args!("Cannot take messages from queue '{name}': {error}")) {
                source.log.warning(CATEGORY, text);
            }
            return Vec::new();
        }
    };
    if trouble.is_over() {
        source.log.information(CATEGORY, format!("Messages are taken from queue '{name}' again"));
    }
    messages
}

#[derive(Debug, Clone, Copy)]
enum Settlement<'a> {
    Delete,
    Release,
    Poison(&'a Queue),
    /// It stays invisible for the rest of its lease: after its first failure if there is no poison queue (protocol.md#queue-polling),
    /// and if no handler has seen it.
    Leave,
}

fn settlement(poison: Option<&Queue>, judgement: Judgement, is_last: bool) -> Settlement<'_> {
    match (judgement, poison) {
        (Judgement::Handled, _) => Settlement::Delete,
        (Judgement::Untried, _) | (Judgement::Failed, None) => Settlement::Leave,
        (Judgement::Failed, Some(poison)) if is_last => Settlement::Poison(poison),
        (Judgement::Failed, Some(_)) => Settlement::Release,
    }
}

async fn settle<H, R>(source: Arc<Source>, handle: Arc<H>, message: QueueMessage)
where
    H: Fn(QueueMessage, Vec<u8>) -> R,
    R: Future<Output = Judgement>,
{
    let (id, text, attempt) = (message.id.clone(), message.text.clone(), message.dequeue_count);
    let mut receipt = message.pop_receipt.clone();
    // A message in another encoding than the queue's cannot be read, however often it is tried (protocol.md#queue-polling).
    let decoded = output::decode(&text, source.encoding);
    let is_unreadable = decoded.is_none();
    let bytes = decoded.filter(|_| attempt <= source.attempts);
    let (judgement, is_last) = match bytes {
        Some(bytes) => (renewing(&source, &id, &mut receipt, handle(message, bytes)).await, attempt >= source.attempts),
        None => (Judgement::Failed, true),
    };
    let delete = || async { source.queue.delete_message(&id, &receipt).await.map(drop) };
    let settled = match settlement(source.poison.as_ref(), judgement, is_last) {
        Settlement::Delete => retried(delete).await,
        Settlement::Release => {
            retried(|| async { source.queue.update(&id, &receipt, source.retry_after).await.map(drop) }).await
        }
        Settlement::Poison(poison) => {
            source.log.information(CATEGORY, moving(source.attempts, poison, is_unreadable));
            // Each is tried again by itself: a message that is in the poison queue is not put there again.
            match retried(|| async { poison.put(&text).await.map(drop) }).await {
                Ok(()) => retried(delete).await,
                failed => failed,
            }
        }
        Settlement::Leave => Ok(()),
    };
    match settled {
        Err(error) if !error.is_not_found() => {
            source.log.warning(CATEGORY, format!("Message '{id}' stays until its lease ends: {error}"));
        }
        _ => {}
    }
}

/// What the log says of a message that goes to the poison queue. Why one cannot be read the real host keeps to itself.
fn moving(attempts: u64, poison: &Queue, is_unreadable: bool) -> Diagnostic {
    let name = poison.name();
    let text = format!(
        "Message has reached MaxDequeueCount of {attempts} or cannot be read. Moving message to queue '{name}'."
    );
    if !is_unreadable {
        return Diagnostic::of_whole(text);
    }
    Diagnostic::of_whole(format!("{text}\nThe text of the message is not base64")).hint(
        "encode it, or let host.json say that texts are plain: \"extensions\": {\"queues\": {\"messageEncoding\": \"none\"}}",
    )
}

/// Tries again, more and more slowly, while storage is out of reach and the lease lasts: to give up is to have a message handled twice.
async fn retried<C: Future<Output = Result<(), Error>>>(call: impl Fn() -> C) -> Result<(), Error> {
    let end = Instant::now() + Duration::from_secs(SETTLE_LIMIT_SECONDS);
    let mut backoff = Backoff::new(Duration::from_secs(LONGEST_SETTLE_PAUSE_SECONDS));
    loop {
        match call().await {
            Err(error) if is_passing(&error) && Instant::now() < end => sleep(backoff.next_wait()).await,
            settled => return settled,
        }
    }
}

/// How many messages are under way at once grows with these.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Unreachable { .. }) || error.status().is_some_and(|status| status >= 500)
}

/// Waits for what becomes of a message, and keeps it ours for so long.
async fn renewing(
    source: &Source,
    id: &str,
    receipt: &mut String,
    handled: impl Future<Output = Judgement>,
) -> Judgement {
    let mut handled = std::pin::pin!(handled);
    loop {
        tokio::select! {
            judgement = handled.as_mut() => return judgement,
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
    use std::cell::Cell;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::app::Settings;
    use crate::bindings::Bindings;

    #[test]
    fn without_a_poison_queue_a_failed_message_is_left_alone() {
        assert!(matches!(settlement(None, Judgement::Handled, false), Settlement::Delete));
        assert!(matches!(settlement(None, Judgement::Failed, false), Settlement::Leave));
        assert!(matches!(settlement(None, Judgement::Failed, true), Settlement::Leave));
    }

    #[tokio::test]
    async fn settling_waits_for_storage_that_comes_back() {
        let calls = Cell::new(0);
        let settled = retried(|| async {
            calls.set(calls.get() + 1);
            if calls.get() > 4 {
                Ok(())
            } else {
                Err(Error::Unreachable { call: String::new(), reason: String::new() })
            }
        });
        assert!(settled.await.is_ok());
        let refused = || Error::Refused { call: String::new(), status: 404, code: String::new() };
        assert!(retried(|| async { Err(refused()) }).await.is_err(), "that will not pass");
    }

    #[test]
    fn a_failed_message_is_tried_again_until_it_is_poison() {
        let settings: Settings = [("AzureWebJobsStorage", "UseDevelopmentStorage=true")].into_iter().collect();
        let bindings = Bindings::new(&settings, MessageEncoding::Base64);
        let poison = bindings.connections.storage(None).unwrap().queue("orders-poison");
        let poison = Some(&poison);
        assert!(matches!(settlement(poison, Judgement::Handled, true), Settlement::Delete));
        assert!(matches!(settlement(poison, Judgement::Failed, false), Settlement::Release));
        assert!(matches!(settlement(poison, Judgement::Failed, true), Settlement::Poison(_)));
        assert!(matches!(settlement(poison, Judgement::Untried, true), Settlement::Leave));
    }

    /// A storage that takes a message into the poison queue at once, and deletes one only when it is asked for the third time.
    async fn reluctant_storage(listener: tokio::net::TcpListener) -> Vec<String> {
        const PUT: &str = "<?xml version=\"1.0\"?><QueueMessagesList><QueueMessage><MessageId>1</MessageId></QueueMessage></QueueMessagesList>";
        let mut calls: Vec<String> = Vec::new();
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let method = loop {
                connection.read_buf(&mut request).await.unwrap();
                let text = String::from_utf8_lossy(&request);
                if text.contains("\r\n\r\n") && (!text.starts_with("POST") || text.contains("</QueueMessage>")) {
                    break text.split(' ').next().unwrap_or_default().to_owned();
                }
            };
            calls.push(method);
            let deletions = calls.iter().filter(|call| *call == "DELETE").count();
            let (status, body) = match (calls.last().map(String::as_str), deletions) {
                (Some("DELETE"), 1 | 2) => ("503 Busy", ""),
                (Some("DELETE"), _) => ("204 Deleted", ""),
                _ => ("201 Created", PUT),
            };
            let length = body.len();
            let response = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            connection.write_all(response.as_bytes()).await.unwrap();
            if deletions > 2 {
                return calls;
            }
        }
    }

    #[tokio::test]
    async fn a_message_is_put_into_the_poison_queue_once_however_often_it_has_to_be_deleted() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/here", listener.local_addr().unwrap());
        let connection = format!("AccountName=here;AccountKey=a2V5;QueueEndpoint={endpoint};BlobEndpoint={endpoint}");
        let storage = storage::Storage::connect(&connection).unwrap();
        let source = Source {
            queue: storage.queue("orders"),
            log: Log::default(),
            poison: Some(storage.queue("orders-poison")),
            encoding: MessageEncoding::None,
            batch: 1,
            threshold: 0,
            longest_wait: Duration::ZERO,
            retry_after: Duration::ZERO,
            attempts: 5,
        };
        let now = chrono::Utc::now().naive_utc();
        let message = QueueMessage {
            id: "1".to_owned(),
            text: "order".to_owned(),
            dequeue_count: 5,
            pop_receipt: "1".to_owned(),
            insertion_time: now,
            expiration_time: now,
            next_visible_time: now,
        };
        let handle = Arc::new(|_: QueueMessage, _: Vec<u8>| async { Judgement::Failed });
        let ((), calls) = tokio::join!(settle(Arc::new(source), handle, message), reluctant_storage(listener));
        assert_eq!(calls, ["POST", "DELETE", "DELETE", "DELETE"]);
    }
}
