//! The repository's rules, as tests: what can drift is checked here.

mod citations;
mod commands;
mod doors;
mod listed_tests;
mod reference;
mod release;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::build::{self, inputs};
use crate::project::Project;
use crate::report::Report;
use crate::sample::contract::Contract;
use crate::sample::{self, Sample};
use crate::verbs::readme;

/// What a README of a sample tells, in this order.
const HEADINGS: [&str; 7] =
    ["What it shows", "You need", "Run it", "Call it", "Debug it", "Make it yours", "Deploy it"];

/// What a reader of any sample must be told, once, in the same words in every language, where it matters.
const FACTS: [&str; 24] = [
    "The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.",
    "The host asks GET / until anything answers: any status means ready, even 404.",
    "When the host stops it kills the handler: there is no signal to wait for.",
    "Proxied: with only an HTTP trigger in and an HTTP response out, the host passes the request on as it came, /api included, and the answer back piece by piece.",
    "Default mode: the host posts {\"Data\", \"Metadata\"} to /<FunctionName> and expects {\"Outputs\", \"Logs\", \"ReturnValue\"} as application/json.",
    "The host sends the envelope chunked, without a Content-Length.",
    "A string in Data and Metadata is JSON text inside a JSON string: decode it once, never twice.",
    "Inside Data.req strings are plain: Body is the request's text as it came, Params has the parameters of its route.",
    "The http output is always set: without it the client would get 200 and {}.",
    "The body is a string: an object would arrive indented, as text/plain.",
    "The host decodes any string that happens to be base64, so queue and blob outputs are the base64 of the exact bytes.",
    "The elements of an array output are not decoded: plain text, one message each.",
    "The bytes of a blob trigger with dataType binary are bare base64: never decode them as JSON.",
    "A caller's mistake is a successful invocation whose http output says 400.",
    "A message that cannot be handled has nobody to tell: after a 500 the host tries again, five attempts in all, then moves it to the poison queue.",
    "A function that throws answers 500 once: the cause goes to the log, nothing of it to the caller.",
    "What the handler writes to stderr appears in the host's log as an error, what it writes to stdout as information.",
    "The host prints each line of Logs under the category Function.<Name>.User.",
    "code carries the function key: never echo a key.",
    "DequeueCount counts the attempts from 1; an invocation through the admin route has 0.",
    "A blob that does not exist arrives as null.",
    "Data.messages is one string that holds a JSON array of strings, one for each event.",
    "Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00, with or without an offset.",
    "Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id nor DequeueCount.",
];

/// What a sample is told beside that if it has this function.
const FACT_OF_A_FUNCTION: (&str, &str) =
    ("HttpTriggerWithStreaming", "When the caller goes away the host closes the connection: stop, nobody reads on.");

