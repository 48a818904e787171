//! A staged app in a container: made, started, worked with, and always removed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::base_image::Kind;
use super::context::{self, Entry};
use super::emulator::{self, Account};
use super::image::ImageBuilder;
use super::labels::{self, Labels, PROJECT, SAMPLE};
use super::resource::Container;
use super::run::Storage;
use super::sample_image::{PORT, SampleImage};
use super::sweep;
use crate::place::app::{App, with_last_lines};
use crate::place::azurite;
use crate::place::keys::Keys;
use crate::process::interrupt;
use crate::process::log::Log;
use crate::process::run::Run;
use crate::report::Place;
use crate::report::outcome::Counts;

/// Where the host looks for key files (protocol.md#keys-and-levels).
const SECRETS: &str = "/azure-functions-host/Secrets";
/// Until the host answers anything at all. Microsoft's unpacks its extensions first.
const ANSWER_LIMIT_SECONDS: u64 = 120;
/// A host that does not listen yet is asked again after so long.
const ASKED_EVERY: Duration = Duration::from_millis(25);
/// How long one such question may take.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);
/// Until the engine has sent the last lines of a container that has ended.
const LAST_LINES_LIMIT: Duration = Duration::from_secs(2);
/// Enough for a host, a Java or .NET handler, and a blob of some megabytes in several forms.
const MEMORY_BYTES: i64 = 2 << 30;
/// Processes and threads; a fork bomb stays in its box.
const PIDS: i64 = 512;

/// Starts the app in a network of its own, with storage beside it, works with it, always removes all of it, and keeps what its
/// host printed. The work races against the container's own death.
///
/// Where a case failed, the container is left as it is for a person who wants to look into it (`--keep`).
pub async fn with_app(image: &SampleImage<'_>, work: impl AsyncFnOnce(&App) -> Result<Counts>) -> Result<Counts> {
    let (log, run) = (Log::default(), image.run);
    let outcome = interrupt::unless_stopped(start_and_work(image, &log, work)).await;
    let (sample, ImageBuilder { engine, report, .. }) = (&image.staged.sample.name, &run.images);
    report.keep_log(sample, Place::Docker, &log.since(0));
    let good = matches!(&outcome, Ok(counts) if counts.failed == 0);
    let cleaned = if run.keep && !good && !interrupt::happened() {
        keep(image).await
    } else {
        let ours = |all: &Labels| labels::is_of_this_run(all) && all.get(SAMPLE) == Some(sample);
        sweep::remove(engine, ours).await.map(drop)
    };
    if let Err(error) = cleaned {
        report.warn(format!("{error:#}\nhint: the next run tries again; `cargo xtask clean --docker` removes all"));
    }
    outcome.map_err(|error| with_last_lines(error, &log))
}

async fn start_and_work(
    image: &SampleImage<'_>,
    log: &Log,
    work: impl AsyncFnOnce(&App) -> Result<Counts>,
) -> Result<Counts> {
    let (sample, ImageBuilder { engine, report, .. }) = (&image.staged.sample, &image.run.images);
    let network = name(&sample.name, "network");
    engine.create_network(&network, labels::of_this_run("network", &sample.name)).await?;
    let account = account(image, &network).await?;
    let keys = Keys::random();
    let container = container(image, &network, &account)?;
    engine.create(&container).await?;
    let secrets = keys.files(&sample.functions).into_iter().map(|(name, text)| Entry::Text { name, text, mode: 0o600 });
    // Into the created container, before it starts: keys are in no image, in no environment, and in no folder of ours.
    engine.upload(&container.name, SECRETS, context::of_files(secrets.collect())).await?;
    engine.start(&container.name).await?;
    let mut reader = tokio::spawn(log.clone().read_pieces(engine.output(&container.name)));
    let done = tokio::select! {
        code = engine.ended(&container.name) => {
            let code = code?;
            let _ = tokio::time::timeout(LAST_LINES_LIMIT, &mut reader).await;
            let memory = engine.ran_out_of_memory(&container.name).await;
            let why = if memory { format!(", out of its {} MiB of memory", MEMORY_BYTES >> 20) } else { String::new() };
            Err(anyhow!("the container ended by itself with exit code {code}{why}"))
        }
        done = async {
            let url = format!("http://{}", engine.published(&container.name, PORT).await?);
            let what = format!("for the host in the container, up to {ANSWER_LIMIT_SECONDS} s");
            report.waits(&sample.name, Place::Docker, what);
            answers(&url).await?;
            let app = App {
                place: Place::Docker,
                url,
                keys: keys.clone(),
                storage: account.outside.clone(),
                log: log.clone(),
                stand_in: image.run.base.kind == Kind::StandIn,
            };
            work(&app).await
        } => done,
    };
    reader.abort();
    done
}

