//! The image of a sample: its staged app on the base image.

use anyhow::Result;

use super::context::Entry;
use super::dockerfile;
use super::image::{self, Built, Recipe};
use super::run::DockerRun;
use crate::build::Staged;

/// A staged app in an image of its own. Only [`wrap`] makes one: something to start.
pub struct SampleImage<'a> {
    pub staged: &'a Staged,
    pub image: Built,
}

/// Puts a staged app on the base image: with the sample's own Dockerfile, the one that readers copy, if it has one.
pub async fn wrap<'a>(staged: &'a Staged, run: &DockerRun<'_>) -> Result<SampleImage<'a>> {
    let (sample, shell) = (staged.sample(), run.project.shell());
    let own = sample.dir.join("Dockerfile");
    let dockerfile = if own.is_file() {
        shell.read_file(&own)?
    } else {
        dockerfile::render(&dockerfile::shared(run.project)?, &sample.manifest.image.apt)?
    };
    let recipe = Recipe {
        name: sample.name.clone(),
        dockerfile,
        entries: vec![Entry::Path { name: String::new(), source: staged.dir().to_path_buf() }],
        fingerprint: staged.fingerprint().to_owned(),
        base: run.base.name.clone(),
        base_id: run.base.image.id.clone(),
    };
    let image = image::ensure(&run.builder(), &recipe).await?;
    run.report.sized(format!("image `{}`", sample.name), image.image.bytes.cast_unsigned());
    Ok(SampleImage { staged, image })
}
