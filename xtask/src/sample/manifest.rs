//! `sample.toml`: how to build, test and stage a sample, and what its image needs. Everything else is found out.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use super::command_line::{CommandLine, InnerPath};
use super::results::Form;
use super::toolchain::Toolchain;
use super::{plain, toml_file};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The language, as people write it.
    #[serde(deserialize_with = "plain::line")]
    pub title: String,
    #[serde(default)]
    pub toolchain: Vec<Toolchain>,
    #[serde(default)]
    pub build: Commands,
    #[serde(default)]
    pub test: Tests,
    /// What joins host.json and the function folders: path in the staged app = path in the sample.
    #[serde(default)]
    pub stage: BTreeMap<InnerPath, InnerPath>,
    #[serde(default)]
    pub image: Image,
    /// Functions of the contract that this sample does not have, each with its reason.
    #[serde(default, deserialize_with = "plain::lines")]
    pub lacks: BTreeMap<String, String>,
}

/// Commands that run one after the other in the sample's folder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    #[serde(default)]
    pub run: Vec<CommandLine>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// Commands that test, and the form of what they find.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tests {
    #[serde(default)]
    pub run: Vec<CommandLine>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// `None` if nobody counts: the commands are what there is to count.
    pub results: Option<Form>,
}

/// What the image needs beside the staged app.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Debian packages that the base image lacks.
    #[serde(default, deserialize_with = "plain::packages")]
    pub apt: Vec<String>,
}

impl Manifest {
    pub fn parse(file: &Path, text: &str) -> Result<Manifest> {
        toml_file::parse(file, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GO: &str = r#"title = "Go"

[[toolchain]]
name     = "go"
probe    = "go version"
at_least = "1.22"
apt      = ["golang-go"]
archive  = { url = "https://example.org/go1.26.8.linux-amd64.tar.gz", sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }

[build]
run = ["go build -o handler ."]
env = { CGO_ENABLED = "0" }

[test]
run = ["go vet ./...", "go test ./..."]

[stage]
handler = "handler"

[image]
apt = []
"#;

    fn mistake(from: &str, to: &str) -> String {
        assert!(GO.contains(from));
        let text = GO.replacen(from, to, 1);
        Manifest::parse(Path::new("samples/go/sample.toml"), &text).unwrap_err().to_string()
    }

    #[test]
    fn reads_what_is_documented() {
        let manifest = Manifest::parse(Path::new("sample.toml"), GO).unwrap();
        assert_eq!(manifest.title, "Go");
        assert_eq!(manifest.toolchain[0].name, "go");
        assert_eq!(manifest.build.run[0].words(), ["go", "build", "-o", "handler", "."]);
        assert_eq!(manifest.build.env["CGO_ENABLED"], "0");
        assert_eq!(manifest.test.run.len(), 2);
        assert_eq!(manifest.stage.len(), 1);
    }

    #[test]
    fn a_typo_is_named_with_file_line_key_and_a_guess() {
        assert_eq!(
            mistake("at_least", "atleast "),
            "samples/go/sample.toml:6:1: unknown key `atleast`\n  \
               6 | atleast  = \"1.22\"\n    \
                 | ^^^^^^^\n\
             hint: did you mean `at_least`?"
        );
        assert!(mistake("[stage]", "[staged]").ends_with("hint: did you mean `stage`?"));
        assert!(mistake("[image]\napt", "[image]\nbase").ends_with("hint: the keys here are `apt`"));
    }

    #[test]
    fn a_missing_key_is_named() {
        assert!(mistake("title = \"Go\"", "").contains("the key `title` is missing"));
    }

    #[test]
    fn what_would_need_a_shell_is_refused_with_advice() {
        for line in ["a && b", "a | b", "a > b", "a $B", "a \\\"b c\\\"", "a 'b'", "a & b", "a; b"] {
            let shown = mistake("go build -o handler .", line);
            assert!(shown.starts_with("samples/go/sample.toml:11:"), "{shown}");
            assert!(shown.contains("would need a shell"), "{shown}");
            assert!(shown.contains("hint: put the line into a script"), "{shown}");
        }
        assert!(mistake("go build -o handler .", " ").contains("a command is not empty"));
    }

    #[test]
    fn what_could_steer_a_terminal_or_add_to_a_dockerfile_is_refused() {
        for title in ["", " ", "a\\u001b[31m", "a\\nb", "\\u009b"] {
            let shown = mistake("\"Go\"", &format!("\"{title}\""));
            let (place, what) = ("samples/go/sample.toml:1:9: ", "is not a line of text");
            assert!(shown.starts_with(place) && shown.contains(what), "{shown}");
            assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown}");
        }
        assert!(mistake("[stage]", "[lacks]\nf = \"\\u0007\"\n\n[stage]").contains("is not a line of text"));
        for name in ["a && reboot", "r-base\\nRUN reboot", "R", "-y", "a", "", "r-base=4"] {
            let shown = mistake("apt = []", &format!("apt = [\"{name}\"]"));
            assert!(shown.starts_with("samples/go/sample.toml:21:7: "), "{shown}");
            assert!(shown.contains("cannot be the name of a Debian package\n"), "{shown}");
            let shown = mistake("\"golang-go\"", &format!("\"{name}\""));
            assert!(shown.contains("cannot be the name of a Debian package\n"), "{shown}");
        }
    }

    #[test]
    fn a_path_never_climbs_out() {
        for path in ["../handler", "/etc/passwd", "a/../../b", ""] {
            let shown = mistake("handler = \"handler\"", &format!("handler = \"{path}\""));
            assert!(shown.contains("is not a path inside the folder"), "{shown}");
        }
    }

    #[test]
    fn a_version_or_a_hash_that_is_none_is_refused() {
        assert!(mistake("\"1.22\"", "\"latest\"").contains("`latest` is not a version"));
        assert!(mistake("89abcdef\"", "\"").contains("64 hexadecimal digits"));
        assert!(mistake("sha256 = \"0123", "sha265 = \"0123").contains("did you mean `sha256`"));
        let unchecked = mistake(", sha256 = \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"", "");
        assert!(unchecked.contains("an archive has one hash"), "{unchecked}");
    }

    #[test]
    fn results_of_no_known_form_are_answered_with_the_forms() {
        let results = |form: &str| mistake("[stage]", &format!("results = {form}\n\n[stage]"));
        for form in ["'cuonts'", "'junit'", "{ junt = 'x' }", "{ go = 'x' }", "{ junit = 7 }", "{}", "['go']", "7"] {
            let shown = results(form);
            assert!(
                shown.starts_with("samples/go/sample.toml:17:11: this is not a known form of `results`"),
                "{shown}"
            );
            assert!(shown.contains("17 | results = "), "{shown}");
            let hint = "hint: the forms are `\"counts\"`, `\"go\"`, `\"libtest\"`, `{ junit = \"folder\" }` and `{ trx = \"folder\" }`";
            assert!(shown.ends_with(hint), "{shown}");
        }
        assert!(results("{ trx = '../x' }").ends_with("hint: paths are relative and have no `..`"));
    }

    #[test]
    fn the_name_of_a_toolchain_is_one_folder() {
        for name in ["../../precious", "/etc", "..", "", "a b"] {
            let shown = mistake("= \"go\"", &format!("= \"{name}\""));
            assert!(shown.contains("cannot be a toolchain's name"), "{shown}");
        }
    }
}