/// The account that was named, or an emulator beside the app.
async fn account(image: &SampleImage<'_>, network: &str) -> Result<Account> {
    let emulator = match &image.run.storage {
        Storage::Named(named) => return Ok(Account { outside: named.clone(), inside: named.clone() }),
        Storage::Emulator(emulator) => emulator,
    };
    let (sample, images) = (&image.staged.sample.name, &image.run.images);
    let container = Container {
        name: name(sample, "azurite"),
        image: emulator.clone(),
        labels: labels::of_this_run("azurite", sample),
        network: network.to_owned(),
        ..Container::default()
    };
    let what = format!("for Azurite in its container, up to {} s", azurite::START_LIMIT.as_secs());
    images.report.waits(sample, Place::Docker, what);
    emulator::start(&images.engine, container).await
}

fn container(image: &SampleImage<'_>, network: &str, account: &Account) -> Result<Container> {
    let sample = &image.staged.sample;
    Ok(Container {
        name: name(&sample.name, "app"),
        image: image.built.name.clone(),
        environment: image.settings(&account.inside)?,
        labels: labels::of_this_run("app", &sample.name),
        network: network.to_owned(),
        ports: vec![PORT],
        confined: image.run.base.holds_mini_host(),
        memory_bytes: MEMORY_BYTES,
        pids: PIDS,
    })
}

/// A name that says whose it is: `functions-custom-handlers-4711-123-go-app`.
fn name(sample: &str, kind: &str) -> String {
    format!("{PROJECT}-{}-{sample}-{kind}", Run::this().id())
}

/// Waits until the host answers something over HTTP: the engine's own proxy accepts connections before that.
async fn answers(url: &str) -> Result<()> {
    storage::prepare_tls();
    let client = reqwest::Client::builder().no_proxy().timeout(QUESTION_LIMIT).build().context("no HTTP client")?;
    let begun = Instant::now();
    let mut again = tokio::time::interval(ASKED_EVERY);
    while begun.elapsed() < Duration::from_secs(ANSWER_LIMIT_SECONDS) {
        again.tick().await;
        if client.get(url).send().await.is_ok() {
            return Ok(());
        }
    }
    bail!("the host in the container answered nothing at `{url}/` within {ANSWER_LIMIT_SECONDS} s")
}

/// Leaves what failed as it is, under a name that later runs leave alone, and says how to look into it.
async fn keep(image: &SampleImage<'_>) -> Result<()> {
    let (sample, images) = (&image.staged.sample.name, &image.run.images);
    let mut kept = None;
    for kind in ["azurite", "app"] {
        let (old, new) = (name(sample, kind), format!("{}{sample}-{}-{kind}", sweep::KEPT, Run::this().id()));
        match images.engine.rename(&old, &new).await {
            Ok(()) => kept = Some(new),
            Err(_) if kind == "azurite" => {} // An account that was named, or it never came to that.
            Err(error) => return Err(error),
        }
    }
    let container = kept.context("there is no container to keep")?;
    images.report.warn(format!(
        "`{sample}` is left as it is\n\
         hint: `docker logs {container}`, `docker port {container}`, `docker exec -it {container} sh` while it runs; \
         `cargo xtask clean --docker` removes it"
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_port_that_hangs_up_is_no_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let reply = async {
            drop(listener.accept().await.unwrap());
            // It is asked again, until there is an answer.
            let (mut stream, _) = listener.accept().await.unwrap();
            assert_ne!(stream.read(&mut [0; 1024]).await.unwrap(), 0);
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            stream
        };
        let (answered, _stream) = tokio::join!(answers(&url), reply);
        answered.unwrap();
    }
}
