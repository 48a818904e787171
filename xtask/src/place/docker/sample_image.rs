//! The image of a sample: its staged app on the base image, and how it is run.

use anyhow::Result;

use super::base_image::Kind;
use super::context::Entry;
use super::dockerfile;
use super::emulator::{BLOB_PORT, QUEUE_PORT};
use super::image::{self, Built, Recipe};
use super::run::{DockerRun, Storage};
use crate::build::Staged;
use crate::place::environment;
use crate::sample::function_json::FunctionJson;

/// Where hosts listen in the images.
pub const PORT: u16 = 80;
/// The port that the person's own commands publish: people type better what they can remember.
const PORT_BY_HAND: u16 = 8080;

/// A staged app in an image of its own. Only [`wrap`] makes one: something to start.
pub struct SampleImage<'a> {
    pub staged: &'a Staged,
    pub run: &'a DockerRun<'a>,
    pub built: Built,
}

/// Puts a staged app on the base image: with the sample's own Dockerfile, the one that readers copy, if it has one.
pub async fn wrap<'a>(staged: &'a Staged, run: &'a DockerRun<'a>) -> Result<SampleImage<'a>> {
    let (sample, images) = (&staged.sample, &run.images);
    let own = sample.dir.join("Dockerfile");
    let dockerfile = if own.is_file() {
        images.project.shell.read_file(&own)?
    } else {
        dockerfile::render(&dockerfile::shared(images.project)?, &sample.manifest.image.apt)?
    };
    let recipe = Recipe {
        name: sample.name.clone(),
        dockerfile,
        entries: vec![Entry::Path { name: String::new(), source: staged.dir.clone() }],
        fingerprint: staged.fingerprint.clone(),
        base: run.base.name.clone(),
        base_id: run.base.image.id.clone(),
    };
    let built = image::ensure(images, &recipe).await?;
    images.report.sized(format!("image `{}`", sample.name), built.image.bytes.cast_unsigned());
    Ok(SampleImage { staged, run, built })
}

impl SampleImage<'_> {
    /// The settings of every place, and under another host than ours, that functions are off whose connection is not there:
    /// Microsoft's host would try to connect, fail, and print so for ever.
    pub fn settings(&self, storage: &str) -> Result<Vec<(String, String)>> {
        let sample = &self.staged.sample;
        let mut variables = environment::settings(storage, &sample.name);
        if self.run.base.kind != Kind::StandIn {
            for function in &sample.functions {
                if needs_another_connection(&FunctionJson::read(&self.staged.dir, function)?) {
                    variables.push((format!("AzureWebJobs.{function}.Disabled"), "true".to_owned()));
                }
            }
        }
        Ok(variables)
    }

    /// What a person types to have the same app in the same image. The commands under a heading, one a line: the emulator first if
    /// the run had one of its own.
    pub fn by_hand(&self) -> String {
        let network = format!("{}-by-hand", self.staged.sample.name);
        let mut commands = vec!["by hand:".to_owned()];
        let mut options = vec!["docker run --rm".to_owned()];
        let storage = match &self.run.storage {
            Storage::Named(_) => "…".to_owned(),
            Storage::Emulator(image) => {
                let emulator = format!("{network}-azurite");
                commands.push(format!("docker network create {network}"));
                commands.push(format!("docker run --rm --detach --network {network} --name {emulator} {image}"));
                options.push(format!("--network {network}"));
                let inside = |port: u16| format!("http://{emulator}:{port}");
                storage::development_connection_string(&inside(BLOB_PORT), &inside(QUEUE_PORT))
            }
        };
        options.push(format!("--publish 127.0.0.1:{PORT_BY_HAND}:{PORT}"));
        for (name, value) in self.settings(&storage).unwrap_or_default() {
            options.push(format!("--env {}", quoted(&format!("{name}={value}"))));
        }
        options.push(self.built.name.clone());
        commands.push(options.join(" "));
        commands.join("\n  ")
    }
}

/// Whether a function's trigger listens to something else than the storage account.
fn needs_another_connection(function: &FunctionJson) -> bool {
    let connection = function.trigger().and_then(|trigger| trigger.connection.as_deref());
    connection.is_some_and(|name| !["", "Storage", "AzureWebJobsStorage"].contains(&name))
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/=,@".contains(&byte);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(function: &str) -> bool {
        needs_another_connection(&serde_json::from_str(function).unwrap())
    }

    #[test]
    fn only_a_trigger_with_a_connection_of_its_own_is_off() {
        let bindings = |trigger: &str| format!(r#"{{"bindings":[{{"type":"queue","connection":"Else"}},{trigger}]}}"#);
        assert!(needs(&bindings(r#"{"type":"someTrigger","connection":"Else"}"#)));
        assert!(!needs(&bindings(r#"{"type":"queueTrigger","connection":"AzureWebJobsStorage"}"#)));
        assert!(!needs(&bindings(r#"{"type":"queueTrigger","connection":""}"#)));
        assert!(!needs(&bindings(r#"{"type":"httpTrigger"}"#)));
    }

    #[test]
    fn a_shell_takes_each_for_one_word() {
        assert_eq!(quoted("A=1:2/3"), "A=1:2/3");
        assert_eq!(quoted("A=b;c d"), "'A=b;c d'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
