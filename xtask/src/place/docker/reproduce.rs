//! What a person types to have the same app in the same image.

use super::container::{self, PORT};
use super::emulator::{BLOB_PORT, QUEUE_PORT};
use super::{DockerRun, Wrapped};

/// The port that the person's own commands publish: people type better what they can remember.
const PORT_BY_HAND: u16 = 8080;

/// The commands, one a line: the emulator first where the run had one of its own.
pub fn commands(wrapped: &Wrapped<'_>, run: &DockerRun<'_>) -> Vec<String> {
    let network = format!("{}-by-hand", wrapped.staged.sample().name);
    let mut commands = Vec::new();
    let mut options = vec!["docker run --rm".to_owned()];
    let storage = match &run.storage {
        Some(_) => Some("…".to_owned()),
        None => {
            let emulator = format!("{network}-azurite");
            commands.push(format!("docker network create {network}"));
            commands.push(format!("docker run --rm --detach --network {network} --name {emulator} {}", run.emulator));
            options.push(format!("--network {network}"));
            let inside = |port: u16| format!("http://{emulator}:{port}");
            Some(storage::development_connection_string(&inside(BLOB_PORT), &inside(QUEUE_PORT)))
        }
    };
    options.push(format!("--publish 127.0.0.1:{PORT_BY_HAND}:{PORT}"));
    for (name, value) in container::environment(wrapped, run, storage.as_deref()).unwrap_or_default() {
        options.push(format!("--env {}", quoted(&format!("{name}={value}"))));
    }
    options.push(wrapped.image.name.clone());
    commands.push(options.join(" "));
    commands
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
