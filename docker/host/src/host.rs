//! The state that the parts of the host share: the app as it is now, and whether it runs.

pub mod execution;
pub mod keys;
mod listing;
pub mod open_keys;
pub mod routes;
pub mod running;
mod state;
pub mod throttle;
pub mod watch;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::watch::{Receiver, Sender};

use crate::app::{self, App, Diagnostic, Settings, Unreadable};
use crate::doctor;
use crate::exchange::{Exchanges, Wanted};
use crate::files;
use crate::handler::Readiness;
use crate::log::{self, Filter, Log, mask};
use keys::Keys;
use running::{HandlerOptions, Running};
pub use state::State;

/// Delay between giving up on a handler and stopping the host.
const STOP_DELAY_MS: u64 = 500;
/// How long the requests of an app that was replaced may go on.
const REPLACED_SECONDS: u64 = 10;
/// How long before the first answer the handler is started, unless it is ready earlier.
const HANDLER_LEAD_MS: u64 = 400;
const OPTIONS_SETUP: &str = "Microsoft.Azure.WebJobs.Script.Workers.Http.HttpWorkerOptionsSetup";
const FUNCTION_PROVIDER: &str = "Microsoft.Azure.WebJobs.Script.Workers.Http.HttpWorkerFunctionProvider";
/// The file whose presence takes an app offline.
pub const OFFLINE_FILE: &str = "app_offline.htm";

/// The host: one function app, served.
#[derive(Debug)]
pub struct Host {
    pub root: PathBuf,
    pub settings: Settings,
    pub keys: Keys,
    pub log: Log,
    /// `None` if nobody wants to see them.
    pub exchanges: Option<Arc<Exchanges>>,
    /// How many are under way.
    pub invocations: AtomicUsize,
    handler_options: HandlerOptions,
    urls: Vec<String>,
    state: Sender<State>,
    drained: Sender<bool>,
    stop: Sender<bool>,
    /// The functions of which a request to a reserved path was said to be kept.
    warned_of_reserved_routes: Mutex<HashSet<String>>,
    /// Apps are taken up one after the other.
    turn: tokio::sync::Mutex<()>,
    /// The app that was replaced last, while its requests go on.
    replaced: Mutex<Weak<Running>>,
    pub started: Instant,
}

impl Host {
    /// Reads the app below `root`, which must be absolute, and serves it. The handler's environment is also that of the host;
    /// `urls` are those that callers use, for the list of functions.
    pub async fn start(root: PathBuf, handler_options: HandlerOptions, urls: Vec<String>, wanted: Wanted) -> Arc<Self> {
        let settings: Settings = handler_options.environment.iter().cloned().collect();
        let (app, settings, root) = aside(move || (Arc::new(app::load(&root, &settings)), settings, root)).await;
        settings.all().for_each(|(name, value)| mask::remember_setting(name, value));
        let nothing_yet = State::Error(Arc::clone(&app), None);
        let log = Log::default();
        let host = Arc::new(Self {
            root,
            keys: Keys::new(&settings),
            settings,
            handler_options,
            urls,
            exchanges: Exchanges::open(wanted, &log),
            log,
            state: Sender::new(nothing_yet),
            drained: Sender::new(false),
            stop: Sender::new(false),
            invocations: AtomicUsize::default(),
            warned_of_reserved_routes: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            replaced: Mutex::default(),
            started: Instant::now(),
        });
        let starting = Arc::clone(&host);
        aside(move || starting.take_up(app)).await;
        host
    }

    /// The port that callers connect to.
    pub fn port(&self) -> u16 {
        let port = self.urls.first().and_then(|url| url.rsplit(':').next()?.parse().ok());
        port.unwrap_or_default()
    }

    pub fn drained(&self) -> Receiver<bool> {
        self.drained.subscribe()
    }

    /// Lets the listeners of triggers rest, or listen again.
    pub fn drain(&self, is_drained: bool) {
        self.drained.send_replace(is_drained);
    }

