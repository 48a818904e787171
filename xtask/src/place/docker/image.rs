//! Images: built when what goes into them has changed, or when they are gone, and only then.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::context::{self, Entry};
use super::engine::Engine;
use super::labels::{self, CLONE, CONTENT, Labels, PROJECT, SAMPLE};
use super::resource::Image;
use crate::process::lock::{self, Hold};
use crate::process::run;
use crate::project::Project;
use crate::report::Report;

/// The label that names what an image was put on, by which images on different bases are kept apart.
const BASE: &str = "functions-custom-handlers.base";
/// Another run may be making a root, or fetching a toolchain's packages.
const TURN_LIMIT: Duration = Duration::from_secs(1_200);
/// How much of the content's hash is in a tag: enough for a person to compare.
const TAG_DIGITS: usize = 12;

/// The file in the folder of a run that uses images.
const IN_USE: &str = "uses-images";

pub struct ImageBuilder<'a> {
    pub engine: Engine,
    pub project: &'a Project,
    pub report: &'a Report,
}

/// All that makes an image what it is, beside the checkout: two clones never take each other's images away.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What it is for: a sample's name, or `base`, `azurite`. The image is called `functions-custom-handlers/<this>`.
    pub name: String,
    pub dockerfile: String,
    /// What it copies.
    pub entries: Vec<Entry>,
    /// A hash of what it copies.
    pub fingerprint: String,
    /// The image it is put on, by name.
    pub base: String,
    /// The same by id: a name may be moved to another image.
    pub base_id: String,
}

#[derive(Clone, Debug)]
pub struct Built {
    /// With the tag.
    pub name: String,
    pub image: Image,
    /// Whether it was built now.
    pub is_new: bool,
}

impl Recipe {
    /// A hash of everything above, in hexadecimal.
    fn content(&self, clone: &str) -> String {
        let parts = [&self.name, &self.dockerfile, &self.fingerprint, &self.base, &self.base_id, clone];
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The part of the image's name before the tag.
    fn repository(&self) -> String {
        format!("{PROJECT}/{}", self.name)
    }

    fn labels(&self, clone: &str, content: &str) -> Labels {
        let base = without_tag(&self.base);
        labels::labels([(PROJECT, "image"), (SAMPLE, &self.name), (BASE, base), (CLONE, clone), (CONTENT, content)])
    }
}

/// From now on no other run in this checkout removes an image that this one may still need.
pub fn keep_all(target: &Path) -> Result<()> {
    let kept = run::scratch(target).and_then(|folder| File::create(folder.join(IN_USE)));
    kept.map(drop).context("cannot say that images are used")
}

/// Whether another run in this checkout may still put something on an image that it has found or made.
fn others_need_any(target: &Path) -> bool {
    run::others(target).iter().any(|run| run.folder(target).join(IN_USE).exists())
}

impl ImageBuilder<'_> {
    /// Two runs in one checkout take turns at each image: the second finds what the first has made. Otherwise each would take the
    /// other's away for superseded.
    pub async fn turn(&self, image: &str) -> Result<File> {
        let file = self.project.target().join("stage").join(format!("{image}.image.lock"));
        let say = || self.report.note(format!("waits for another run that makes the image of {image}"));
        lock::turn(&file, Hold::Exclusive, TURN_LIMIT, say).await
    }
}

/// Sees to it that the image is there: as it is when its content is that of the recipe, else built.
pub async fn ensure(builder: &ImageBuilder<'_>, recipe: &Recipe) -> Result<Built> {
    let _turn = builder.turn(&recipe.name).await?;
    let (engine, clone) = (&builder.engine, run::clone_id(&builder.project.root));
    let content = recipe.content(&clone);
    let name = format!("{}:{}", recipe.repository(), &content[..TAG_DIGITS]);
    if let Some(image) = engine.image(&name).await?.filter(|image| image.labels.get(CONTENT) == Some(&content)) {
        return Ok(Built { name, image, is_new: false });
    }
    let context = context::of_build(recipe.dockerfile.clone(), recipe.entries.clone());
    engine.build(context, &recipe.base, &name, &recipe.labels(&clone, &content)).await?;
    let Some(image) = engine.image(&name).await? else {
        bail!("the image `{name}` was built and is not there\nhint: was it removed just now? Run this again");
    };
    // The new one has taken over the layers that have not changed; what only the old one needs, goes, now or the next time.
    if !others_need_any(&builder.project.target()) {
        remove_superseded(engine, recipe, &clone, &name).await?;
    }
    Ok(Built { name, image, is_new: true })
}

async fn remove_superseded(engine: &Engine, recipe: &Recipe, clone: &str, name: &str) -> Result<()> {
    for image in engine.images(PROJECT).await? {
        let same = |label: &str, value: &str| image.labels.get(label).is_some_and(|found| found == value);
        if same(SAMPLE, &recipe.name) && same(CLONE, clone) && same(BASE, without_tag(&recipe.base)) {
            let repository = format!("{}:", recipe.repository());
            for tag in image.tags.iter().filter(|tag| *tag != name && tag.starts_with(&repository)) {
                // One that a container still runs on stays until the next time.
                let _ = engine.remove_image(tag).await;
            }
        }
    }
    Ok(())
}

/// `functions-custom-handlers/base` of `functions-custom-handlers/base:1b2c`; a colon before a slash is a port.
fn without_tag(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::process::run::Run;

    fn recipe() -> Recipe {
        Recipe {
            name: "go".to_owned(),
            dockerfile: "FROM ${BASE}".to_owned(),
            entries: Vec::new(),
            fingerprint: "f".to_owned(),
            base: "functions-custom-handlers/base:1".to_owned(),
            base_id: "sha256:1".to_owned(),
        }
    }

    #[test]
    fn everything_that_makes_an_image_changes_its_content() {
        let changed = [
            Recipe { name: "r".to_owned(), ..recipe() },
            Recipe { dockerfile: "FROM x".to_owned(), ..recipe() },
            Recipe { fingerprint: "g".to_owned(), ..recipe() },
            Recipe { base: "debian:12".to_owned(), ..recipe() },
            Recipe { base_id: "sha256:2".to_owned(), ..recipe() },
            // Neighbours that only look alike when they are glued together.
            Recipe { name: "goF".to_owned(), dockerfile: "ROM ${BASE}".to_owned(), ..recipe() },
        ];
        assert_eq!(recipe().content("c"), recipe().content("c"));
        assert_ne!(recipe().content("d"), recipe().content("c"), "another checkout");
        for other in changed {
            assert_ne!(other.content("c"), recipe().content("c"), "{other:?}");
        }
    }

    #[test]
    fn what_another_run_may_need_stays_until_that_is_over() {
        let target = tempfile::tempdir().unwrap();
        keep_all(target.path()).unwrap();
        assert!(!others_need_any(target.path()), "it is this run's own");
        let mut other = Command::new("sleep").arg("600").spawn().unwrap();
        let folder = Run::of(other.id()).folder(target.path());
        std::fs::create_dir_all(&folder).unwrap();
        assert!(!others_need_any(target.path()), "it uses none");
        std::fs::write(folder.join(IN_USE), "").unwrap();
        assert!(others_need_any(target.path()));
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(!others_need_any(target.path()));
    }

    #[test]
    fn a_tag_is_what_follows_the_last_colon_after_the_last_slash() {
        assert_eq!(
            without_tag("mcr.microsoft.com/azure-functions/node:4-node22"),
            "mcr.microsoft.com/azure-functions/node"
        );
        assert_eq!(without_tag("localhost:5000/node"), "localhost:5000/node");
        assert_eq!(without_tag("debian"), "debian");
    }
}