fn repository() -> Project {
    Project::at(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
}

fn samples() -> Vec<Sample> {
    sample::load_all(&repository())
        .into_iter()
        .map(|sample| sample.unwrap_or_else(|b| panic!("{}", b.message)))
        .collect()
}

/// Every input of a sample with its text; what is no text is left out.
fn texts(sample: &Sample) -> Vec<(PathBuf, String)> {
    let files = inputs::list(&sample.dir).unwrap();
    files
        .into_iter()
        .filter_map(|file| Some((file.clone(), fs::read_to_string(sample.dir.join(&file)).ok()?)))
        .collect()
}

fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn what_is_derived_from_the_folders_is_current() {
    let files = readme::derive(&repository()).unwrap();
    let stale = files.iter().filter(|file| file.written != file.derived);
    let complaint = |file| format!("{file} is stale\nhint: `cargo xtask test --bless` rewrites it");
    assert_none(stale.map(|stale| complaint(&stale.file)).collect());
}

#[test]
fn every_manifest_is_sound() {
    assert!(!samples().is_empty());
}

#[test]
fn a_sample_has_the_functions_of_the_contract_or_says_why_not() {
    let contract = Contract::load(&repository().contract()).unwrap();
    let wanted: BTreeSet<&str> = contract.function.iter().map(|function| function.name.as_str()).collect();
    let mut complaints = Vec::new();
    for sample in samples() {
        let lacks = sample.manifest.lacks.keys();
        let has: BTreeSet<&str> = sample.functions.iter().chain(lacks).map(String::as_str).collect();
        for function in wanted.symmetric_difference(&has) {
            let side = if wanted.contains(function) { "lacks" } else { "has, and the contract has not," };
            complaints.push(format!("`samples/{}` {side} `{function}`", sample.name));
        }
        let both = sample.manifest.lacks.keys().filter(|function| sample.functions.contains(function));
        complaints.extend(both.map(|function| format!("`samples/{}` says it lacks `{function}`", sample.name)));
    }
    assert_none(complaints);
}

#[test]
fn bindings_are_equal_across_languages() {
    let mut first: BTreeMap<String, (String, serde_json::Value)> = BTreeMap::new();
    let mut complaints = Vec::new();
    for sample in samples() {
        for function in &sample.functions {
            let text = fs::read(sample.dir.join(function).join("function.json")).unwrap();
            let bindings: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let (other, known) =
                first.entry(function.clone()).or_insert_with(|| (sample.name.clone(), bindings.clone()));
            if *known != bindings {
                complaints.push(format!("`{function}` is bound otherwise in `{}` than in `{other}`", sample.name));
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn every_readme_has_the_same_headings() {
    let mut complaints = Vec::new();
    for sample in samples() {
        let text = fs::read_to_string(sample.dir.join("README.md")).unwrap_or_default();
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        if headings != HEADINGS {
            complaints.push(format!("`samples/{}/README.md` has the headings {headings:?}", sample.name));
        }
    }
    assert_none(complaints);
}

/// What is left out of an image is left out of what is published, too: secrets, sources, what is only for people.
#[test]
fn what_no_image_has_is_not_published_either() {
    let mut complaints = Vec::new();
    for sample in samples() {
        let docker = fs::read_to_string(sample.dir.join(".dockerignore")).unwrap_or_default();
        let published = fs::read_to_string(sample.dir.join(".funcignore")).unwrap_or_default();
        let both = published_although_left_out(&docker, &published);
        complaints.extend(both.map(|name| {
            format!("`samples/{}`: .dockerignore leaves `{name}` out, and .funcignore does not", sample.name)
        }));
        if docker.is_empty() {
            complaints.push(format!("`samples/{}` has no .dockerignore", sample.name));
        }
    }
    assert_none(complaints);
}

#[test]
fn more_may_be_left_out_of_what_is_published() {
    let left = |published| published_although_left_out("# why\n*.go\n.git\n", published).collect::<Vec<_>>();
    assert_eq!(left("docs/\n.git\n*.go\n"), [""; 0]);
    assert_eq!(left(".git\n"), ["*.go"]);
    assert_eq!(left("*.go\n.git\n!.git\n"), [".git"]);
}

/// The names and patterns that are in the one list, and that the other leaves in.
fn published_although_left_out<'a>(docker: &'a str, published: &str) -> impl Iterator<Item = &'a str> {
    let mut list = ignore::gitignore::GitignoreBuilder::new("");
    for line in published.lines() {
        list.add_line(None, line).unwrap();
    }
    let list = list.build().unwrap();
    let names = docker.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    names.filter(move |name| !list.matched(name, false).is_ignore())
}

#[test]
fn each_fact_of_the_protocol_is_told_once_in_the_same_words() {
    let mut complaints = Vec::new();
    for sample in samples() {
        let sources = texts(&sample).into_iter().filter(|(file, _)| file.extension().is_none_or(|ext| ext != "md"));
        let told: Vec<String> = sources.map(|(_, text)| comments(&text)).collect();
        let (function, fact) = FACT_OF_A_FUNCTION;
        let one_more = sample.functions.iter().any(|name| name == function).then_some(fact);
        for fact in FACTS.into_iter().chain(one_more) {
            let times: usize = told.iter().map(|text| text.matches(fact).count()).sum();
            if times != 1 {
                complaints.push(format!("`samples/{}` tells this {times} times: {fact}", sample.name));
            }
        }
    }
    assert_none(complaints);
}

/// A source as one line, without the marks of comments and without the lines' ends: where a sentence is wrapped is a
/// matter of taste.
fn comments(source: &str) -> String {
    let unmarked = source.lines().map(|line| line.trim_start().trim_start_matches(|c| "/#*;'!-".contains(c)));
    let words = unmarked.flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}

/// A lock file names where packages come from for everybody, never a mirror of somebody's own.
#[test]
fn lock_files_name_public_registries_only() {
    const PUBLIC: [&str; 10] = [
        "api.nuget.org",
        "cloud.r-project.org",
        "cran.r-project.org",
        "github.com",
        "index.crates.io",
        "packagemanager.posit.co",
        "proxy.golang.org",
        "registry.npmjs.org",
        "repo.maven.apache.org",
        "repo1.maven.org",
    ];
    let root = repository();
    let mut locks: Vec<PathBuf> = vec![root.root.join("Cargo.lock")];
    let folders = ["docker/azurite", "docker/base", "fuzz"].map(|folder| root.root.join(folder));
    for folder in folders.into_iter().chain(samples().into_iter().map(|sample| sample.dir)) {
        let files = inputs::list(&folder).unwrap();
        let is_lock = |file: &PathBuf| file.to_string_lossy().to_lowercase().contains("lock");
        locks.extend(files.into_iter().filter(is_lock).map(|file| folder.join(file)));
    }
    let mut complaints = Vec::new();
    for lock in locks {
        let Ok(text) = fs::read_to_string(&lock) else { continue };
        for line in text.lines().filter(|line| !["\"url\":", "\"license\":"].iter().any(|key| line.contains(key))) {
            for url in line.split("https://").skip(1) {
                let host = url.split(['/', '"', '#', ' ']).next().unwrap_or_default();
                if !PUBLIC.contains(&host) {
                    complaints.push(format!("`{}` names `{host}`", lock.display()));
                }
            }
            if line.contains("http://") {
                complaints.push(format!("`{}` names an address without encryption: {}", lock.display(), line.trim()));
            }
        }
    }
    assert_none(complaints);
}

/// What git tracks and ignores at once is no input of a sample, although it is there for everybody.
#[test]
fn nothing_of_a_sample_is_tracked_and_ignored() {
    let mut git = std::process::Command::new("git");
    git.args(["ls-files", "--cached", "--ignored", "--exclude-standard", "samples"]).current_dir(&repository().root);
    assert_eq!(String::from_utf8_lossy(&git.output().unwrap().stdout), "");
}

/// Adding a language adds a folder and changes nothing else: the promise, kept with a folder that nobody has seen.
#[test]
fn a_seventh_folder_is_listed_and_built_with_no_other_change() {
    let root = tempfile::tempdir().unwrap();
    let project = Project::at(root.path());
    let node = samples().into_iter().find(|sample| sample.manifest.build.run.is_empty()).unwrap();
    for (file, text) in texts(&node) {
        let to = root.path().join("samples/seventh").join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, text).unwrap();
    }
    // A language that this machine may lack is no part of the promise.
    fs::write(root.path().join("samples/seventh/sample.toml"), "title = 'Seventh'\n").unwrap();
    let samples: Vec<Sample> = sample::load_all(&project).into_iter().map(Result::unwrap).collect();
    assert_eq!(samples.iter().map(|sample| sample.name.as_str()).collect::<Vec<_>>(), ["seventh"]);
    assert_eq!(samples[0].functions, node.functions);
    let report = Report::new(Default::default());
    let settings = build::Settings { project: &project, bound: 1, is_used: false, report: &report };
    let staged = build::build_all(&settings, &samples);
    assert_eq!(staged.len(), 1, "{:?}", report.events());
    assert!(staged[0].dir.join("host.json").is_file());
}

/// The same promise, from the other side: what is not a sample's own names none.
#[test]
fn nothing_shared_names_a_sample() {
    let root = repository();
    let workflows = fs::read_dir(root.root.join(".github/workflows")).into_iter().flatten().flatten();
    let files = workflows.map(|entry| entry.path()).chain([root.root.join("docker/Dockerfile")]);
    let mut complaints = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        for (line, sample) in lines.flat_map(|line| samples().into_iter().map(move |sample| (line, sample))) {
            if line.contains(&format!("samples/{}", sample.name)) {
                complaints.push(format!("`{}` names `{}`: {}", file.display(), sample.name, line.trim()));
            }
        }
    }
    assert_none(complaints);
}
