//! The storage emulator Azurite: started where an app asks for development storage and nobody offers it.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use storage::Account;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::find;
use crate::app::Diagnostic;
use crate::files::on_search_path;
use crate::handler::Group;
use crate::handler::watchdog::Watchdog;

/// Where `UseDevelopmentStorage=true` looks for blobs and queues.
const PORTS: [(&str, u16); 2] = [("blobs", 10000), ("queues", 10001)];
/// In memory: nothing is left behind. Without the last one it phones home.
const OPTIONS: [&str; 4] = ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"];
/// Node starts in a second or two; a busy machine takes longer.
const START_LIMIT_SECONDS: u64 = 60;
const POLL_MILLISECONDS: u64 = 50;
/// What listens on the emulator's ports is asked for so long who it is.
const RESPONSE_LIMIT_SECONDS: u64 = 2;
const MOST_QUESTIONS: usize = 10;
const HANGS_UP: &str = "it hangs up";
const MOST_RESPONSE_BYTES: u64 = 2048;
const QUESTION: &[u8] = b"GET /devstoreaccount1?comp=list HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
const INSTALL: &str = "npm install --global azurite";

/// What became of the wish for development storage.
#[derive(Debug)]
pub enum Provided {
    /// Nobody asked for it, or it is there.
    Nothing,
    /// It was started, and what to say of that. `npx` is a shell that waits for another process: both end with it.
    Started(Box<Group>, String),
    /// It is not there: why, and what to do.
    Missing(Diagnostic),
}

#[derive(Debug, PartialEq, Eq)]
enum Listener {
    Nobody,
    Emulator,
    /// Something else, and how it introduces itself.
    Other(String),
}

/// Looks after the storage of an app that has `AzureWebJobsStorage=UseDevelopmentStorage=true`.
pub async fn provide(may_start: bool, environment: &[(String, String)], root: &Path, watchdog: &Watchdog) -> Provided {
    if !(may_start && is_wanted(environment)) {
        return Provided::Nothing;
    }
    let mut is_there = false;
    for (service, port) in PORTS {
        match listener(port).await {
            Listener::Nobody => {}
            Listener::Emulator => is_there = true,
            Listener::Other(sign) => {
                let text = format!(
                    "What listens on 127.0.0.1:{port}, where `UseDevelopmentStorage=true` looks for {service}, is not a storage \
                     emulator: {sign}"
                );
                return Provided::Missing(Diagnostic::of_whole(text).hint(
                    "end that program, or start Azurite on other ports and set `AzureWebJobsStorage` to its connection string",
                ));
            }
        }
    }
    if is_there { Provided::Nothing } else { start(environment, root, watchdog).await }
}

fn is_wanted(environment: &[(String, String)]) -> bool {
    let account = find(environment, "AzureWebJobsStorage").and_then(|text| Account::parse(text).ok());
    account
        .is_some_and(|account| account.blob_endpoint.starts_with("http://127.0.0.1:10000/") && account.is_development())
}

/// One that hangs up at once may be an emulator at its end, and is asked again.
async fn listener(port: u16) -> Listener {
    let hung_up = Listener::Other(HANGS_UP.to_owned());
    for _ in 0..MOST_QUESTIONS {
        match ask(port).await {
            listener if listener != hung_up => return listener,
            _ => sleep(Duration::from_millis(POLL_MILLISECONDS)).await,
        }
    }
    hung_up
}

async fn ask(port: u16) -> Listener {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return Listener::Nobody };
    let mut response = Vec::new();
    let asking = async {
        stream.write_all(QUESTION).await?;
        stream.take(MOST_RESPONSE_BYTES).read_to_end(&mut response).await
    };
    let asked = timeout(Duration::from_secs(RESPONSE_LIMIT_SECONDS), asking).await;
    let text = String::from_utf8_lossy(&response).into_owned();
    let line = |name: &str| text.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
    // Every storage service numbers its requests.
    if line("x-ms-request-id:").is_some() {
        return Listener::Emulator;
    }
    Listener::Other(match (line("server:").or_else(|| text.lines().next()), asked) {
        (Some(line), _) => format!("it answers `{}`", line.trim()),
        (None, Err(_)) => format!("it did not answer within {RESPONSE_LIMIT_SECONDS} s"),
        (None, Ok(_)) => HANGS_UP.to_owned(),
    })
}

async fn start(environment: &[(String, String)], root: &Path, watchdog: &Watchdog) -> Provided {
    let Some((program, arguments)) = program(find(environment, "PATH").unwrap_or_default(), root) else {
        return Provided::Missing(not_installed());
    };
    let shown = program.display().to_string();
    match run(&program, arguments, PORTS.map(|(_, port)| port), watchdog).await {
        Ok(azurite) => Provided::Started(
            Box::new(azurite),
            format!(
                "Started the storage emulator `{shown}` in memory: what is in it ends with mini-host (--no-azurite: not at all)"
            ),
        ),
        Err(error) => Provided::Missing(why_missing(&shown, arguments, &error)),
    }
}

