//! The whole program: configure, bind, announce, serve, drain, and say how it ended.

mod descriptors;
mod listen;
mod memory;
mod signals;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinHandle};
use wire::{Service, server};

use crate::app::{DEFAULT_BODY_LIMIT_BYTES, Diagnostic};
use crate::cli::{self, Cli, OutputFormat, Package, ServeOptions, Verb};
use crate::completion;
use crate::exchange::Wanted;
use crate::files;
use crate::front::Front;
use crate::handler::watchdog::Watchdog;
use crate::host::Host;
use crate::host::open_keys;
use crate::host::running::HandlerOptions;
use crate::host::watch::{self, Scope, Seen};
use crate::inspect::Inspector;
use crate::local::azurite::{self, Provided};
use crate::local::cors::{Policy, WithCors};
use crate::local::{self, Surroundings};
use crate::log::{self, Format};
use crate::package;
use crate::send::invoke::invoke;
use crate::send::socket::{self, Socket};
use crate::send::{Asked, Report, payload};
use crate::triggers;
use listen::Bound;
use signals::StopSignals;

/// Does what the command line says; or says, for the person who has asked, what keeps it from being done.
pub async fn run(cli: Cli) -> Result<u8, Diagnostic> {
    let outcome = match cli.verb {
        Some(Verb::Send(asked)) => send(asked).await,
        Some(Verb::Completion { shell }) => {
            log::print(&String::from_utf8_lossy(&completion::script(shell)));
            Ok(0)
        }
        Some(Verb::Schema) => {
            log::print(include_str!("../records.schema.json"));
            Ok(0)
        }
        Some(Verb::Package(package)) => pack(&package).map(|()| 0),
        None => match senseless(&cli.serve) {
            Some(diagnostic) => {
                eprintln!("error: {diagnostic}");
                Ok(cli::SENSELESS)
            }
            None => {
                if cli.serve.output == OutputFormat::Json {
                    log::set_format(Format::Json);
                }
                serve(cli.serve, None).await.map(|_| 0)
            }
        },
    };
    log::flush();
    outcome
}

/// What is wrong with options that can be read, and yet mean nothing.
fn senseless(options: &ServeOptions) -> Option<Diagnostic> {
    let origins = options.cors.as_deref().filter(|origins| !origins.trim().is_empty());
    let policy = origins.map(|origins| Policy::new(origins, options.cors_credentials));
    policy.and_then(Result::err).or_else(|| restarting_record(options))
}

/// With `--watch` every exchange that is written into the app would start the host anew.
fn restarting_record(options: &ServeOptions) -> Option<Diagnostic> {
    let folder = options.record.as_deref().filter(|_| options.watch)?;
    // What is wrong with the app is said later.
    let app = local::app_folder(options).ok()?;
    let below = std::path::absolute(folder).ok()?.strip_prefix(&app).ok()?.to_owned();
    if below.to_string_lossy().starts_with('.') {
        return None;
    }
    let text =
        format!("`--record {}` writes into the app, which `--watch` starts anew at every change", folder.display());
    Some(
        Diagnostic::of_whole(text)
            .hint("name a folder outside of the app, or a hidden one in it, such as `.exchanges`"),
    )
}

fn failed(what: impl Display, error: &io::Error) -> Diagnostic {
    Diagnostic::of_whole(format!("{what}: {error}"))
}

fn died(what: &str, error: &JoinError) -> Diagnostic {
    Diagnostic::of_whole(format!("{what} has ended by a fault of mini-host itself, and with it the host: {error}"))
}

/// Has a function invoked by a running host of the app, or by one that is started for it.
async fn send(asked: cli::Send) -> Result<u8, Diagnostic> {
    let Some(function) = asked.function.filter(|_| !asked.list) else {
        log::print(&payload::listing());
        return Ok(0);
    };
    let body = match &asked.file {
        Some(path) => Some(body(path)?),
        None => asked.text.map(String::into_bytes),
    };
    let body = body.map(|body| dotnet_text::base64::encode(&body));
    let cli::Send { path, method, timeout, app, .. } = asked;
    let asked = Asked { function, body, path, method, seconds: timeout };
    let options = ServeOptions { app, port: Some(0), ..ServeOptions::default() };
    let report = match socket::ask(&local::app_folder(&options)?, &asked).await? {
        Some(report) => Some(report),
        None => {
            log::set_format(Format::Quiet);
            serve(options, Some(asked)).await?
        }
    };
    log::set_format(Format::Text);
    let report = report.ok_or_else(|| Diagnostic::of_whole("the host ended before the function did"))?;
    let (text, status) = report.shown()?;
    log::print(&text);
    Ok(status)
}

