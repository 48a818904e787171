//! What a person types to have the same app in the same image.

use super::emulator::{BLOB_PORT, QUEUE_PORT};
use super::environment::{self, PORT};
use super::run::{DockerRun, Storage};
use super::sample_image::SampleImage;

/// The port that the person's own commands publish: people type better what they can remember.
const PORT_BY_HAND: u16 = 8080;

/// The commands under a heading, one a line: the emulator first if the run had one of its own.
pub fn by_hand(image: &SampleImage<'_>, run: &DockerRun<'_>) -> String {
    let network = format!("{}-by-hand", image.staged.sample().name);
    let mut commands = vec!["by hand:".to_owned()];
    let mut options = vec!["docker run --rm".to_owned()];
    let storage = match &run.storage {
        Storage::Named(_) => "…".to_owned(),
        Storage::Emulator(emulator_image) => {
            let emulator = format!("{network}-azurite");
            commands.push(format!("docker network create {network}"));
            commands.push(format!("docker run --rm --detach --network {network} --name {emulator} {emulator_image}"));
            options.push(format!("--network {network}"));
            let inside = |port: u16| format!("http://{emulator}:{port}");
            storage::development_connection_string(&inside(BLOB_PORT), &inside(QUEUE_PORT))
        }
    };
    options.push(format!("--publish 127.0.0.1:{PORT_BY_HAND}:{PORT}"));
    for (name, value) in environment::settings(image, run, &storage).unwrap_or_default() {
        options.push(format!("--env {}", quoted(&format!("{name}={value}"))));
    }
    options.push(image.image.name.clone());
    commands.push(options.join(" "));
    commands.join("\n  ")
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/=,@".contains(&byte);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_each_for_one_word() {
        assert_eq!(quoted("A=1:2/3"), "A=1:2/3");
        assert_eq!(quoted("A=b;c d"), "'A=b;c d'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
