//! `setup`: says what is missing, and installs it by the first way that leads to a version new enough.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use derive_more::Display;

use super::apt::Apt;
use super::path::path;
use super::probe::{Found, probe, site_installer};
use super::{archive, npm};
use crate::process::{command, interrupt, run};
use crate::project::Project;
use crate::report::Report;
use crate::sample::toolchain::{Archive, Toolchain};
use crate::sample::{Sample, toml_file};

/// A site's installer may unpack gigabytes from a slow disk.
const INSTALLER_LIMIT: Duration = Duration::from_secs(1_200);

/// The parts of the driver's work that need something of the machine, as `xtask/tools.toml` has them.
pub const PARTS: [&str; 4] = ["test", "storage", "browser", DOCKER];
/// The part that also needs an engine.
pub const DOCKER: &str = "docker";

/// What a part of the driver's own work needs.
pub fn driver_tools(part: &str) -> Result<Vec<Toolchain>> {
    all_driver_tools()?.remove(part).with_context(|| format!("`xtask/tools.toml` has no `{part}`"))
}

/// What the driver itself needs, by the part of the work that needs it, as `xtask/tools.toml` says.
fn all_driver_tools() -> Result<BTreeMap<String, Vec<Toolchain>>> {
    toml_file::parse(Path::new("xtask/tools.toml"), include_str!("../../tools.toml"))
}

#[derive(Clone, Debug)]
pub struct Need {
    toolchain: Toolchain,
    wanted_by: Vec<String>,
    /// Where its probe runs.
    dir: PathBuf,
}

/// What samples and the parts of the driver need, each toolchain once; of two versions asked for the newer one.
pub fn needs(samples: &[Sample], parts: &[&str], project: &Project) -> Result<Vec<Need>> {
    let of_sample = |sample: &Sample| (sample.name.clone(), sample.dir.clone(), sample.manifest.toolchain.clone());
    let mut asked: Vec<(String, PathBuf, Vec<Toolchain>)> = samples.iter().map(of_sample).collect();
    for part in parts {
        asked.push(((*part).to_owned(), project.root.to_path_buf(), driver_tools(part)?));
    }
    let mut needs: Vec<Need> = Vec::new();
    for (who, dir, toolchains) in asked {
        for toolchain in toolchains {
            let same =
                |need: &&mut Need| need.toolchain.name == toolchain.name && need.toolchain.probe == toolchain.probe;
            let Some(need) = needs.iter_mut().find(same) else {
                needs.push(Need { toolchain, wanted_by: vec![who.clone()], dir: dir.clone() });
                continue;
            };
            need.wanted_by.push(who.clone());
            let (newer, before) = (&toolchain.at_least, &need.toolchain.at_least);
            if newer.as_ref().is_some_and(|newer| before.as_ref().is_none_or(|it| !it.is_at_least(newer))) {
                need.toolchain = toolchain;
            }
        }
    }
    Ok(needs)
}

/// Installs what is missing and says what it did; returns how many toolchains are still missing.
pub fn install_all(project: &Project, needs: &[Need], apt: &mut Apt, report: &Report) -> usize {
    let mut missing = 0;
    let mut means = Means { project, apt, report };
    for need in needs {
        let (started, name) = (Instant::now(), &need.toolchain.name);
        let found = probe(&need.toolchain, &need.dir, &path(project));
        if found.is_good() {
            report.note(format!("setup {name} {found}: there already"));
            continue;
        }
        match install(&mut means, need, &found) {
            Ok((now, how)) => {
                report.note(format!("setup {name} {now}: {how} ({:.1} s)", started.elapsed().as_secs_f64()));
            }
            // A person who stops it knows what is missing.
            Err(_) if interrupt::happened() => return missing,
            Err(error) => {
                missing += 1;
                report.warn(format!("{error:#}\nneeded for: {}", need.wanted_by.join(", ")));
            }
        }
    }
    missing
}

