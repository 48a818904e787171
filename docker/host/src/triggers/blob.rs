//! The blob trigger (protocol.md#blob-trigger and #blob-polling): containers are scanned, what is new goes to a queue of this
//! host, and from there to the functions.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use storage::{Blob, Container, Download, Error, Queue};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::context::{CATEGORY, Context, Judgement, rest};
use super::host_id::host_id;
use super::listener::{self, Source, processors};
use super::timer::HOSTS_CONTAINER;
use super::trouble::Trouble;
use super::{blob_properties, receipt};
use crate::app::{Binding, Diagnostic, HostOptions, MessageEncoding};
use crate::bindings::changes::Changes;
use crate::bindings::{Bindings, output};
use crate::envelope::data::{BindingData, Value};
use crate::grammar::blob_path::BlobPattern;
use crate::host::Host;
use crate::host::running::Running;
use crate::invoke::Trigger;
use crate::log::Log;

const SCAN_INTERVAL_SECONDS: u64 = 10;
/// How often a container of the storage emulator is scanned (recording D16).
const DEVELOPMENT_SCAN_INTERVAL_SECONDS: u64 = 2;
/// How many blobs are under way at most, for each processor, unless host.json says otherwise.
const PARALLELISM_PER_PROCESSOR: u32 = 8;
const LARGEST_BATCH: u32 = 32;
/// Where the messages of blobs go that cannot be handled.
const POISON_QUEUE: &str = "webjobs-blobtrigger-poison";

/// Finds blobs for these functions and invokes them until it is asked to stop.
pub(super) async fn listen(
    host: Arc<Host>,
    running: Arc<Running>,
    contexts: Vec<Context>,
    resting: watch::Receiver<bool>,
) {
    let own = match running.bindings.connections.storage(None) {
        Ok(storage) => storage,
        Err(failure) => return contexts.iter().for_each(|context| context.does_not_listen(&failure)),
    };
    let id = host_id(&running.bindings.settings, &host.root);
    let queue = own.queue(format!("azure-webjobs-blobtrigger-{id}"));
    if let Err(error) = queue.create().await {
        host.log.error(CATEGORY, format!("The queue for new blobs cannot be created: {error}"));
    }
    let mut tasks = JoinSet::new();
    let mut watches = HashMap::new();
    for context in contexts {
        match Watch::new(&context, own.container(HOSTS_CONTAINER), &id, queue.clone()) {
            Ok(watch) => {
                let watch = Arc::new(watch);
                watches.insert(function_id(&context.function.name), Arc::clone(&watch));
                tasks.spawn(scan(watch, resting.clone()));
            }
            Err(failure) => context.does_not_listen(failure),
        }
    }
    let source = source(queue, own.queue(POISON_QUEUE), &running.app.options, host.log.clone());
    let changes = running.bindings.changes.subscribe();
    let watches = Arc::new(watches);
    tasks.spawn(listener::listen(source, changes, resting, move |_, bytes| {
        let watches = Arc::clone(&watches);
        async move { process(&watches, &bytes).await }
    }));
    while tasks.join_next().await.is_some() {}
}

/// The trigger that an operator's `container/blob` means, the blob's content included.
pub(super) async fn posted(
    bindings: &Bindings,
    binding: &Binding,
    reason: String,
    path: &str,
) -> Result<Trigger, Diagnostic> {
    let (container, name) = path.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or_else(|| {
        Diagnostic::of_whole(format!("`{path}` is not the path of a blob"))
            .hint("post `{\"input\":\"container/name\"}`")
    })?;
    let blob = bindings.connections.storage(binding.connection.as_deref())?.container(container).blob(name);
    let download = read(&blob).await.map_err(Diagnostic::from)?;
    let download = download.ok_or_else(|| Diagnostic::of_whole(format!("there is no blob `{path}`")))?;
    // A path that does not fit the pattern has no values for its names.
    let captures = binding.blob_pattern(&bindings.settings)?.captures(name);
    Ok(trigger(binding, reason, Found { blob: &blob, download, captures: captures.unwrap_or_default() }))
}

