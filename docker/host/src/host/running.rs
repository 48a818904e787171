//! An app that is served: its routes, its handler, its limits.

use std::io;
use std::sync::Arc;

use uuid::Uuid;
use wire::Response;
use wire::headers::is_sound;

use crate::app::{App, CustomHandler, Settings};
use crate::bindings::Bindings;
use crate::handler::watchdog::Watchdog;
use crate::handler::{Handler, Launch, Probe, Readiness, free_fixed_port, free_port};
use crate::host::routes;
use crate::host::throttle::Throttle;
use crate::log::{self, Log};

#[derive(Debug)]
pub struct Running {
    pub app: Arc<App>,
    pub routes: routes::Table,
    pub throttle: Throttle,
    pub bindings: Bindings,
    /// An app without functions has none.
    pub handler: Option<Handler>,
}

#[derive(Clone, Debug)]
pub struct HandlerOptions {
    pub environment: Vec<(String, String)>,
    /// Whether a person starts it, under a debugger: `--print-env`.
    pub is_started_by_hand: bool,
    /// Ends what it has started when the host is killed.
    pub watchdog: Watchdog,
}

impl Running {
    /// Serves an app from now on: starts its handler, if it has any functions (protocol.md#host-state-and-readiness).
    pub fn start(app: Arc<App>, settings: &Settings, handler_options: &HandlerOptions, log: &Log) -> io::Result<Self> {
        let handler = match app.options.custom_handler.as_ref().filter(|_| app.has_functions()) {
            Some(options) => {
                let probe =
                    Probe { timeout: options.initialization_timeout, follows_redirects: options.follows_redirects() };
                let launch = launch(&app, options, handler_options)?;
                Some(if handler_options.is_started_by_hand {
                    print_launch(&launch);
                    Handler::attach(launch.port, probe)
                } else {
                    Handler::start(launch, probe, log.clone())
                })
            }
            None => None,
        };
        let throttle = Throttle::new(&app.options.http);
        let bindings = Bindings::new(settings, app.options.queues.message_encoding);
        Ok(Self { routes: routes::Table::new(&app), throttle, bindings, handler, app })
    }

    pub async fn stop(&self) {
        if let Some(handler) = &self.handler {
            handler.stop().await;
        }
    }

    pub fn is_given_up(&self) -> bool {
        self.handler.as_ref().is_some_and(Handler::is_given_up)
    }

    /// Waits until the handler is not started any more.
    pub async fn given_up(&self) {
        if let Some(handler) = &self.handler
            && handler.readiness().wait_for(|state| *state == Readiness::GivenUp).await.is_ok()
        {
            return;
        }
        // It has none, or was stopped in good order.
        std::future::pending().await
    }

    /// Adds the headers that host.json wants on every response (`extensions.http.customHeaders`), unless it has them.
    pub fn add_custom_headers(&self, response: &mut Response) {
        // They have different names.
        let lines = response.headers.iter().count();
        for (name, value) in &self.app.options.http.custom_headers {
            if is_sound(name, value) && !response.headers.iter().take(lines).any(|line| line.is_called(name)) {
                response.headers.push(name, value);
            }
        }
    }
}

fn launch(app: &App, options: &CustomHandler, handler_options: &HandlerOptions) -> io::Result<Launch> {
    Ok(Launch {
        handler: options.clone(),
        script_root: app.root.clone(),
        environment: handler_options.environment.clone(),
        port: match options.port {
            Some(port) => free_fixed_port(port)?,
            None => free_port()?,
        },
        watchdog: handler_options.watchdog.clone(),
    })
}

/// Prints what to set and to run in order to start the handler by hand: what the app's settings and the host add to the environment
/// that a terminal has.
fn print_launch(launch: &Launch) {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let id = Uuid::new_v4();
    let mut text = String::from("Start the handler yourself; the host waits for it:\n\n");
    text.push_str(&format!("  cd {}\n", quoted(&launch.handler.working_directory.to_string_lossy())));
    let settings = launch.environment.iter().filter(|(name, value)| std::env::var(name).as_ref() != Ok(value));
    let settings = settings.map(|(name, value)| (name.as_str(), value.clone()));
    for (name, value) in settings.chain(launch.variables(id)) {
        text.push_str(&format!("  export {name}={}\n", quoted(&value)));
    }
    let line = launch.command_line(id);
    let words = std::iter::once(&line.program).chain(&line.arguments);
    let words: Vec<String> = words.map(|word| quoted(word)).collect();
    log::print(&format!("{text}  {}\n\n", words.join(" ")));
}