/// With what toolchains are installed, whichever it is.
struct Means<'a> {
    project: &'a Project,
    apt: &'a mut Apt,
    report: &'a Report,
}

#[derive(Display)]
enum Way {
    #[display("`{}`", _0.display())]
    Site(PathBuf),
    #[display("apt: {}", _0.join(" "))]
    Apt(Vec<String>),
    /// A folder of the repository with a lock file.
    #[display("npm: the lock file in `{}`", _0.display())]
    Npm(PathBuf),
    #[display("`{}`", _0.url)]
    Archive(Archive),
}

/// The ways that are open, best first, and what stands against the others.
fn ways(toolchain: &Toolchain, apt: &Apt) -> (Vec<Way>, Vec<String>) {
    let (mut ways, mut against) = (Vec::new(), Vec::new());
    ways.extend(site_installer(toolchain).map(Way::Site));
    if let Some(package) = toolchain.apt.first()
        && apt.is_here()
    {
        match (apt.candidate(package), &toolchain.at_least) {
            (None, _) => against.push(format!("apt has no `{package}`")),
            (Some(candidate), Some(needed)) if !candidate.is_at_least(needed) => {
                against.push(format!("apt has `{package}` {candidate}"));
            }
            _ if !apt.may_install() => {
                against.push(format!("only root may run `apt-get install {}`", toolchain.apt.join(" ")));
            }
            _ => ways.push(Way::Apt(toolchain.apt.clone())),
        }
    }
    ways.extend(toolchain.npm.as_ref().map(|folder| Way::Npm(folder.path().to_path_buf())));
    ways.extend(toolchain.archive.clone().map(Way::Archive));
    (ways, against)
}

fn install(means: &mut Means<'_>, need: &Need, found: &Found) -> Result<(Found, String)> {
    let Need { toolchain, dir, .. } = need;
    if means.apt.may_install() && !toolchain.apt.is_empty() && site_installer(toolchain).is_none() {
        // The candidate is only as new as the lists; old lists are better than none.
        if let Err(failure) = means.apt.update() {
            means.report.warn(format!("cannot fetch the lists of packages: {failure}"));
        }
    }
    let (ways, mut against) = ways(toolchain, means.apt);
    for way in &ways {
        means.report.note(format!("setup {}: found {found}; installing by {way}", toolchain.need()));
        let done = take(means, toolchain, way);
        let now = probe(toolchain, dir, &path(means.project));
        match done {
            _ if interrupt::happened() => bail!("stopped by Ctrl-C"),
            Ok(()) if now.is_good() => return Ok((now, format!("installed by {way}"))),
            Ok(()) => against.push(format!("{way} leads to {now}")),
            Err(error) => against.push(format!("{error:#}")),
        }
    }
    let (need, indented) = (toolchain.need(), |reason: &String| format!("\n  {}", reason.replace('\n', "\n  ")));
    let reasons: String = against.iter().map(indented).collect();
    let by_hand = || format!("install {need} yourself and put it on the PATH");
    let hint = toolchain.page.clone().unwrap_or_else(by_hand);
    Err(anyhow!("needs {need}; found {found}{reasons}\nhint: {hint}"))
}