#[derive(Debug)]
struct Watch {
    context: Context,
    pattern: BlobPattern,
    container: Container,
    hosts: Container,
    /// Whose receipts say which blobs were handed over: the host and the function in it.
    owner: String,
    /// Where new blobs are handed over.
    queue: Queue,
    interval: Duration,
}

impl Watch {
    fn new(context: &Context, hosts: Container, host_id: &str, queue: Queue) -> Result<Self, Diagnostic> {
        let binding = &context.function.trigger;
        let bindings = &context.running.bindings;
        let pattern = binding.blob_pattern(&bindings.settings)?;
        let storage = bindings.connections.storage(binding.connection.as_deref())?;
        let seconds =
            if storage.account().is_development() { DEVELOPMENT_SCAN_INTERVAL_SECONDS } else { SCAN_INTERVAL_SECONDS };
        Ok(Self {
            container: storage.container(&pattern.container),
            pattern,
            context: context.clone(),
            hosts,
            owner: format!("{host_id}/{}", function_id(&context.function.name)),
            queue,
            interval: Duration::from_secs(seconds),
        })
    }

    fn changes(&self) -> &Changes {
        &self.context.running.bindings.changes
    }

    /// Hands over every blob that has no receipt yet. `known` are versions that have one.
    async fn sweep(&self, known: &mut HashSet<(String, String)>) -> Result<(), Error> {
        let found = match self.container.list("").await {
            Ok(found) => found,
            // A container that is missing may be created later (protocol.md#blob-polling).
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        let versions: HashSet<(String, String)> = found
            .into_iter()
            .filter(|item| self.pattern.captures(&item.name).is_some())
            .map(|item| (item.name, item.etag))
            .collect();
        known.retain(|version| versions.contains(version));
        let new: Vec<_> = versions.into_iter().filter(|version| !known.contains(version)).collect();
        for (name, etag) in new {
            if self.hand_over(&name, &etag).await? {
                known.insert((name, etag));
            }
        }
        Ok(())
    }

    async fn hand_over(&self, name: &str, etag: &str) -> Result<bool, Error> {
        let blob = self.container.blob(name);
        let function = &self.context.function.name;
        let receipt = receipt::receipt(&self.hosts, &self.owner, &blob, etag);
        receipt::once(&receipt, async || {
            let message = json!({
                "Type": "BlobTrigger",
                "FunctionId": function_id(function),
                "BlobType": "BlockBlob",
                "ContainerName": self.container.name(),
                "BlobName": name,
                "ETag": format!("\"{etag}\""),
            });
            self.queue.put(&output::encode(message.to_string().as_bytes(), MessageEncoding::Base64)).await?;
            self.changes().announce_message(&self.queue);
            Ok(())
        })
        .await
    }

    /// Invokes the function with one version of a blob. One that is gone or has changed counts as handled: a new version
    /// comes by itself.
    async fn invoke(&self, name: &str, etag: &str) -> Judgement {
        let blob = self.container.blob(name);
        let download = match read(&blob).await {
            Ok(Some(download)) if download.properties.etag == etag => download,
            Ok(_) => return Judgement::Handled,
            Err(error) => {
                self.context.host.log.warning(CATEGORY, format!("The blob '{name}' cannot be read: {error}"));
                return Judgement::Failed;
            }
        };
        let Some(captures) = self.pattern.captures(name) else { return Judgement::Handled };
        let reason = format!("New blob detected: {}/{name}", self.container.name());
        self.context
            .invoke(trigger(&self.context.function.trigger, reason, Found { blob: &blob, download, captures }))
            .await
    }
}

/// Looks for new blobs every few seconds, and whenever this host itself has written one into the container.
async fn scan(watch: Arc<Watch>, mut resting: watch::Receiver<bool>) {
    let mut known = HashSet::new();
    let mut trouble = Trouble::default();
    let mut changes = watch.changes().subscribe();
    let address = watch.container.blob("").url();
    while !*resting.borrow() {
        let (log, name) = (&watch.context.host.log, watch.container.name());
        match watch.sweep(&mut known).await {
            Ok(()) if trouble.is_over() => {
                log.information(CATEGORY, format!("The container '{name}' is scanned again"))
            }
            Ok(()) => {}
            Err(error) => {
                let text = trouble.of_failure(format_args!("The container '{name}' cannot be scanned: {error}"));
                text.into_iter().for_each(|text| log.warning(CATEGORY, text));
            }
        }
        tokio::select! {
            () = rest(&mut resting) => {}
            () = sleep(watch.interval) => {}
            () = changes.change(|written| written.starts_with(&address)) => {}
        }
    }
}

/// Handles one message of the queue of new blobs. One that names a function that is gone is handled.
async fn process(watches: &HashMap<String, Arc<Watch>>, message: &[u8]) -> Judgement {
    let Ok(message) = serde_json::from_slice::<serde_json::Value>(message) else { return Judgement::Failed };
    let text = |name: &str| message.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    match watches.get(text("FunctionId")) {
        Some(watch) if watch.container.name() == text("ContainerName") => {
            watch.invoke(text("BlobName"), text("ETag").trim_matches('"')).await
        }
        _ => Judgement::Handled,
    }
}

/// A blob, its content, and the values of the pattern's names in its name.
struct Found<'a> {
    blob: &'a Blob,
    download: Download,
    captures: Vec<(String, String)>,
}

