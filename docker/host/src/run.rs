//! The whole program: configure, bind, announce, serve, drain, and say how it ended.

mod descriptors;
mod signals;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpListener;
use tokio::task::JoinError;
use wire::addresses::{AddressError, addresses};
use wire::server;

use crate::app::local_settings;
use crate::cli::{Options, Package, Verb};
use crate::front::Front;
use crate::handler::watchdog::Watchdog;
use crate::host::Host;
use crate::host::keys::KeyError;
use crate::host::open_keys;
use crate::host::running::{HandlerOptions, StartedBy};
use crate::host::watch::{self, Scope};
use crate::log;
use crate::package;
use crate::triggers;
use signals::StopSignals;

/// Why mini-host cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("which app?\nhint: mini-host FOLDER, the folder with host.json, or set AzureWebJobsScriptRoot")]
    NoApp,
    #[error("cannot open the app folder `{}`: {error}\nhint: give the folder that has host.json", path.display())]
    App { path: PathBuf, error: io::Error },
    #[error(transparent)]
    LocalSettings(#[from] local_settings::Error),
    #[error(transparent)]
    Addresses(#[from] AddressError),
    #[error("cannot listen on {address}: {error}\nhint: another program has the port; --port 0 takes a free one")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("{what} has ended by a fault of mini-host itself, and with it the host: {error}")]
    Died { what: &'static str, error: JoinError },
    #[error(transparent)]
    Package(#[from] package::Error),
}

/// Does what the command line asks for: serves an app until a signal asks the program to end, or the handler cannot be kept running.
///
/// # Errors
/// If the options, the app's folder or an address cannot be used. What is wrong with the app itself is not an error: it is logged.
pub async fn run(options: Options) -> Result<(), Error> {
    let outcome = match &options.verb {
        Some(Verb::Package(package)) => pack(package),
        None => serve_app(options).await,
    };
    log::flush();
    outcome
}

fn pack(asked: &Package) -> Result<(), Error> {
    let folder = std::path::absolute(&asked.app).unwrap_or_else(|_| asked.app.clone());
    let name = folder.file_name().map_or_else(|| "app".into(), |name| name.to_string_lossy().into_owned());
    let output = asked.output.clone().unwrap_or_else(|| format!("{name}.zip").into());
    let package = package::package(&folder, asked.plan, &output, &variables().collect())?;
    package.notes.iter().for_each(|note| eprintln!("note: {note}"));
    log::print(&package.to_string());
    Ok(())
}

async fn serve_app(options: Options) -> Result<(), Error> {
    let environment = environment(&options)?;
    let root = app_root(options.app, &environment)?;
    let key_store = if options.open_keys { open_keys::store(&environment, &root)? } else { Vec::new() };
    let environment = local_settings::added(environment, key_store);
    let urls = environment.iter().find(|(name, _)| name.eq_ignore_ascii_case("ASPNETCORE_URLS"));
    let mut signals = StopSignals::new().map_err(Error::Signals)?;
    let connections = descriptors::connection_limit();
    let watchdog = Watchdog::start();
    let (listeners, urls) = bind(urls.map(|(_, value)| value.as_str()), options.port).await?;

    let started_by = if options.print_env { StartedBy::Person } else { StartedBy::Host };
    let host = Host::start(
        root,
        HandlerOptions { environment, started_by, watchdog: watchdog.as_ref().cloned().unwrap_or_default() },
        urls,
    )
    .await;
    if options.open_keys {
        log::print(&open_keys::listing(host.state().app(), host.keys())?);
    }
    if let Err(error) = &watchdog {
        let text = format!("What the handler starts outlives a host that is killed: there is no watchdog: {error}");
        host.log().warning(log::HOST, text);
    }
    let scope = if options.watch { Scope::Everything } else { Scope::Configuration };
    let mut watching = tokio::spawn(watch::watch(Arc::clone(&host), scope));
    let mut serving = pin!(serve(&host, listeners, connections));
    let is_drained = tokio::select! {
        served = serving.as_mut() => served.map(|()| true),
        Err(error) = &mut watching => Err(Error::Died { what: "the search for changed files", error }),
        () = signals.next() => {
            ask_to_stop(&host);
            // A second signal does not wait for invocations.
            tokio::select! {
                served = serving => served.map(|()| true),
                () = signals.next() => Ok(false),
            }
        }
    };
    watching.abort();
    host.stop().await;
    if let Ok(watchdog) = watchdog {
        watchdog.dismiss();
    }
    if is_drained? {
        host.log().information(log::HOST, "Host stopped");
    }
    Ok(())
}

/// Answers callers and listens for triggers, until the host is asked to stop and has ended what is under way.
async fn serve(host: &Arc<Host>, listeners: Vec<TcpListener>, connections: usize) -> Result<(), Error> {
    let mut triggers = tokio::spawn(triggers::run(Arc::clone(host)));
    host.settle().await;
    let died = |error| Error::Died { what: "the task of the triggers", error };
    tokio::select! {
        () = server::serve(listeners, connections, host.stop_requested(), Front(Arc::clone(host))) => {}
        Err(error) = &mut triggers => return Err(died(error)),
    }
    // Its own limit holds.
    if triggers.is_finished() { Ok(()) } else { triggers.await.map_err(died) }
}

fn ask_to_stop(host: &Host) {
    host.request_stop();
    let waiting = host.invocations().load(Ordering::Relaxed);
    if waiting > 0 {
        let text = format!("Waiting for invocations under way to end ({waiting}); a second Ctrl-C does not wait");
        host.log().information(log::HOST, text);
    }
}

/// The environment as far as it is text, with what `--local-settings` adds.
fn environment(options: &Options) -> Result<Vec<(String, String)>, Error> {
    let environment = variables().collect();
    Ok(match &options.local_settings {
        Some(path) => local_settings::added(environment, local_settings::read(path)?),
        None => environment,
    })
}

fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn app_root(app: Option<PathBuf>, environment: &[(String, String)]) -> Result<PathBuf, Error> {
    let from_environment = || {
        let root = environment.iter().find(|(name, _)| name == "AzureWebJobsScriptRoot");
        root.map(|(_, value)| PathBuf::from(value))
    };
    let root = app.or_else(from_environment).ok_or(Error::NoApp)?;
    std::fs::canonicalize(&root).map_err(|error| Error::App { path: root, error })
}

/// Opens the sockets and announces each: the first line on standard output is for programs to read.
async fn bind(urls: Option<&str>, port: Option<u16>) -> Result<(Vec<TcpListener>, Vec<String>), Error> {
    let mut listeners = Vec::new();
    let mut bound_urls = Vec::new();
    for address in addresses(urls, port)? {
        let cannot_listen = |error| Error::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
        let bound = listener.local_addr().map_err(cannot_listen)?;
        let url = format!("http://{bound}");
        log::print(&format!("Listening on {url}\n"));
        listeners.push(listener);
        bound_urls.push(url);
    }
    Ok((listeners, bound_urls))
}