fn take(Means { project, apt, report }: &Means<'_>, toolchain: &Toolchain, way: &Way) -> Result<()> {
    let into = project.toolchains().join(&toolchain.name);
    match way {
        Way::Site(installer) => run_installer(installer, &into, &path(project)),
        Way::Apt(packages) => Ok(apt.install(packages)?),
        Way::Npm(folder) => {
            let package = npm::package(&npm::install(project, folder, report)?)?;
            if into.symlink_metadata().is_ok() {
                project.shell.remove_path(&into)?;
            }
            project.shell.create_dir(project.toolchains())?;
            std::os::unix::fs::symlink(package, &into).with_context(|| format!("cannot make `{}`", into.display()))
        }
        Way::Archive(from) => {
            let mut quarter = 0;
            project.shell.create_dir(project.toolchains())?;
            let aside = run::scratch(&project.target()).context("cannot make a folder to unpack into")?;
            archive::install(from, (&aside, &into), archive::RESPONSE_LIMIT, |received, expected| {
                // A line for each quarter: enough to see that it moves, on a terminal and in a log.
                let Some(expected) = expected.filter(|expected| *expected > 0) else { return };
                if received * 4 / expected > quarter {
                    quarter = received * 4 / expected;
                    let megabytes = |bytes: u64| bytes as f64 / 1e6;
                    let (received, expected) = (megabytes(received), megabytes(expected));
                    report.note(format!("setup {}: {received:.1} of {expected:.1} MB", toolchain.name));
                }
            })
        }
    }
}

fn run_installer(installer: &Path, into: &Path, path: &OsStr) -> Result<()> {
    let into = std::path::absolute(into).context("the current folder is gone")?;
    std::fs::create_dir_all(&into).with_context(|| format!("cannot make `{}`", into.display()))?;
    let dir = installer.parent().unwrap_or(Path::new("/"));
    let words = [installer.display().to_string(), into.display().to_string()];
    match command::run(command::of_words(&words, dir, path, &[]), INSTALLER_LIMIT) {
        Ok(_) => Ok(()),
        Err(failure) => bail!("{failure}"),
    }
}

