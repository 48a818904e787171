//! Logs one invocation: `Executing 'Functions.X'`, `Executed 'Functions.X'`.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use uuid::Uuid;
use wire::Caller;

use crate::app::Function;
use crate::envelope::http_request::HttpRequest;
use crate::exchange::Recorder;
use crate::host::Host;
use crate::host::running::Running;
use crate::log::mask::{self, Known};
use crate::log::{Entry, Invocation, Level, Outcome, Output, Record};

/// The reason that the log gives for an invocation over HTTP or by the admin route.
pub const CALLED_BY_HOST_API: &str = "This function was programmatically called via the host APIs.";

const STARTED: u32 = 1;
const SUCCEEDED: u32 = 2;
const FAILED: u32 = 3;

#[derive(Debug)]
pub struct Execution<'a> {
    pub id: Uuid,
    pub host: &'a Host,
    pub running: &'a Running,
    pub function: &'a Function,
    pub exchange: Recorder,
    started: Instant,
    reason: Cow<'static, str>,
    /// What it was asked, if the handler may repeat it in what is logged.
    request: OnceLock<Arc<HttpRequest>>,
    /// What in it is secret.
    secrets: OnceLock<Known>,
    end: Mutex<End>,
}

/// What a record says of an invocation at its end.
#[derive(Debug, Default)]
struct End {
    source: Option<String>,
    outcome: Option<Outcome>,
    error: Option<String>,
    outputs: Vec<Output>,
}

impl<'a> Execution<'a> {
    pub fn begin(
        host: &'a Host,
        running: &'a Running,
        function: &'a Function,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (id, started, reason) = (invocation_id(), Instant::now(), reason.into());
        let exchange = Recorder::begin(host.exchanges.as_ref(), id, &function.name);
        let (request, secrets, end) = (OnceLock::new(), OnceLock::new(), Mutex::default());
        let execution = Self { id, host, running, function, exchange, started, reason, request, secrets, end };
        let reason = &execution.reason;
        host.invocations.fetch_add(1, Ordering::Relaxed);
        execution
            .write(Level::Information, STARTED, |name, id| format!("Executing '{name}' (Reason='{reason}', Id={id})"));
        execution
    }

    pub fn watch_body(&self, caller: &mut Caller) {
        if self.exchange.is_on() {
            let exchange = self.exchange.clone();
            caller.watch_body(move |piece| exchange.sent(piece));
        }
    }

    /// Keeps what it was begun for: the id of a message, the path of a blob.
    pub fn begun_for(&self, source: Option<String>) {
        self.end().source = source;
    }

    /// Keeps whose request it was begun for.
    pub fn called_by(&self, caller: &Caller) {
        if let Some(address) = address_of(caller, self.host) {
            self.begun_for(Some(address));
        }
    }

    /// Keeps the request whose secrets are not to be shown.
    pub fn asked(&self, request: &Arc<HttpRequest>) {
        // There is one in an invocation.
        _ = self.request.set(Arc::clone(request));
        if self.exchange.is_on() {
            self.exchange.hide(secrets_of(request));
        }
    }

    pub fn wrote(&self, mut outputs: Vec<Output>) {
        for text in outputs.iter_mut().filter_map(|output| output.text.as_mut()) {
            *text = mask::of_handler(text, &Known::default()).into_owned();
        }
        self.end().outputs = outputs;
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn user_log(&self, line: &str) {
        let category = format!("{}.User", self.function.log_category);
        let entry = Entry { level: Level::Information, category: &category, event: 0, invocation: Some(self.id) };
        self.host.log.write(entry, mask::of_handler(line, self.secrets()));
    }

    /// Logs something about the invocation while it is under way.
    pub fn note(&self, level: Level, message: impl Display) {
        self.host.log.write(
            Entry { level, category: &self.function.log_category, event: 0, invocation: Some(self.id) },
            message,
        );
    }

    pub fn succeeded(&self) {
        self.exchange.ended(Outcome::Succeeded, "");
        self.end().outcome = Some(Outcome::Succeeded);
        self.write(Level::Information, SUCCEEDED, |name, id| {
            let duration = self.started.elapsed().as_millis();
            format!("Executed '{name}' (Succeeded, Id={id}, Duration={duration}ms)")
        });
    }

    /// Logs that it failed, and why: the cause, then what helps to fix it.
    pub fn failed(&self, cause: impl Display) {
        let cause = cause.to_string();
        self.exchange.ended(Outcome::Failed, &cause);
        let cause = mask::text_without(&cause, self.secrets());
        {
            let mut end = self.end();
            (end.outcome, end.error) = (Some(Outcome::Failed), Some(cause.clone()));
        }
        let duration = self.started.elapsed().as_millis();
        self.write(Level::Error, FAILED, |name, id| {
            format!(
                "Executed '{name}' (Failed, Id={id}, Duration={duration}ms)\nMicrosoft.Azure.WebJobs.Host.\
                 FunctionInvocationException: Exception while executing function: {name}\n ---> {cause}"
            )
        });
    }

    /// What the request has that is secret, found once however many lines the handler logs.
    fn secrets(&self) -> &Known {
        static NONE: LazyLock<Known> = LazyLock::new(Known::default);
        let Some(request) = self.request.get() else { return &NONE };
        self.secrets.get_or_init(|| Known::of(secrets_of(request).iter().map(String::as_str)))
    }

    fn write(&self, level: Level, event: u32, message: impl FnOnce(&str, Uuid) -> String) {
        if self.host.log.is_enabled(level, &self.function.log_category) {
            let name = format!("Functions.{}", self.function.name);
            let entry = Entry { level, category: &self.function.log_category, event, invocation: None };
            self.host.log.write(entry, message(&name, self.id));
        }
    }
}

/// What a request has that is secret, whether it opens anything or not.
fn secrets_of(request: &HttpRequest) -> Vec<String> {
    let lines = request.headers.iter().flat_map(|(name, value)| mask::secrets(name, &String::from_utf8_lossy(value)));
    lines.chain(mask::secrets_of_query(&request.query)).collect()
}

/// The address of a caller, if anybody reads records: it costs a call to the operating system.
pub fn address_of(caller: &Caller, host: &Host) -> Option<String> {
    let address = host.log.is_recording().then(|| caller.address()).flatten();
    address.map(|address| address.to_string())
}

/// A new id. It is not a secret, so it need not cost a call to the operating system.
fn invocation_id() -> Uuid {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid()
}

impl Drop for Execution<'_> {
    fn drop(&mut self) {
        self.exchange.close();
        self.host.invocations.fetch_sub(1, Ordering::Relaxed);
        if self.host.log.is_recording() {
            let End { source, outcome, error, outputs } = std::mem::take(&mut *self.end());
            self.host.log.record(Record::Invocation(Invocation {
                id: self.id,
                function: self.function.name.clone(),
                reason: std::mem::take(&mut self.reason).into_owned(),
                source: source.map(|source| mask::text(&source)),
                outcome: outcome.unwrap_or(Outcome::Abandoned),
                error,
                milliseconds: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
                outputs,
            }));
        }
    }
}
