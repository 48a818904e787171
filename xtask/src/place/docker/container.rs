//! A staged app in a container: made, started, worked with, and always removed.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::context::{self, Entry};
use super::emulator::{self, Account};
use super::engine::Container;
use super::labels::{RUN, SAMPLE};
use super::{DockerRun, Wrapped, base_image, logs, reproduce, sweep};
use crate::place::keys::Keys;
use crate::place::{self, App, AppFailure, AppLog, Place};
use crate::process::interrupt;

/// Where hosts listen in the images.
pub const PORT: u16 = 80;
/// Where the host looks for key files (protocol.md#keys-and-levels).
const SECRETS: &str = "/azure-functions-host/Secrets";
/// Until the host answers anything at all. Microsoft's unpacks its extensions first.
const ANSWER_LIMIT_SECONDS: u64 = 120;
/// A host that does not listen yet is asked again after so long.
const ASKED_EVERY: Duration = Duration::from_millis(25);
/// How long one such question may take.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);
/// Until the engine has told the last lines of a container that has ended.
const LAST_LINES_LIMIT: Duration = Duration::from_secs(2);
/// Enough for a host, a Java or .NET handler, and a blob of some megabytes in several forms.
const MEMORY_BYTES: i64 = 2 << 30;
/// Processes and threads; a fork bomb stays in its box.
const PIDS: i64 = 512;

/// Starts the app in a network of its own, with storage beside it, works with it, and always removes all of it. The work
/// races against the container's own death.
///
/// `failed` tells work that came to an end and found something wrong: a person who wants to look into that container
/// (`--keep`) finds it left as it is.
///
/// # Errors
/// When the app cannot be started or dies, with its exit code, its last lines and how to do the same by hand; when the
/// person interrupts.
pub async fn with_app<T>(
    wrapped: &Wrapped<'_>,
    run: &DockerRun<'_>,
    failed: impl FnOnce(&T) -> bool,
    work: impl AsyncFnOnce(&App) -> T,
) -> Result<T, AppFailure> {
    let log = AppLog::default();
    let outcome = tokio::select! {
        () = interrupt::wait() => Err(AppFailure::interrupted()),
        outcome = start_and_work(wrapped, run, &log, work) => outcome.map_err(|error| AppFailure::new(error, &log)),
    };
    let good = matches!(&outcome, Ok(value) if !failed(value));
    let interrupted = matches!(&outcome, Err(failure) if failure.interrupted);
    let cleaned = if run.keep && !good && !interrupted {
        keep(wrapped, run).await
    } else {
        let (sample, id) = (&wrapped.staged.sample().name, run.owner.id());
        let ours =
            |labels: &HashMap<String, String>| labels.get(RUN) == Some(&id) && labels.get(SAMPLE) == Some(sample);
        sweep::remove(&run.engine, ours).await.map(drop)
    };
    if let Err(error) = cleaned {
        run.report.warn(format!("{error:#}\nhint: the next run tries again; `cargo xtask clean --docker` removes all"));
    }
    let advice = || format!("\nby hand:\n  {}", reproduce::commands(wrapped, run).join("\n  "));
    outcome.map_err(|failure| match failure.interrupted {
        true => failure,
        false => AppFailure { message: failure.message + &advice(), ..failure },
    })
}

async fn start_and_work<T>(
    wrapped: &Wrapped<'_>,
    run: &DockerRun<'_>,
    log: &AppLog,
    work: impl AsyncFnOnce(&App) -> T,
) -> Result<T> {
    let (sample, engine) = (wrapped.staged.sample(), &run.engine);
    let network = name(run, &sample.name, "network");
    engine.create_network(&network, run.owner.labels("network", &sample.name)).await?;
    let account = storage(wrapped, run, &network).await?;
    let keys = Keys::random();
    let container = container(wrapped, run, &network, account.as_ref())?;
    engine.create(&container).await?;
    let secrets = keys.files(&sample.functions).into_iter().map(|(name, text)| Entry::Secret { name, text });
    // Into the created container, before it starts: keys are in no image, in no environment, and in no folder of ours.
    engine.upload(&container.name, SECRETS, context::of_files(secrets.collect())).await?;
    engine.start(&container.name).await?;
    let mut reader = tokio::spawn(logs::read(engine.output(&container.name), log.clone()));
    let done = tokio::select! {
        code = engine.ended(&container.name) => {
            let code = code?;
            let _ = tokio::time::timeout(LAST_LINES_LIMIT, &mut reader).await;
            let memory = engine.ran_out_of_memory(&container.name).await;
            let why = if memory { format!(", out of its {} MiB of memory", MEMORY_BYTES >> 20) } else { String::new() };
            Err(anyhow!("the container ended by itself with exit code {code}{why}"))
        }
        done = async {
            let authority = engine.published(&container.name, PORT).await?;
            answers(&authority).await?;
            let app = App {
                place: Place::Docker,
                url: format!("http://{authority}"),
                master_key: keys.master.clone(),
                function_key: keys.function.clone(),
                storage: account.as_ref().map(|account| account.outside.clone()),
                log: log.clone(),
                stand_in: run.base.kind == base_image::Kind::StandIn,
            };
            Ok(work(&app).await)
        } => done,
    };
    reader.abort();
    done
}

/// The account that was named, or an emulator beside the app.
async fn storage(wrapped: &Wrapped<'_>, run: &DockerRun<'_>, network: &str) -> Result<Option<Account>> {
    if let Some(named) = &run.storage {
        return Ok(Some(Account { outside: named.clone(), inside: named.clone() }));
    }
    let sample = &wrapped.staged.sample().name;
    let container = Container {
        name: name(run, sample, "azurite"),
        image: run.emulator.clone(),
        labels: run.owner.labels("azurite", sample),
        network: network.to_owned(),
        ..Container::default()
    };
    emulator::start(&run.engine, container).await.map(Some)
}

