//! A run in containers, from the engine to the base image; what it leaves is removed.

use std::time::Duration;

use anyhow::{Result, bail};

use super::base_image::{self, Asked, Base};
use super::engine::Engine;
use super::image::{self, ImageBuilder};
use super::{emulator, sweep};
use crate::process::{self, interrupt};
use crate::project::Project;
use crate::report::Report;

/// The most that a process which was asked to end at once goes on removing what it has started.
const LAST_LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Copy)]
pub struct Settings<'a> {
    pub project: &'a Project,
    pub base: &'a Asked,
    /// Leave a failed container, and print how to look into it.
    pub keep: bool,
    /// A storage account to use instead of an Azurite of our own.
    pub storage: Option<&'a str>,
    pub report: &'a Report,
}

/// What a run in containers needs beside the staged app.
pub struct DockerRun<'a> {
    pub images: ImageBuilder<'a>,
    pub(super) base: Base,
    pub(super) storage: Storage,
    pub(super) keep: bool,
}

/// What the apps of a run store in.
pub(super) enum Storage {
    /// An account that was named, by its connection string.
    Named(String),
    /// An Azurite for each app, from this image.
    Emulator(String),
}

/// Connects, removes what killed runs have left, and gets the base image and the emulator's image.
pub async fn prepare<'a>(settings: &Settings<'a>) -> Result<DockerRun<'a>> {
    let Settings { project, base, keep, storage, report } = *settings;
    if storage.is_some_and(is_loopback) {
        // The string holds the account's key, and this goes into the report.
        bail!(
            "the storage account of `--storage` is on this machine's loopback, which a container cannot reach\n\
             hint: leave `--storage` out, and each container gets an Azurite of its own"
        );
    }
    let engine = Engine::connect().await?;
    if let Some(mismatch) = mismatch(&engine.architecture, std::env::consts::ARCH) {
        bail!(mismatch);
    }
    if engine.is_elsewhere() {
        report.warn("the engine is on another machine: hosts and Azurite, whose key everybody knows, are open on all of its addresses while cases run");
    }
    clean_up_at_last();
    image::keep_all(&project.target())?;
    let swept = sweep::remove_of_the_dead(&engine).await?;
    if swept != sweep::Removed::default() {
        report.note(format!("removed what a killed run had left: {swept}"));
    }
    let images = ImageBuilder { engine, project, report };
    let base = base_image::choose(&images, base).await?;
    report.used("base image", &base.name);
    match base.kind {
        base_image::Kind::Official => report.note(base.says()),
        _ => report.warn(base.says()),
    }
    let storage = match storage {
        Some(account) => Storage::Named(account.to_owned()),
        None => Storage::Emulator(emulator::image(&images).await?),
    };
    Ok(DockerRun { images, base, storage, keep })
}

/// What a person who asks twice does not wait for is done by the process in its last seconds.
fn clean_up_at_last() {
    interrupt::at_last(|| {
        let Ok(runtime) = process::runtime() else { return };
        runtime.block_on(async {
            let removed = async { sweep::remove_of_this_run(&Engine::connect().await?).await };
            // Nobody is left to hear of an error; the next run removes what this one could not.
            let _ = tokio::time::timeout(LAST_LIMIT, removed).await;
        });
    });
}

/// Removes all that was ever ours from the engine, and says how much it was.
pub async fn clean() -> Result<String> {
    let engine = Engine::connect().await?;
    let removed = sweep::remove_all(&engine).await?;
    Ok(format!("{removed}, {} images", removed.images))
}

/// What to say if the engine's architecture differs from the one that apps are built for.
fn mismatch(engine: &str, machine: &str) -> Option<String> {
    let machine = match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    (engine != machine).then(|| {
        format!(
            "the engine runs `linux/{engine}`, and apps are built for `linux/{machine}` on this machine\n\
             hint: `DOCKER_HOST` names an engine on a machine of this kind"
        )
    })
}

/// Whether a connection string means this machine: the development account, or an address of loopback.
fn is_loopback(account: &str) -> bool {
    ["UseDevelopmentStorage=true", "//127.0.0.1", "//localhost", "//[::1]"].iter().any(|part| account.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_of_another_kind_is_told_before_the_build() {
        assert_eq!(mismatch("amd64", "x86_64"), None);
        assert_eq!(mismatch("arm64", "aarch64"), None);
        let told = mismatch("arm64", "x86_64").unwrap();
        assert!(
            told.contains("`linux/arm64`") && told.contains("`linux/amd64`") && told.contains("\nhint: "),
            "{told}"
        );
    }

    #[tokio::test]
    async fn the_key_of_an_account_that_cannot_be_used_is_not_repeated() {
        let (root, report) = (tempfile::tempdir().unwrap(), Report::new(Default::default()));
        let storage = Some("BlobEndpoint=http://127.0.0.1:1/a;AccountName=a;AccountKey=c2VjcmV0");
        let project = &Project::at(root.path());
        let settings = Settings { project, base: &Asked::Local, keep: false, storage, report: &report };
        let error = prepare(&settings).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("`--storage`") && !error.contains("c2VjcmV0"), "{error}");
    }

    #[test]
    fn an_account_on_loopback_is_no_account_for_a_container() {
        assert!(is_loopback("UseDevelopmentStorage=true"));
        assert!(is_loopback("AccountName=a;BlobEndpoint=http://127.0.0.1:10000/a;"));
        assert!(!is_loopback("AccountName=a;BlobEndpoint=https://a.blob.core.windows.net;"));
    }
}
