//! The queue trigger (protocol.md#queue-trigger and #queue-polling).

use std::sync::Arc;

use chrono::NaiveDateTime;
use storage::QueueMessage;
use tokio::sync::watch;

use super::context::{Context, Judgement};
use super::listener::{self, Source, processors};
use crate::app::{Binding, DataType, Diagnostic, HostOptions};
use crate::envelope::data::{BindingData, Value};
use crate::grammar::queue_name;
use crate::host::execution::Execution;
use crate::invoke::Trigger;
use dotnet_text::date::{DateTime, Zone};

const POISON: &str = "-poison";

/// Takes messages for one function until it is asked to stop.
pub(super) async fn listen(context: Context, resting: watch::Receiver<bool>) {
    let source = match source(&context) {
        Ok(source) => source,
        Err(failure) => return context.does_not_listen(failure),
    };
    let changes = context.running.bindings.changes.subscribe();
    let name: Arc<str> = source.queue.name().into();
    listener::listen(source, changes, resting, move |message, bytes| {
        let (context, name) = (context.clone(), Arc::clone(&name));
        async move {
            let reason = format!("New queue message detected on '{name}'.");
            match trigger(&context.function.trigger, reason.clone(), message, &bytes) {
                Ok(trigger) => context.invoke(trigger).await,
                Err(failure) => {
                    Execution::begin(&context.host, &context.running, &context.function, reason).failed(failure);
                    Judgement::Failed
                }
            }
        }
    })
    .await;
}

/// What the handler gets for a message with these bytes (recordings D04, D05, SX-*).
/// One that was only posted to the admin route has no id and no receipt.
///
/// # Errors
/// Where the binding wants a text and the bytes are none: of UTF-8 alone, whose byte order mark is a letter like others
/// (`BinaryDataExtensions.ToValidUTF8String`).
pub(super) fn trigger(
    binding: &Binding,
    reason: String,
    message: QueueMessage,
    bytes: &[u8],
) -> Result<Trigger, Diagnostic> {
    let text = std::str::from_utf8(bytes);
    let source = Some(message.id).filter(|id| !id.is_empty());
    let mut data = BindingData::default();
    if let Ok(text) = text {
        data.set("QueueTrigger", text);
    }
    data.set("DequeueCount", i64::try_from(message.dequeue_count).unwrap_or(i64::MAX));
    data.set("ExpirationTime", date(message.expiration_time));
    if let Some(id) = &source {
        data.set("Id", id.as_str());
    }
    data.set("InsertionTime", date(message.insertion_time));
    data.set("NextVisibleTime", date(message.next_visible_time));
    if source.is_some() {
        data.set("PopReceipt", message.pop_receipt);
    }
    let value = match binding.data_type {
        Some(DataType::Binary | DataType::Stream) => Value::Bytes(bytes.to_vec().into()),
        _ => {
            let text = text.map_err(|error| {
                Diagnostic::of_whole(format!("the queue message is not text: {error}"))
                    .hint("set `dataType` to `binary` to get its bytes")
            })?;
            data.add_properties_over_system(text);
            Value::from(text)
        }
    };
    Ok(Trigger { source, ..Trigger::new(binding, reason, value, data) })
}

/// A date of storage as the handler sees it: with the offset of UTC.
pub(super) fn date(wall: NaiveDateTime) -> Value {
    Value::Date(DateTime { wall, zone: Zone::Offset(0) })
}

/// How many messages of a batch may still be under way when the next is taken.
pub(super) fn default_threshold(batch: u32) -> usize {
    (batch as usize / 2) * processors()
}

fn source(context: &Context) -> Result<Source, Diagnostic> {
    let HostOptions { queues, .. } = &context.running.app.options;
    let binding = &context.function.trigger;
    let bindings = &context.running.bindings;
    let storage = bindings.connections.storage(binding.connection.as_deref())?;
    let name = binding.queue(&bindings.settings)?;
    Ok(Source {
        poison: poison_name(&name).map(|name| storage.queue(name)),
        queue: storage.queue(name),
        log: context.host.log.clone(),
        encoding: queues.message_encoding,
        batch: queues.batch_size,
        threshold: queues.new_batch_threshold.map_or_else(|| default_threshold(queues.batch_size), |it| it as usize),
        longest_wait: queues.max_polling_interval,
        retry_after: queues.visibility_timeout,
        attempts: u64::from(queues.max_dequeue_count),
    })
}

/// A poison queue has no poison queue, nor has one whose name would get too long (protocol.md#queue-polling).
fn poison_name(queue: &str) -> Option<String> {
    let name = format!("{queue}{POISON}");
    (!queue.ends_with(POISON) && name.len() <= queue_name::LIMIT).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poison_queues_have_none_of_their_own() {
        assert_eq!(poison_name("orders").as_deref(), Some("orders-poison"));
        assert_eq!(poison_name("orders-poison"), None);
        assert_eq!(poison_name(&"q".repeat(57)), None);
    }
}