/// What is needed, what is there, by whom, and how the rest would come: the doctor's table, and how much is missing.
pub fn examine(project: &Project, needs: &[Need], apt: &Apt) -> (Vec<Vec<String>>, usize) {
    let mut rows = Vec::new();
    let mut missing = 0;
    for Need { toolchain, wanted_by, dir } in needs {
        let found = probe(toolchain, dir, &path(project));
        let how = if found.is_good() {
            String::new()
        } else {
            missing += 1;
            let (ways, against) = ways(toolchain, apt);
            let by_hand = || toolchain.page.clone().unwrap_or_else(|| format!("by hand ({})", against.join("; ")));
            ways.first().map_or_else(by_hand, Way::to_string)
        };
        let mark = if found.is_good() { "" } else { "✗ " };
        rows.push(vec![toolchain.need(), format!("{mark}{found}"), wanted_by.join(", "), how]);
    }
    (rows, missing)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::sample::manifest::Manifest;

    fn script(file: &Path, text: &str) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A machine whose apt has `tool` in version `candidate`, and whose packages are scripts.
    fn machine(candidate: &str) -> (tempfile::TempDir, Project, Apt) {
        let root = tempfile::tempdir().unwrap();
        let bin = root.path().join("bin");
        script(&bin.join("apt-cache"), &format!("echo '  Candidate: {candidate}'"));
        let log = root.path().join("log");
        let tool = root.path().join("tool");
        let install = format!(
            "echo \"$@\" >> '{}'\ncase \"$1\" in install) printf '#!/bin/sh\\necho tool {candidate}\\n' > '{}'; /bin/chmod +x '{}';; esac",
            log.display(),
            tool.display(),
            tool.display()
        );
        script(&bin.join("apt-get"), &install);
        let project = Project::at(root.path());
        let apt = Apt::for_tests(&bin, true);
        (root, project, apt)
    }

    fn needed(root: &Path, more: &str) -> Vec<Need> {
        let text = format!(
            "title = 'T'\n[[toolchain]]\nname = 'xtask-test-tool'\nprobe = './tool'\nat_least = '1.22'\n{more}"
        );
        let manifest = Manifest::parse(Path::new("sample.toml"), &text).unwrap();
        let sample = Sample { name: "t".into(), dir: root.to_path_buf(), manifest, functions: Vec::new() };
        needs(&[sample], &[], &Project::at(root)).unwrap()
    }

    #[test]
    fn apt_is_taken_where_its_candidate_will_do_and_the_second_time_nothing_changes() {
        let (root, project, mut apt) = machine("1.26");
        let needs = needed(root.path(), "apt = ['tool']");
        assert_eq!(examine(&project, &needs, &apt).0[0][3], "apt: tool");
        let report = Report::new(Default::default());
        assert_eq!(install_all(&project, &needs, &mut apt, &report), 0);
        let log = fs::read_to_string(root.path().join("log")).unwrap();
        assert_eq!(log.lines().next(), Some("update"));
        assert!(log.lines().nth(1).unwrap().starts_with("install --yes --no-install-recommends"), "{log}");
        assert_eq!(install_all(&project, &needs, &mut apt, &report), 0);
        assert_eq!(fs::read_to_string(root.path().join("log")).unwrap(), log);
        assert_eq!(examine(&project, &needs, &apt).1, 0);
    }

    #[test]
    fn who_may_become_root_without_a_password_installs_as_root_and_who_may_not_does_not() {
        let (root, project, _) = machine("1.26");
        let (needs, bin, report) =
            (needed(root.path(), "apt = ['tool']"), root.path().join("bin"), Report::new(Default::default()));
        let against = examine(&project, &needs, &Apt::for_tests(&bin, false)).0[0][3].clone();
        assert!(against.contains("only root may run `apt-get install tool`"), "{against}");
        let log = root.path().join("log");
        let sudo = format!("echo sudo \"$@\" >> '{}'\nshift\nexec \"$@\"", log.display());
        script(&bin.join("sudo"), &sudo);
        script(&bin.join("true"), "");
        script(&bin.join("env"), "shift\nexec \"$@\"");
        assert_eq!(install_all(&project, &needs, &mut Apt::for_tests(&bin, false), &report), 0);
        let log = fs::read_to_string(log).unwrap();
        assert!(
            log.contains("sudo --non-interactive env DEBIAN_FRONTEND=noninteractive apt-get install --yes"),
            "{log}"
        );
    }

    #[test]
    fn where_no_way_leads_there_the_page_is_named() {
        let (root, project, mut apt) = machine("1.19");
        let needs = needed(root.path(), "apt = ['tool']\npage = 'see https://example.org'");
        let report = Report::new(Default::default());
        assert_eq!(install_all(&project, &needs, &mut apt, &report), 1);
        assert!(!fs::read_to_string(root.path().join("log")).unwrap().contains("install"));
        let said = format!("{:?}", report.events());
        assert!(said.contains("apt has `tool` 1.19") && said.contains("hint: see https://example.org"), "{said}");
        assert_eq!(examine(&project, &needs, &apt).0[0][3], "see https://example.org");
    }

    #[test]
    fn a_toolchain_that_two_ask_for_is_set_up_once_and_new_enough_for_both() {
        let text = |version: &str| {
            format!("title = 'T'\n[[toolchain]]\nname = 'x'\nprobe = 'x --version'\nat_least = '{version}'\n")
        };
        let sample = |name: &str, version: &str| Sample {
            name: name.into(),
            dir: PathBuf::new(),
            manifest: Manifest::parse(Path::new("sample.toml"), &text(version)).unwrap(),
            functions: Vec::new(),
        };
        let needs = needs(&[sample("a", "1"), sample("b", "2")], &[], &Project::at("/")).unwrap();
        assert_eq!(needs.len(), 1);
        assert_eq!(needs[0].toolchain.need(), "x 2 or newer");
        assert_eq!(needs[0].wanted_by, ["a", "b"]);
    }

    #[test]
    fn the_parts_that_have_tools_are_those_that_are_asked_for() {
        let mut asked = PARTS;
        asked.sort_unstable();
        assert!(all_driver_tools().unwrap().keys().eq(&asked));
        assert_eq!(driver_tools("tets").unwrap_err().to_string(), "`xtask/tools.toml` has no `tets`");
    }
}