/// What is sent from a file, which may be a pipe.
fn body(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(DEFAULT_BODY_LIMIT_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Ok(count) if count as u64 > DEFAULT_BODY_LIMIT_BYTES => Err(Diagnostic::of_whole(format!(
            "`{}` has more than {DEFAULT_BODY_LIMIT_BYTES} bytes, and the host takes no longer body",
            path.display()
        ))),
        Ok(_) => Ok(bytes),
        Err(error) => Err(failed(format_args!("cannot read `{}`", path.display()), &error)),
    }
}

fn pack(asked: &Package) -> Result<(), Diagnostic> {
    let folder = local::app_folder(&ServeOptions { app: asked.app.clone(), ..ServeOptions::default() })?;
    let name = folder.file_name().map_or_else(|| "app".into(), |name| name.to_string_lossy().into_owned());
    let output = asked.output.clone().unwrap_or_else(|| format!("{name}.zip").into());
    let wanted =
        package::Wanted { root: &folder, plan: asked.plan, output: &output, left_out: asked.funcignore.as_deref() };
    let package = package::package(&wanted, &local::variables().collect())?;
    package.notes.iter().for_each(|note| eprintln!("note: {note}"));
    log::print(&package.to_string());
    Ok(())
}

/// Serves an app until a signal asks the program to end, or the handler cannot be kept running; or until the one function that
/// is asked for has been invoked. What is wrong with the app itself is not an error: it is logged.
async fn serve(options: ServeOptions, asked: Option<Asked>) -> Result<Option<Report>, Diagnostic> {
    let Surroundings { root, environment, port, cors, is_local, mut notes } = local::surroundings(&options)?;
    let mut signals = StopSignals::new().map_err(|error| failed("cannot wait for signals", &error))?;
    let connections = descriptors::connection_limit();
    memory::give_back_after_peaks();
    let watchdog = Watchdog::start();
    let kept = watchdog.as_ref().cloned().unwrap_or_default();
    // Not a change of the app, then. Who writes into the folder says whether it can be made.
    _ = options.record.as_deref().map(files::make_privately);
    // Before the first line is printed: a person who has read it may change a file, and that is noticed.
    let scope = if options.watch { Scope::Everything } else { Scope::Configuration };
    let seen = Seen::first(&root, scope).await;
    let Bound { listeners, urls, note } = listen::bind(&environment, port).await?;
    notes.extend(note);
    let azurite = tokio::select! {
        azurite = azurite::provide(is_local && !options.no_azurite, &environment, &root, &kept) => azurite,
        () = signals.next() => return Ok(None),
    };
    let socket = if is_local && asked.is_none() { Socket::open(&root).await } else { Ok(None) };
    let unfound = |diagnostic: &Diagnostic| diagnostic.clone().within("`mini-host send` does not find this host");
    notes.extend(socket.as_ref().err().map(unfound));

    let no_port = |error| failed("there is no port for the page of --inspect", &error);
    let inspector = inspector(options.inspect).await.map_err(no_port)?;
    let handler = HandlerOptions { environment, is_started_by_hand: options.print_env, watchdog: kept };
    let wanted = Wanted { record: options.record.clone(), inspect: options.inspect };
    let host = Host::start(root, handler, urls, wanted).await;
    notes.extend(weaker_guarantees(watchdog.as_ref().err()));
    announce(&host, &options, &azurite, notes)?;
    let inspecting = inspector.map(|inspector| {
        host.log.information(log::HOST, format!("Exchanges with the handler are shown at {}", inspector.url()));
        tokio::spawn(inspector.serve(Arc::clone(&host)))
    });
    let watching = tokio::spawn(watch::watch(Arc::clone(&host), scope, seen));
    let service = WithCors { service: Front::new(&host), policy: cors.map(Arc::new) };
    let socket = socket.ok().flatten().map(|socket| tokio::spawn(socket.serve(Arc::clone(&host))));
    let ending = wait_for_end(&host, serve_callers(&host, listeners, connections, service), watching, &mut signals);
    let (report, is_drained) = match &asked {
        Some(asked) => until_invoked(&host, asked, ending).await,
        None => (None, ending.await),
    };
    socket.inspect(JoinHandle::abort);
    inspecting.into_iter().for_each(|task| task.abort());
    wind_down(&host, watchdog.ok(), azurite).await;
    if is_drained? {
        host.log.information(log::HOST, "Host stopped");
    }
    host.log.summarize();
    Ok(report)
}

