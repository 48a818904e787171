//! `new`: lays down the folder of a new sample, like one that is there; what does not fit yet, the checks say.

use anyhow::{Context, Result, ensure};

use crate::build::inputs;
use crate::project::Project;
use crate::report::Report;
use crate::sample::{self, WrongUsage, selection};
use crate::{cli, status};

/// Copies a sample under a new name and says what comes next.
pub fn new(project: &Project, args: &cli::New, report: &Report) -> Result<u8> {
    let cli::New { name, like } = args;
    ensure!(sample::is_name(name), WrongUsage(format!("`{name}` cannot be a sample's name\n{}", sample::NAME_HINT)));
    let dir = project.samples().join(name);
    ensure!(
        dir.symlink_metadata().is_err(),
        WrongUsage(format!("there is a `samples/{name}` already\nhint: choose another name, or remove it first"))
    );
    let wanted: Vec<String> = like.iter().cloned().collect();
    let samples = selection::loaded(project, &wanted, report)?;
    // A sample that is not compiled has the least to change.
    let like = samples.iter().find(|sample| sample.manifest.build.run.is_empty()).or(samples.first());
    let like = like.context("there is no sample to begin with")?;
    let shell = &project.shell;
    for file in inputs::list(&like.dir).context("cannot list the sample's files")? {
        let to = dir.join(&file);
        shell.create_dir(to.parent().unwrap_or(&dir))?;
        shell.copy_file(like.dir.join(&file), to)?;
    }
    let manifest = dir.join("sample.toml");
    let text = shell.read_file(&manifest)?;
    let titled =
        |line: &str| if line.starts_with("title ") { format!("title = {name:?}\n") } else { format!("{line}\n") };
    shell.write_file(&manifest, text.lines().map(titled).collect::<String>())?;
    report.note(format!(
        "`samples/{name}` is `samples/{like}` under another name. Change, in this order:\n  \
         1. samples/{name}/sample.toml: the title, what must be installed (`probe`), how to build and test, what is staged\n     \
         (each key is described in xtask/README.md, under `sample.toml`)\n  \
         2. samples/{name}/host.json: `defaultExecutablePath` and `arguments` start the handler\n  \
         3. the handler: first `GET /api/hello`, until `cargo xtask smoke {name} --only hello` passes; then function by function\n     \
         (a function that cannot be had goes under `[lacks]` in sample.toml with the reason, and its folder goes)\n  \
         4. its tests, those of samples/README.md under `The tests`, until `cargo xtask test {name}` passes\n  \
         5. `[image] apt` in sample.toml: what a container needs. `cargo xtask test {name} --bless` writes the Dockerfile\n     \
         from it and the tables of the READMEs; then `cargo xtask docker {name}` passes\n  \
         6. README.md and the comments, until `cargo xtask test` passes",
        like = like.name
    ));
    Ok(status::PASSED)
}
