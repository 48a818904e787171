//! Azurite in a container, beside the app that uses it.

use anyhow::{Context, Result, anyhow};

use super::base_image;
use super::context::Entry;
use super::engine::Engine;
use super::image::ImageBuilder;
use super::resource::Container;
use crate::place::azurite;
use crate::process::log::Log;

/// The emulator's own port for blobs: every container has its own, so nobody else's are in the way.
pub const BLOB_PORT: u16 = 10_000;
/// The same for queues.
pub const QUEUE_PORT: u16 = 10_001;
const MEMORY_BYTES: i64 = 1 << 30;
const PIDS: i64 = 256;
/// How a storage account is reached.
#[derive(Clone, Debug)]
pub struct Account {
    /// From this machine.
    pub outside: String,
    /// From the app's container.
    pub inside: String,
}

/// Builds the emulator's image where its lock file, Node.js or the root has changed, and returns its name.
pub async fn image(builder: &ImageBuilder<'_>) -> Result<String> {
    let packages = azurite::install(builder.project, builder.report)?;
    let version = packages.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let modules = Entry::Path { name: "node_modules".to_owned(), source: packages.join("node_modules") };
    let made = base_image::with_node(builder, "azurite", modules, &version).await;
    Ok(made.context("cannot build the image of Azurite")?.name)
}

/// Starts the emulator and waits until it listens. In containers it is named by its address: Azurite takes the first part
/// of a name for an account's.
pub async fn start(engine: &Engine, container: Container) -> Result<Account> {
    let (name, network) = (container.name.clone(), container.network.clone());
    let limits = Container {
        confined: true,
        memory_bytes: MEMORY_BYTES,
        pids: PIDS,
        ports: vec![BLOB_PORT, QUEUE_PORT],
        ..container
    };
    engine.create(&limits).await?;
    engine.start(&name).await?;
    let log = Log::default();
    let reader = tokio::spawn(log.clone().read_pieces(engine.output(&name)));
    let listening = tokio::select! {
        listening = listening(&log) => listening,
        ended = engine.ended(&name) => Err(anyhow!("Azurite ended with exit code {}", ended?)),
    };
    reader.abort();
    listening.with_context(|| format!("Azurite did not start; it printed:\n  {}", log.since(0).join("\n  ")))?;
    let address = engine.address_in(&name, &network).await?;
    let inside = |port: u16| format!("http://{address}:{port}");
    let blob = format!("http://{}", engine.published(&name, BLOB_PORT).await?);
    let queue = format!("http://{}", engine.published(&name, QUEUE_PORT).await?);
    Ok(Account {
        outside: storage::development_connection_string(&blob, &queue),
        inside: storage::development_connection_string(&inside(BLOB_PORT), &inside(QUEUE_PORT)),
    })
}

async fn listening(log: &Log) -> Result<()> {
    for line in azurite::LISTENING {
        let seen = log.wait_for(0, line, azurite::START_LIMIT).await;
        seen.with_context(|| format!("no line `{line}` within {} s", azurite::START_LIMIT.as_secs()))?;
    }
    Ok(())
}