fn not_installed() -> Diagnostic {
    Diagnostic::of_whole("`AzureWebJobsStorage` asks for the storage emulator, and none listens on 127.0.0.1:10000")
        .hint(format!("{INSTALL}; mini-host then starts it by itself"))
}

/// `npx` is not an Azurite: with none in its store it ends at once, and its own words do not help.
fn why_missing(program: &str, arguments: &[&str], error: &StartError) -> Diagnostic {
    match error {
        StartError::Ended(..) if !arguments.is_empty() => not_installed(),
        _ => Diagnostic::of_whole(format!("The storage emulator `{program}` does not start: {error}"))
            .hint(format!("start it yourself, or update it: {INSTALL}")),
    }
}

/// Azurite's program: on the path, or installed in the app's folder or one above it. `npx` finds it in its own store.
fn program(path: &str, root: &Path) -> Option<(PathBuf, &'static [&'static str])> {
    let installed = || {
        let paths = root.ancestors().map(|folder| folder.join("node_modules/.bin/azurite"));
        { paths }.find(|path| path.is_file())
    };
    let alone = on_search_path(path, "azurite").or_else(installed).map(|program| (program, &[][..]));
    alone.or_else(|| on_search_path(path, "npx").map(|npx| (npx, &["--no-install", "azurite"][..])))
}

#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it ended with {0}{1}")]
    Ended(ExitStatus, String),
    #[error("it did not listen within {START_LIMIT_SECONDS} s")]
    Silent,
}

async fn run(program: &Path, arguments: &[&str], ports: [u16; 2], watchdog: &Watchdog) -> Result<Group, StartError> {
    let mut output = tempfile::tempfile()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .args(OPTIONS)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?);
    let mut azurite = Group::spawn(&mut command, watchdog, Uuid::new_v4())?;
    let listening = async {
        loop {
            if let Some(status) = azurite.child.try_wait()? {
                let mut text = String::new();
                output.rewind()?;
                // What it says is a help, not a need.
                _ = output.read_to_string(&mut text);
                let said = text.lines().rev().find(|line| !line.trim().is_empty());
                return Err(StartError::Ended(
                    status,
                    said.map(|line| format!(": {}", line.trim())).unwrap_or_default(),
                ));
            }
            if is_open(ports[0]).await && is_open(ports[1]).await {
                return Ok(());
            }
            sleep(Duration::from_millis(POLL_MILLISECONDS)).await;
        }
    };
    timeout(Duration::from_secs(START_LIMIT_SECONDS), listening).await.unwrap_or(Err(StartError::Silent))?;
    Ok(azurite)
}

async fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn only_development_storage_is_looked_after() {
        let wants = |text: &str| is_wanted(&[("AZUREWEBJOBSSTORAGE".to_owned(), text.to_owned())]);
        assert!(wants("UseDevelopmentStorage=true"));
        assert!(wants("UseDevelopmentStorage=true;"));
        assert!(!wants("AccountName=a;AccountKey=a2V5"));
        assert!(!wants(
            "AccountName=devstoreaccount1;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:4000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:4001/devstoreaccount1"
        ));
        assert!(!wants("") && !is_wanted(&[]));
    }

    #[test]
    fn npx_without_an_azurite_is_no_azurite() {
        let ended = StartError::Ended(ExitStatus::default(), String::new());
        assert_eq!(why_missing("/usr/bin/npx", &["--no-install", "azurite"], &ended), not_installed());
        assert!(why_missing("/usr/bin/azurite", &[], &ended).message.contains("does not start"));
        assert!(
            why_missing("/usr/bin/npx", &["azurite"], &StartError::Silent)
                .message
                .contains("did not listen within 60 s")
        );
    }

    async fn taken_for(response: &'static [u8]) -> Listener {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            let mut question = vec![0; QUESTION.len()];
            stream.read_exact(&mut question).await.unwrap();
            stream.write_all(response).await.unwrap();
        });
        let listener = ask(port).await;
        serving.await.unwrap();
        listener
    }

    #[tokio::test]
    async fn an_emulator_is_told_from_other_servers() {
        let azurite = b"HTTP/1.1 403 x\r\nServer: Azurite-Blob/3.35.0\r\nx-ms-request-id: 1\r\n\r\n";
        assert_eq!(taken_for(azurite).await, Listener::Emulator);
        let nginx = b"HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n";
        assert_eq!(taken_for(nginx).await, Listener::Other("it answers `Server: nginx`".to_owned()));
        assert_eq!(taken_for(b"hello\n").await, Listener::Other("it answers `hello`".to_owned()));
        assert_eq!(taken_for(b"").await, Listener::Other("it hangs up".to_owned()));
    }

    #[tokio::test]
    async fn one_that_does_not_start_says_why() {
        let error = run(Path::new("/bin/sh"), &["-c", "echo no room >&2; exit 3"], [1, 1], &Watchdog::default())
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "it ended with exit status: 3: no room");
    }
}