    /// Whether functions may have paths below `/admin` and `/runtime`, as they could in older hosts (recording AT-flag).
    pub fn lets_functions_have_reserved_routes(&self) -> bool {
        let flags = self.settings.get("AzureWebJobsFeatureFlags").unwrap_or_default();
        flags.split(',').any(|flag| flag.trim().eq_ignore_ascii_case("DisableReservedRouteEnforcement"))
    }

    /// Whether no request to a reserved path has been kept from this function before.
    pub fn is_first_reserved_route_of(&self, function: &str) -> bool {
        let mut warned = self.warned_of_reserved_routes.lock().unwrap_or_else(PoisonError::into_inner);
        warned.insert(function.to_owned())
    }

    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// The app as it was last read.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(self.state.borrow().app())
    }

    pub fn running(&self) -> Option<Arc<Running>> {
        match &*self.state.borrow() {
            State::Running(running) => Some(Arc::clone(running)),
            _ => None,
        }
    }

    pub fn states(&self) -> Receiver<State> {
        self.state.subscribe()
    }

    /// Reads the app, starts its handler, and serves it from now on in place of the one before; `reason` is logged. The handler
    /// of that one ends with its last request, or before the next one starts where both are to listen on the same port. If the
    /// app cannot be read now, nothing has changed.
    pub async fn load(self: &Arc<Self>, reason: &str) -> Result<(), Diagnostic> {
        let _turn = self.turn.lock().await;
        let host = Arc::clone(self);
        let app = Arc::new(aside(move || app::reload(&host.root, &host.settings)).await?);
        self.log.information(log::HOST, reason);
        if app.fixed_port().is_some() {
            self.stop().await;
        }
        let host = Arc::clone(self);
        aside(move || host.take_up(app)).await;
        Ok(())
    }

    /// Serves an app that was just read.
    fn take_up(self: &Arc<Self>, app: Arc<App>) {
        self.log.set_filter(filter(&app));
        if let Ok(page) = files::read(&self.root.join(OFFLINE_FILE)) {
            return self.replace(State::Offline { app, page: page.into() });
        }
        self.report(&app);
        if let Some(url) = self.urls.first() {
            log::print(&listing::listing(&app, url));
            listing::records(&app, url).into_iter().for_each(|record| self.log.record(record));
        }
        if !app.errors.is_empty() && !app.fails_late() {
            return self.replace(State::Error(app, None));
        }
        match Running::start(Arc::clone(&app), &self.settings, &self.handler_options, &self.log) {
            Ok(running) => self.serve(Arc::new(running)),
            Err(error) => match app.fixed_port() {
                Some(port) => {
                    let (app, diagnostic) = app.with_port_taken(port, &error);
                    self.log.error(log::HOST, diagnostic);
                    self.replace(State::Error(Arc::new(app), None));
                }
                None => {
                    self.log.error(log::HOST, format!("No port for the handler: {error}"));
                    self.request_stop();
                }
            },
        }
    }

    fn report(&self, app: &App) {
        for found in app.diagnostics.iter().chain(&doctor::diagnostics(app, &self.settings)) {
            self.log.warning(log::HOST, found);
        }
        for error in &app.errors {
            self.log.error(log::HOST, format!("A host error has occurred during startup operation\n{error}"));
        }
        self.report_settings(app);
        let faulty = app.functions.iter().map(|function| (&function.name, &function.errors));
        let unreadable = app.unreadable.iter().map(|function| (&function.name, &function.errors));
        for (name, errors) in faulty.chain(unreadable) {
            for error in errors {
                self.log.error(log::HOST, format!("The '{name}' function is in error: {error}"));
            }
        }
    }

    /// Logs what host.json says of port and routes, as the real host does.
    fn report_settings(&self, app: &App) {
        let Some(handler) = &app.options.custom_handler else { return };
        if let Some(port) = handler.port {
            let text = format!("Using port {port} specified via configuration for custom handler.");
            self.log.information(OPTIONS_SETUP, text);
        }
        for function in app.functions.iter().filter(|function| function.is_implicit()) {
            let Some(http) = &function.http else { continue };
            let (name, route, level) = (&function.name, &http.route, http.level.name());
            self.log.information(
                FUNCTION_PROVIDER,
                format!("Created function {name} for route {route} (authLevel={level})."),
            );
        }
        for Unreadable { name, errors, route } in &app.unreadable {
            if let (Some(route), Some(error)) = (route, errors.first()) {
                let text = format!("Unable to create function {name} for route {route} due to invalid route: {error}");
                self.log.error(FUNCTION_PROVIDER, text);
            }
        }
    }

    /// Waits, for a moment, until the handler is ready. The real host answers nobody, not even `/admin/host/ping`, before it has
    /// started its handler, in every recording some 0.4 s earlier.
    pub async fn settle(&self) {
        if let State::Running(running) | State::Error(_, Some(running)) = self.state()
            && let Some(handler) = &running.handler
        {
            let lead = Duration::from_millis(HANDLER_LEAD_MS);
            handler.wait_for(lead, |state| *state != Readiness::Starting).await;
        }
    }

    /// Asks the program to end: no new connections, requests in flight finish, the handler is killed.
    pub fn request_stop(&self) {
        self.stop.send_replace(true);
    }

    /// As [`request_stop`](Self::request_stop), but the last invocation has the time to be answered first: the real host takes
    /// longer to stop (recordings PX-root-hang, PX-exit-thrice).
    pub fn request_stop_soon(&self) {
        let stop = self.stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(STOP_DELAY_MS)).await;
            stop.send_replace(true);
        });
    }

    pub async fn stop_requested(&self) {
        let mut stop = self.stop.subscribe();
        // The sender lives as long as this host.
        _ = stop.wait_for(|stop| *stop).await;
    }

    /// Kills the handler; for the end of the program.
    pub async fn stop(&self) {
        if let State::Running(running) | State::Error(_, Some(running)) = self.state() {
            running.stop().await;
        }
    }

    fn serve(self: &Arc<Self>, running: Arc<Running>) {
        if let Some(handler) = &running.handler {
            let mut readiness = handler.readiness();
            let host = Arc::downgrade(self);
            tokio::spawn(async move {
                // An error means that the handler was stopped in good order.
                if readiness.wait_for(|state| *state == Readiness::GivenUp).await.is_ok()
                    && let Some(host) = host.upgrade()
                {
                    host.request_stop_soon();
                }
            });
        }
        let state = if running.app.errors.is_empty() {
            State::Running(running)
        } else {
            State::Error(Arc::clone(&running.app), Some(running))
        };
        self.replace(state);
    }

    /// From now on this is what the host does. The requests of the app before may go on for a while; those of the one before that
    /// end now: there are never more than two handlers.
    fn replace(&self, state: State) {
        let (State::Running(old) | State::Error(_, Some(old))) = self.state.send_replace(state) else { return };
        let (old, log) = (Arc::downgrade(&old), self.log.clone());
        let older = std::mem::replace(&mut *self.replaced.lock().unwrap_or_else(PoisonError::into_inner), old.clone());
        tokio::spawn(async move {
            if let Some(older) = older.upgrade() {
                older.stop().await;
            }
            tokio::time::sleep(Duration::from_secs(REPLACED_SECONDS)).await;
            if let Some(old) = old.upgrade() {
                let text =
                    format!("The handler of the app before is ended: its requests go on after {REPLACED_SECONDS} s");
                log.warning(log::HOST, text);
                old.stop().await;
            }
        });
    }
}

/// Does what may take long beside the tasks that serve.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The program ends.
            Err(_) => std::future::pending().await,
        },
    }
}

/// The log filter of an app. The console is on while the host is in error, or nothing would say why every answer is 503.
fn filter(app: &App) -> Filter {
    let filter = app.options.logging.clone();
    Filter { console: filter.console || !app.errors.is_empty(), ..filter }
}
