//! The staged app: `target/stage/<sample>`, exactly what ends up as the app root in an image.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::sample::Sample;

/// A staged app. Only `build` makes one: something to run.
#[derive(Clone, Debug)]
pub struct Staged {
    sample: Sample,
    dir: PathBuf,
    fingerprint: String,
}

impl Staged {
    pub(super) fn new(sample: Sample, dir: PathBuf, fingerprint: String) -> Staged {
        Staged { sample, dir, fingerprint }
    }

    /// The sample it was made from.
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// The folder, absolute.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A hash of every staged file's path, mode and content, in hexadecimal: equal fingerprints are equal images.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// Puts together host.json, the function folders and what `[stage]` names in `into`, which is empty.
pub(super) fn put_together(sample: &Sample, into: &Path) -> Result<()> {
    let host_json = sample.dir.join("host.json");
    if !host_json.is_file() {
        bail!("there is no `host.json` in `samples/{}`\nhint: every function app has one", sample.name);
    }
    copy(&host_json, &into.join("host.json"))?;
    for function in &sample.functions {
        copy(&sample.dir.join(function), &into.join(function))?;
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
        if to.symlink_metadata().is_ok() {
            bail!("`[stage]` names `{}`, which is staged by itself", name.path().display());
        }
        copy(&from, &to)?;
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

/// Every file in a folder, relative to it, in order. A folder that is not there has none.
pub(super) fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if let Ok(inner) = entry.path().strip_prefix(dir) {
                found.push(inner.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a file or a folder, modes kept.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let cannot = || format!("cannot stage `{}`", from.display());
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).with_context(cannot)?;
    }
    let meta = from.symlink_metadata().with_context(cannot)?;
    if meta.is_dir() {
        fs::create_dir_all(to).with_context(cannot)?;
        for entry in fs::read_dir(from).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if meta.is_symlink() {
        let target = fs::read_link(from).with_context(cannot)?;
        if target.is_absolute() {
            bail!("`{}` is a link to `{}`, which is in no image", from.display(), target.display());
        }
        return std::os::unix::fs::symlink(target, to).with_context(cannot);
    }
    fs::copy(from, to).map(drop).with_context(cannot)
}