/// What the handler gets for a blob (recordings D16, D17): always bytes, whatever the `dataType`.
fn trigger(binding: &Binding, reason: String, found: Found<'_>) -> Trigger {
    let Found { blob, download, captures } = found;
    let metadata = blob_properties::metadata(&download.properties.metadata);
    let mut data = BindingData::default();
    data.set("BlobTrigger", format!("{}/{}", blob.container(), blob.name()));
    data.set("Uri", blob.url());
    data.set("Properties", Value::Json(blob_properties::to_json(&download.properties, &metadata)));
    data.set("Metadata", Value::Json(metadata));
    for (name, value) in &captures {
        data.set(name, value.as_str());
    }
    let source = Some(format!("{}/{}", blob.container(), blob.name()));
    Trigger { source, ..Trigger::new(binding, reason, Value::Bytes(download.bytes), data) }
}

/// A blob with all its properties: some storage returns only to a request for nothing else (recording D16: the access tier), and
/// names of user metadata come in lower case except in lists.
async fn read(blob: &Blob) -> Result<Option<Download>, Error> {
    let Some(download) = blob.get().await? else { return Ok(None) };
    let etag = &download.properties.etag;
    let Some(mut properties) = blob.properties().await?.filter(|properties| properties.etag == *etag) else {
        return Ok(None);
    };
    if !properties.metadata.is_empty() {
        let same = blob.item().await?.filter(|item| item.etag == *etag);
        properties.metadata = same.map(|item| item.metadata).unwrap_or(properties.metadata);
    }
    Ok(Some(Download { properties, ..download }))
}

fn function_id(function: &str) -> String {
    format!("Host.Functions.{function}")
}

/// How the queue of new blobs is taken (protocol.md#other-keys, `extensions.blobs`).
fn source(queue: Queue, poison: Queue, options: &HostOptions, log: Log) -> Source {
    let default = PARALLELISM_PER_PROCESSOR.saturating_mul(u32::try_from(processors()).unwrap_or(1));
    let parallelism = options.blobs.max_degree_of_parallelism.unwrap_or(default);
    let batch = LARGEST_BATCH.min(parallelism / 2 + 1);
    Source {
        queue,
        log,
        poison: Some(poison),
        encoding: MessageEncoding::Base64,
        batch,
        threshold: parallelism.saturating_sub(batch) as usize,
        longest_wait: options.queues.max_polling_interval,
        retry_after: Duration::ZERO,
        attempts: u64::from(options.blobs.poison_blob_threshold),
    }
}
