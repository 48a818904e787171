//! The staged app: `target/stage/<sample>`, exactly what ends up as the app root in an image.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use super::inputs;
use crate::sample::Sample;

/// A staged app. Only `build` makes one: something to run.
#[derive(Clone, Debug)]
pub struct Staged {
    pub sample: Sample,
    /// The folder, absolute.
    pub dir: PathBuf,
    /// A hash of every staged file's path, mode and content, in hexadecimal: equal fingerprints are equal images.
    pub fingerprint: String,
    /// As long as somebody has this, no other run puts another app in its place.
    _lock: Option<Arc<File>>,
}

impl Staged {
    pub(super) fn new(sample: Sample, dir: PathBuf, fingerprint: String, lock: Option<File>) -> Staged {
        Staged { sample, dir, fingerprint, _lock: lock.map(Arc::new) }
    }

    /// The same app, copied to another folder as it is.
    pub fn copied_to(&self, dir: PathBuf) -> Staged {
        Staged { dir, ..self.clone() }
    }
}

/// Puts together host.json, the function folders and what `[stage]` names in `into`, which is empty.
pub(super) fn put_together(sample: &Sample, into: &Path) -> Result<()> {
    let host_json = sample.dir.join("host.json");
    if !host_json.is_file() {
        bail!("there is no `host.json` in `samples/{}`\nhint: every function app has one", sample.name);
    }
    copy(&host_json, Path::new("host.json"), into)?;
    for function in &sample.functions {
        copy(&sample.dir.join(function), Path::new(function), into)?;
    }
    for (name, source) in &sample.manifest.stage {
        let (from, to) = (sample.dir.join(source.path()), into.join(name.path()));
        if from.symlink_metadata().is_err() {
            bail!(
                "`[stage]` names `{}`, which the build did not make\n\
                 hint: compare `[build]` and `[stage]` in `samples/{}/sample.toml`",
                source.path().display(),
                sample.name
            );
        }
        let outside = || format!("`[stage]` names `{}`, which is not in the sample's folder", source.path().display());
        let folder = from.parent().unwrap_or(&from).canonicalize().with_context(outside)?;
        if !folder.starts_with(sample.dir.canonicalize().with_context(outside)?) {
            bail!("{}: a link leads to `{}`", outside(), folder.display());
        }
        if to.symlink_metadata().is_ok() {
            bail!("`[stage]` names `{}`, which is staged by itself", name.path().display());
        }
        copy(&from, name.path(), into)?;
    }
    Ok(())
}

/// Replaces `dir`, if it is there, by `new`; what was there goes to `old`. Half an app is never seen under the name.
pub(super) fn put_in_place(new: &Path, dir: &Path, old: &Path) -> io::Result<()> {
    match fs::rename(dir, old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(new, dir)
}

/// Copies a file or a folder to `name` in the app, modes kept.
fn copy(from: &Path, name: &Path, app: &Path) -> Result<()> {
    let cannot = || format!("cannot stage `{}`", from.display());
    if from.symlink_metadata().with_context(cannot)?.is_dir() {
        let files = inputs::all(from).with_context(cannot)?;
        return files.iter().try_for_each(|inner| copy_file(&from.join(inner), &name.join(inner), app));
    }
    copy_file(from, name, app)
}

fn copy_file(from: &Path, name: &Path, app: &Path) -> Result<()> {
    let to = &app.join(name);
    let cannot = || format!("cannot stage `{}`", from.display());
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).with_context(cannot)?;
    }
    let meta = from.symlink_metadata().with_context(cannot)?;
    if meta.is_symlink() {
        let target = fs::read_link(from).with_context(cannot)?;
        if climbs(name, &target) {
            bail!("`{}` is a link to `{}`, which is not in the app", from.display(), target.display());
        }
        return std::os::unix::fs::symlink(target, to).with_context(cannot);
    }
    if !meta.is_file() {
        bail!(
            "`{}` is neither a file nor a folder nor a link\nhint: it cannot be staged: move it elsewhere",
            from.display()
        );
    }
    fs::copy(from, to).map(drop).with_context(cannot)
}

/// Whether a link of this name in the app leads out of it.
fn climbs(name: &Path, target: &Path) -> bool {
    let folders = target.components().try_fold(name.components().count() - 1, |depth, part| match part {
        Component::ParentDir => depth.checked_sub(1),
        Component::Normal(_) => Some(depth + 1),
        Component::CurDir => Some(depth),
        Component::RootDir | Component::Prefix(_) => None,
    });
    folders.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_in_the_app() {
        for target in ["../../etc/passwd", "a/../../../x", "/etc/passwd"] {
            assert!(climbs(Path::new("hello/link"), Path::new(target)), "{target}");
        }
        for target in ["../handler", "./other", "a/../b"] {
            assert!(!climbs(Path::new("hello/link"), Path::new(target)), "{target}");
        }
    }
}
