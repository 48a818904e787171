//! The `mini-host` program: configure, bind, announce, serve, drain, and say how it ended.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mini_host::app::local_settings;
use mini_host::cli::Options;
use mini_host::front::Front;
use mini_host::host::Host;
use mini_host::host::open_keys;
use mini_host::host::running::{Handling, Starter};
use mini_host::host::watch::{self, Scope};
use mini_host::{log, triggers};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use wire::addresses::addresses;
use wire::server;

fn main() -> ExitCode {
    let options = Options::from_command_line();
    // The handler, and whoever calls, need the other half. One worker is this thread: nothing has to pass to another.
    let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
    let mut builder = if workers == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let outcome = builder
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))
        .and_then(|runtime| runtime.block_on(run(options)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    let environment = environment(&options)?;
    let root = app_root(options.app, &environment)?;
    let key_store = if options.open_keys { open_keys::store(&environment, &root) } else { Vec::new() };
    let environment = local_settings::added(environment, key_store);

    let urls = environment.iter().find(|(name, _)| name.eq_ignore_ascii_case("ASPNETCORE_URLS"));
    let (listeners, urls) = bind(urls.map(|(_, value)| value.as_str()), options.port).await?;
    let mut stop_signals = StopSignals::new()?;
    let starter = if options.print_env { Starter::Person } else { Starter::Host };
    let host = Host::start(root, Handling { environment, starter }, urls);
    if options.open_keys {
        let keys = open_keys::listing(host.state().app(), host.keys()).map_err(|error| error.0)?;
        print(&keys);
    }

    let stopper = Arc::clone(&host);
    tokio::spawn(async move {
        stop_signals.next().await;
        stopper.request_stop();
        let waiting = stopper.invocations().load(Ordering::Relaxed);
        if waiting > 0 {
            let text = format!("Waiting for invocations under way to end ({waiting}); a second Ctrl-C does not wait");
            stopper.log().information(log::HOST, text);
        }
        stop_signals.next().await;
        stopper.stop().await;
        std::process::exit(0);
    });
    let scope = if options.watch { Scope::Everything } else { Scope::Configuration };
    let watching = tokio::spawn(watch::watch(Arc::clone(&host), scope));
    let triggers = tokio::spawn(triggers::run(Arc::clone(&host)));
    host.settle().await;
    server::serve(listeners, host.stop_requested(), Front(Arc::clone(&host))).await;
    watching.abort();
    // Its own limit holds; it only fails if it panics.
    _ = triggers.await;
    host.stop().await;
    host.log().information(log::HOST, "Host stopped");
    Ok(())
}

/// The environment as far as it is text, with what `--local-settings` adds.
fn environment(options: &Options) -> Result<Vec<(String, String)>, String> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Ok(match &options.local_settings {
        Some(path) => local_settings::added(environment, local_settings::read(path)?),
        None => environment,
    })
}

fn app_root(app: Option<PathBuf>, environment: &[(String, String)]) -> Result<PathBuf, String> {
    let from_environment = || {
        let root = environment.iter().find(|(name, _)| name == "AzureWebJobsScriptRoot");
        root.map(|(_, value)| PathBuf::from(value))
    };
    let root = app
        .or_else(from_environment)
        .ok_or("which app?\nhint: mini-host FOLDER, the folder with host.json, or set AzureWebJobsScriptRoot")?;
    let absolute = std::fs::canonicalize(&root);
    absolute.map_err(|error| {
        format!("cannot open the app folder `{}`: {error}\nhint: give the folder that has host.json", root.display())
    })
}

/// Opens the sockets and announces each: the first line on standard output is for programs to read.
async fn bind(urls: Option<&str>, port: Option<u16>) -> Result<(Vec<TcpListener>, Vec<String>), String> {
    let mut listeners = Vec::new();
    let mut bound_urls = Vec::new();
    for address in addresses(urls, port).map_err(|error| error.to_string())? {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            format!(
                "cannot listen on {address}: {error}\nhint: another program has the port; --port 0 takes a free one"
            )
        })?;
        let bound = listener.local_addr().map_err(|error| error.to_string())?;
        let url = format!("http://{bound}");
        print(&format!("Listening on {url}\n"));
        listeners.push(listener);
        bound_urls.push(url);
    }
    Ok((listeners, bound_urls))
}

/// The signals that ask the program to end: SIGINT, SIGQUIT and SIGTERM.
struct StopSignals {
    interrupted: Signal,
    quitted: Signal,
    terminated: Signal,
}

impl StopSignals {
    fn new() -> Result<Self, String> {
        let listen = |kind| signal(kind).map_err(|error| format!("cannot wait for signals: {error}"));
        Ok(Self {
            interrupted: listen(SignalKind::interrupt())?,
            quitted: listen(SignalKind::quit())?,
            terminated: listen(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.quitted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
}

fn print(text: &str) {
    // Nobody reads it if this fails.
    _ = std::io::stdout().lock().write_all(text.as_bytes());
}