fn container(
    wrapped: &Wrapped<'_>,
    run: &DockerRun<'_>,
    network: &str,
    account: Option<&Account>,
) -> Result<Container> {
    let sample = wrapped.staged.sample();
    Ok(Container {
        name: name(run, &sample.name, "app"),
        image: wrapped.image.name.clone(),
        environment: environment(wrapped, run, account.map(|account| account.inside.as_str()))?,
        labels: run.owner.labels("app", &sample.name),
        network: network.to_owned(),
        ports: vec![PORT],
        confined: run.base.holds_mini_host(),
        memory_bytes: MEMORY_BYTES,
        pids: PIDS,
    })
}

/// What the app is told by environment: what every place tells it, and under another host than ours, that functions are
/// off whose connection is not there.
pub fn environment(wrapped: &Wrapped<'_>, run: &DockerRun<'_>, storage: Option<&str>) -> Result<Vec<(String, String)>> {
    let sample = wrapped.staged.sample();
    let mut variables = place::environment(storage, &sample.name);
    if run.base.kind != base_image::Kind::StandIn {
        for function in &sample.functions {
            if needs_another_connection(wrapped.staged.dir(), function)? {
                variables.push((format!("AzureWebJobs.{function}.Disabled"), "true".to_owned()));
            }
        }
    }
    Ok(variables)
}

/// Whether a function's trigger listens to something else than the storage account. Microsoft's host would try to
/// connect, fail, and print so for ever.
fn needs_another_connection(app: &Path, function: &str) -> Result<bool> {
    let file = app.join(function).join("function.json");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let function: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", file.display()))?;
    let bindings = function["bindings"].as_array().cloned().unwrap_or_default();
    let of_trigger =
        |binding: &serde_json::Value| binding["type"].as_str().is_some_and(|kind| kind.ends_with("Trigger"));
    let connection =
        bindings.into_iter().find(of_trigger).and_then(|trigger| Some(trigger["connection"].as_str()?.to_owned()));
    Ok(connection.is_some_and(|name| !["", "Storage", "AzureWebJobsStorage"].contains(&name.as_str())))
}

/// A name that says whose it is: `functions-custom-handlers-4711-123-go-app`.
fn name(run: &DockerRun<'_>, sample: &str, kind: &str) -> String {
    format!("{}-{}-{sample}-{kind}", super::labels::PROJECT, run.owner.id())
}

/// Waits until the host answers something over HTTP: the engine's own proxy accepts connections before that.
async fn answers(authority: &str) -> Result<()> {
    let begun = Instant::now();
    let mut again = tokio::time::interval(ASKED_EVERY);
    while begun.elapsed() < Duration::from_secs(ANSWER_LIMIT_SECONDS) {
        again.tick().await;
        if let Ok(true) = tokio::time::timeout(QUESTION_LIMIT, answers_now(authority)).await {
            return Ok(());
        }
    }
    bail!("the host in the container answered nothing at `http://{authority}/` within {ANSWER_LIMIT_SECONDS} s")
}

async fn answers_now(authority: &str) -> bool {
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(authority).await?;
        stream
            .write_all(format!("GET / HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n").as_bytes())
            .await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        std::io::Result::Ok(&answer == b"HTTP/")
    };
    ask.await.unwrap_or(false)
}

/// Leaves what failed as it is, under a name that later runs leave alone, and says how to look into it.
async fn keep(wrapped: &Wrapped<'_>, run: &DockerRun<'_>) -> Result<()> {
    let sample = &wrapped.staged.sample().name;
    let mut kept = None;
    for kind in ["azurite", "app"] {
        let (old, new) = (name(run, sample, kind), format!("{}{sample}-{}-{kind}", sweep::KEPT, run.owner.id()));
        match run.engine.rename(&old, &new).await {
            Ok(()) => kept = Some(new),
            Err(_) if kind == "azurite" => {} // An account that was named, or it never came to that.
            Err(error) => return Err(error),
        }
    }
    let container = kept.context("there is no container to keep")?;
    run.report.warn(format!(
        "`{sample}` is left as it is\n\
         hint: `docker logs {container}`, `docker port {container}`, `docker exec -it {container} sh` while it runs; \
         `cargo xtask clean --docker` removes it"
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(function: &str) -> bool {
        let app = tempfile::tempdir().unwrap();
        std::fs::create_dir(app.path().join("F")).unwrap();
        std::fs::write(app.path().join("F/function.json"), function).unwrap();
        needs_another_connection(app.path(), "F").unwrap()
    }

    #[test]
    fn only_a_trigger_with_a_connection_of_its_own_is_off() {
        let bindings = |trigger: &str| format!(r#"{{"bindings":[{{"type":"queue","connection":"Else"}},{trigger}]}}"#);
        assert!(needs(&bindings(r#"{"type":"someTrigger","connection":"Else"}"#)));
        assert!(!needs(&bindings(r#"{"type":"queueTrigger","connection":"AzureWebJobsStorage"}"#)));
        assert!(!needs(&bindings(r#"{"type":"queueTrigger","connection":""}"#)));
        assert!(!needs(&bindings(r#"{"type":"httpTrigger"}"#)));
    }

    #[tokio::test]
    async fn a_port_that_hangs_up_is_no_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let hang_up = async { drop(listener.accept().await.unwrap()) };
        let (answer, ()) = tokio::join!(answers_now(&authority), hang_up);
        assert!(!answer);
        let reply = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n").await.unwrap();
        };
        let (answer, ()) = tokio::join!(answers_now(&authority), reply);
        assert!(answer);
    }
}
