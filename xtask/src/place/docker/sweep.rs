//! Removing what is ours: after a run, after runs that were killed, and all of it when asked.

use std::collections::{BTreeSet, HashSet};

use anyhow::Result;
use derive_more::Display;

use super::engine::Engine;
use super::labels::{self, HOST, Labels, PROJECT, RUN};
use crate::process::run::Run;

/// How the names of containers begin that a person wants to look into: they stay until all is removed.
pub const KEPT: &str = "kept-";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Display)]
#[display("{containers} containers, {networks} networks")]
pub struct Removed {
    pub containers: usize,
    pub networks: usize,
    /// Names of images.
    pub images: usize,
}

/// Removes the containers and networks that `ours` picks by their labels: containers first, since a network with
/// containers in it stays. Goes on after an error, and returns the first at the end.
pub async fn remove(engine: &Engine, ours: impl Fn(&Labels) -> bool) -> Result<Removed> {
    let (mut removed, mut done) = (Removed::default(), Ok(()));
    for container in engine.containers(RUN).await?.iter().filter(|container| ours(&container.labels)) {
        let gone = engine.remove(&container.id).await;
        removed.containers += usize::from(gone.is_ok());
        done = done.and(gone);
    }
    for network in engine.networks(RUN).await?.iter().filter(|network| ours(&network.labels)) {
        let gone = engine.remove_network(&network.id).await;
        removed.networks += usize::from(gone.is_ok());
        done = done.and(gone);
    }
    done.map(|()| removed)
}

/// Removes the containers and networks that runs have left that were killed. What a live run has is left alone,
/// and so is what a person wanted to keep.
pub async fn remove_of_the_dead(engine: &Engine) -> Result<Removed> {
    let kept = runs_with_kept(engine).await?;
    remove(engine, |all| labels::is_of_the_dead(all) && !all.get(RUN).is_some_and(|run| kept.contains(run))).await
}

/// Removes what this run may still have at its end: an engine may have carried out what nobody waited for any more.
pub async fn remove_of_this_run(engine: &Engine) -> Result<Removed> {
    if runs_with_kept(engine).await?.contains(&Run::this().to_string()) {
        return Ok(Removed::default());
    }
    remove(engine, labels::is_of_this_run).await
}

/// The runs that left a container for a person to look into.
async fn runs_with_kept(engine: &Engine) -> Result<HashSet<String>> {
    let containers = engine.containers(RUN).await?;
    let kept = containers.into_iter().filter(|container| container.name.starts_with(KEPT));
    Ok(kept.filter_map(|container| container.labels.get(RUN).cloned()).collect())
}

/// Removes all that was ever ours: containers and networks of runs that are over, kept ones too, and every image.
/// Images that people made on ours keep their own names, and with them the layers they need. Goes on after an error (an
/// image that a live run uses stays), and returns the first at the end.
pub async fn remove_all(engine: &Engine) -> Result<Removed> {
    let mut removed = remove(engine, |all| labels::is_of_the_dead(all) || labels::is_of_this_run(all)).await?;
    let mut done = Ok(());
    for name in names_of_ours(engine).await? {
        let gone = engine.remove_image(&name).await;
        removed.images += usize::from(gone.is_ok());
        done = done.and(gone);
    }
    done.map(|()| removed)
}

/// The names that are ours, and the ids of images without one: those whose name was given to another, and what a build
/// that was stopped has left on the stand-in.
async fn names_of_ours(engine: &Engine) -> Result<Vec<String>> {
    let prefix = format!("{PROJECT}/");
    let ours = engine.images(PROJECT).await?;
    let on_ours = engine.images(HOST).await?;
    let unnamed = ours.iter().chain(&on_ours).filter(|image| image.is_unnamed()).map(|image| image.id.clone());
    let named = ours.iter().flat_map(|image| &image.tags).filter(|tag| tag.starts_with(&prefix)).cloned();
    let names: BTreeSet<String> = named.chain(unnamed).collect();
    Ok(names.into_iter().collect())
}