async fn inspector(is_wanted: bool) -> io::Result<Option<Inspector>> {
    if is_wanted { Inspector::bind().await.map(Some) } else { Ok(None) }
}

/// Says, for people, what is to be known of a host that has begun.
fn announce(
    host: &Host,
    options: &ServeOptions,
    azurite: &Provided,
    mut notes: Vec<Diagnostic>,
) -> Result<(), Diagnostic> {
    match azurite {
        Provided::Nothing => {}
        Provided::Started(_, note) => host.log.information(log::HOST, note),
        Provided::Missing(note) => notes.push(note.clone()),
    }
    notes.iter().for_each(|note| host.log.warning(log::HOST, note));
    if options.open_keys {
        log::print(&open_keys::listing(&host.app(), &host.keys)?);
    }
    Ok(())
}

async fn wind_down(host: &Host, watchdog: Option<Watchdog>, azurite: Provided) {
    host.stop().await;
    host.exchanges.as_ref().inspect(|exchanges| exchanges.flush());
    if let Provided::Started(mut azurite, _) = azurite {
        azurite.kill().await;
    }
    watchdog.inspect(Watchdog::dismiss);
}

/// Serves until the one function that is asked for has been invoked: what became of it, if the host does not end before.
async fn until_invoked(
    host: &Arc<Host>,
    asked: &Asked,
    ending: impl Future<Output = Result<bool, Diagnostic>>,
) -> (Option<Report>, Result<bool, Diagnostic>) {
    let mut ending = pin!(ending);
    let report = tokio::select! {
        ended = ending.as_mut() => return (None, ended),
        report = invoke(host, asked) => report,
    };
    host.request_stop();
    // What has not ended in time is not waited for once more.
    let is_drained = if matches!(report, Report::Silent(_)) { Ok(false) } else { ending.await };
    (Some(report), is_drained)
}

/// Serves until the host ends. Whether all that was under way has been answered.
async fn wait_for_end(
    host: &Host,
    serving: impl Future<Output = Result<(), Diagnostic>>,
    mut watching: JoinHandle<()>,
    signals: &mut StopSignals,
) -> Result<bool, Diagnostic> {
    let mut serving = pin!(serving);
    let is_drained = tokio::select! {
        served = serving.as_mut() => served.map(|()| true),
        Err(error) = &mut watching => Err(died("the search for changed files", &error)),
        () = signals.next() => {
            ask_to_stop(host);
            // A second signal does not wait for invocations.
            tokio::select! {
                served = serving => served.map(|()| true),
                () = signals.next() => Ok(false),
            }
        }
    };
    watching.abort();
    is_drained
}

/// What this system, or this machine, does not let mini-host promise.
fn weaker_guarantees(no_watchdog: Option<&io::Error>) -> Option<Diagnostic> {
    if !cfg!(target_os = "linux") {
        let text = "This system has not what Linux has: the handler, and what it starts, outlive a host that is killed; processes \
                    that leave the handler's group are not ended with it; a handler that listens elsewhere is not named with its address";
        return Some(Diagnostic::of_whole(text));
    }
    let text = "What the handler starts outlives a host that is killed: there is no watchdog";
    no_watchdog.map(|error| Diagnostic::of_whole(format!("{text}: {error}")))
}

/// Answers callers and listens for triggers, until the host is asked to stop and has ended what is under way.
async fn serve_callers(
    host: &Arc<Host>,
    listeners: Vec<TcpListener>,
    connections: usize,
    service: impl Service,
) -> Result<(), Diagnostic> {
    let mut triggers = tokio::spawn(triggers::run(Arc::clone(host)));
    host.settle().await;
    let died = |error| died("the task of the triggers", &error);
    tokio::select! {
        () = server::serve(listeners, connections, host.stop_requested(), service) => {}
        Err(error) = &mut triggers => return Err(died(error)),
    }
    // Its own limit holds.
    if triggers.is_finished() { Ok(()) } else { triggers.await.map_err(died) }
}

fn ask_to_stop(host: &Host) {
    host.request_stop();
    let waiting = host.invocations.load(Ordering::Relaxed);
    if waiting > 0 {
        let text = format!("Waiting for invocations under way to end ({waiting}); a second Ctrl-C does not wait");
        host.log.information(log::HOST, text);
    }
}
