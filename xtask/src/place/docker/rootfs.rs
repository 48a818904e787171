//! The root file system under the stand-in: Debian 12, as under the official image.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use xshell::{Cmd, Shell, cmd};

use super::context;
use super::image::ImageBuilder;
use super::labels::{self, CONTENT, Labels, PROJECT};
use super::resource::Image;
use crate::process::command::{self, Failure};
use crate::process::run;

/// Where a registry answers, the root comes from there.
const PUBLISHED: &str = "debian:bookworm-slim";
/// It has 30 MB; a registry that is there sends them in seconds.
const PULL_LIMIT: Duration = Duration::from_secs(15);
/// As the published one has them: packages with alternatives (Java's) put links there and fail when they cannot.
const KEEP_FOLDERS_OF_MANUALS: &str =
    "--customize-hook=for n in 1 2 3 4 5 6 7 8; do mkdir -p \"$1/usr/share/man/man$n\"; done";
/// As the published one does: otherwise every layer with packages holds them twice, and apt's caches of their lists.
const KEEP_NO_DOWNLOADS: &str = concat!(
    "--customize-hook=printf '%s\\n' 'APT::Keep-Downloaded-Packages \"false\";' ",
    "'Dir::Cache::pkgcache \"\";' 'Dir::Cache::srcpkgcache \"\";' > \"$1/etc/apt/apt.conf.d/docker-clean\"; ",
    "rm -f \"$1\"/var/cache/apt/*.bin"
);
/// It takes half a minute, most of it spent unpacking; a slow mirror takes longer.
const BOOTSTRAP_LIMIT: Duration = Duration::from_secs(600);

/// A root that is there: the published one, or one of ours that was made before, or either of them got now.
pub async fn ensure(builder: &ImageBuilder<'_>) -> Result<(String, Image)> {
    let ImageBuilder { engine, project, report } = builder;
    let _turn = builder.turn("root").await?;
    let content = blake3::hash(bootstrap(&project.shell).to_string().as_bytes()).to_hex();
    let ours = format!("{PROJECT}/root:{}", &content[..12]);
    if let Some(image) = engine.image(PUBLISHED).await? {
        return Ok((PUBLISHED.to_owned(), image));
    }
    if let Some(image) =
        engine.image(&ours).await?.filter(|image| image.labels.get(CONTENT) == Some(&content.to_string()))
    {
        return Ok((ours, image));
    }
    let name = match engine.pull(PUBLISHED, PULL_LIMIT, PULL_LIMIT).await {
        Ok(()) => PUBLISHED,
        Err(error) => {
            report.note(format!(
                "no registry has sent `{PUBLISHED}` ({error:#}); making a Debian 12 root with mmdebstrap"
            ));
            make(builder, &ours, &labels::labels([(PROJECT, "root"), (CONTENT, &content)])).await?;
            &ours
        }
    };
    let image =
        engine.image(name).await?.with_context(|| format!("the image `{name}` is gone as soon as it was there"))?;
    Ok((name.to_owned(), image))
}

async fn make(builder: &ImageBuilder<'_>, name: &str, labels: &Labels) -> Result<()> {
    let scratch = run::scratch(&builder.project.target()).context("cannot make a folder to work in")?;
    let shell = builder.project.shell.clone();
    shell.change_dir(&scratch);
    let tar = scratch.join("root.tar");
    let mut bootstrap = bootstrap(&shell).arg(&tar);
    // It unpacks where temporary files go: into a folder that is swept even when this run is killed. Without root it
    // works as another user, who may not enter our folders.
    if rustix::process::geteuid().is_root() {
        bootstrap = bootstrap.env("TMPDIR", &scratch);
    }
    let imported = match command::run(bootstrap, BOOTSTRAP_LIMIT) {
        Ok(_) => builder.engine.import(context::of_file(tar.clone()), name, labels).await,
        Err(missing @ Failure::NotFound { .. }) => Err(anyhow!(
            "{missing}, and no registry answers: there is no root for the stand-in image\n\
             hint: `apt-get install mmdebstrap`, or `docker load` an image `{PUBLISHED}`"
        )),
        Err(failure) => Err(anyhow!(failure).context("cannot make a Debian 12 root")),
    };
    let _ = std::fs::remove_file(tar);
    imported
}

/// Makes a root of Debian's packages, slim as the published one: no manuals, no translations.
fn bootstrap(shell: &Shell) -> Cmd<'_> {
    cmd!(shell, "mmdebstrap --variant=minbase --quiet")
        .arg("--aptopt=Acquire::Languages \"none\"")
        .arg("--dpkgopt=path-exclude=/usr/share/man/*")
        .arg("--dpkgopt=path-exclude=/usr/share/doc/*")
        .arg("--dpkgopt=path-include=/usr/share/doc/*/copyright")
        .arg("--dpkgopt=path-exclude=/usr/share/locale/*")
        .arg(KEEP_FOLDERS_OF_MANUALS)
        .arg(KEEP_NO_DOWNLOADS)
        .arg("bookworm")
}
