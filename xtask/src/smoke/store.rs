//! The storage account of a running app, in the words of the contract.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use storage::{PutBlob, QueueMessage};

use crate::sample::case::{BlobPath, Case};
use crate::sample::contract::Contract;

/// Long enough to read a queue to its end before a message shows again.
const HIDDEN: Duration = Duration::from_secs(60);
/// The most messages one call gives.
const AT_ONCE: u32 = 32;

/// A storage account, reached from this machine.
pub struct Store(storage::Storage);

impl Store {
    /// Connects to an account; nothing is sent yet.
    pub fn connect(connection_string: &str) -> Result<Store> {
        storage::Storage::connect(connection_string).map(Store).map_err(|error| {
            let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            anyhow!("cannot use the connection string: {error}{hint}")
        })
    }

    /// Makes the queues and containers that triggers watch.
    pub async fn prepare(&self, queues: &BTreeSet<String>, containers: &BTreeSet<String>) -> Result<()> {
        for queue in queues {
            self.0.queue(queue).create().await.with_context(|| format!("queue `{queue}`"))?;
        }
        for container in containers {
            self.0.container(container).create().await.with_context(|| format!("container `{container}`"))?;
        }
        Ok(())
    }

    /// Empties every queue and container that the contract names, poison queues included, but for containers `in_use`. Nothing
    /// else is touched: the account may be a person's own.
    pub async fn clear(&self, contract: &Contract, in_use: &BTreeSet<&str>) -> Result<()> {
        let cases = || contract.function.iter().flat_map(|function| &function.case);
        let queues: BTreeSet<&str> = cases().flat_map(Case::queues).map(without_poison).collect();
        let containers: BTreeSet<&str> = cases().flat_map(Case::containers).collect();
        let there = self.0.queues("").await?;
        let ours = there.iter().filter(|queue| queues.contains(without_poison(queue)));
        let cleared =
            ours.map(async |queue| self.0.queue(queue).clear().await.with_context(|| format!("queue `{queue}`")));
        try_join_all(cleared).await?;
        let there = self.0.containers("").await?;
        let is_ours = |name: &&String| containers.contains(name.as_str()) && !in_use.contains(name.as_str());
        for name in there.iter().filter(is_ours) {
            let container = self.0.container(name);
            for blob in container.list("").await.with_context(|| format!("container `{name}`"))? {
                container.blob(&blob.name).delete().await.with_context(|| format!("blob `{name}/{}`", blob.name))?;
            }
        }
        Ok(())
    }

    /// Deletes all there is: the account is ours alone.
    pub async fn delete_all(&self) -> Result<()> {
        for queue in self.0.queues("").await? {
            self.0.queue(&queue).delete().await.with_context(|| format!("queue `{queue}`"))?;
        }
        for container in self.0.containers("").await? {
            self.0.container(&container).delete().await.with_context(|| format!("container `{container}`"))?;
        }
        Ok(())
    }

    /// Puts texts on a queue, in base64 as the host reads them.
    pub async fn put_messages(&self, queue: &str, texts: &[String]) -> Result<()> {
        let handle = self.0.queue(queue);
        for text in texts {
            handle.put(&STANDARD.encode(text)).await.with_context(|| format!("cannot put a message on `{queue}`"))?;
        }
        Ok(())
    }

    /// How many messages a queue holds, hidden ones included; 0 if there is no queue.
    pub async fn count_messages(&self, queue: &str) -> Result<u64> {
        Ok(self.0.queue(queue).length().await.with_context(|| format!("queue `{queue}`"))?.unwrap_or(0))
    }

    /// Takes every message off a queue that can be seen, as texts, and leaves the queue empty. One that is not base64 of UTF-8 is
    /// shown as it is stored.
    pub async fn take_messages(&self, queue: &str) -> Result<Vec<String>> {
        let handle = self.0.queue(queue);
        let mut texts = Vec::new();
        if self.count_messages(queue).await? == 0 {
            return Ok(texts);
        }
        let cannot = || format!("cannot read queue `{queue}`");
        loop {
            let messages = handle.receive(AT_ONCE, HIDDEN).await.with_context(cannot)?;
            if messages.is_empty() {
                break;
            }
            let text = |message: QueueMessage| {
                decode(&message.text).unwrap_or_else(|| format!("(not base64 text) {}", message.text))
            };
            texts.extend(messages.into_iter().map(text));
        }
        handle.clear().await.with_context(cannot)?;
        Ok(texts)
    }

    pub async fn put_blob(&self, path: &BlobPath, content: Vec<u8>) -> Result<()> {
        let (blob, options) = (self.0.container(&path.container).blob(&path.name), PutBlob::default());
        blob.put(content, &options).await.with_context(|| format!("cannot upload `{path}`"))
    }

    /// The content of a blob; `None` if there is no such blob.
    pub async fn get_blob(&self, path: &BlobPath) -> Result<Option<Vec<u8>>> {
        let blob = self.0.container(&path.container).blob(&path.name);
        let download = blob.get().await.with_context(|| format!("cannot download `{path}`"))?;
        Ok(download.map(|download| download.bytes.to_vec()))
    }

    pub async fn has_blob(&self, path: &BlobPath) -> Result<bool> {
        let blob = self.0.container(&path.container).blob(&path.name);
        Ok(blob.properties().await.with_context(|| format!("cannot look at `{path}`"))?.is_some())
    }
}

/// The queue whose poison queue this is, or the queue itself.
fn without_poison(queue: &str) -> &str {
    queue.trim_end_matches("-poison")
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}
