//! The timer trigger (protocol.md#timer-trigger and #locks-ids-timers).

use std::time::Duration;

use chrono::{DateTime, Local, NaiveDateTime};
use storage::{Blob, PutBlob};
use tokio::sync::watch;
use tokio::time::sleep;

use super::context::{CATEGORY, Context, rest};
use super::host_id::host_id;
use crate::app::{Binding, Diagnostic, Settings};
use crate::bindings::connection::Connections;
use crate::envelope::data::{BindingData, Value};
use crate::grammar::schedule::Schedule;
use crate::invoke::Trigger;
use dotnet_text::json::{self, Json};

/// The container of everything that hosts keep for themselves.
pub(super) const HOSTS_CONTAINER: &str = "azure-webjobs-hosts";
/// How a date without a value stands in JSON: .NET's first.
const NEVER: &str = "0001-01-01T00:00:00+00:00";
/// A run may come this much before its time because clocks differ; it counts as the run of that time.
const EARLY_LIMIT_MILLISECONDS: i64 = 1000;
/// How long a timer sleeps before it looks at the clock again.
const LONGEST_SLEEP_SECONDS: u64 = 60;

/// Runs one function at its times until it is asked to stop. Runs of one timer never overlap (recording TX-timer-overlap).
pub(super) async fn listen(context: Context, mut resting: watch::Receiver<bool>) {
    let timer = match Timer::of(&context) {
        Ok(timer) => timer,
        Err(failure) => return context.does_not_listen(failure),
    };
    let mut state = timer.state_at_start().await;
    let now = Local::now();
    let past_due = state.as_ref().is_some_and(|state| state.is_past_due(now));
    if past_due || timer.runs_on_startup {
        timer.run(now, past_due, &mut state).await;
    }
    while let Some(next) = timer.schedule.next(&Local::now()) {
        tokio::select! {
            () = rest(&mut resting) => return,
            () = reached(next) => {}
        }
        // A clock that was set back meanwhile, or a wait that ended a little early, must not make two runs of one.
        let now = Local::now().max(next);
        timer.run(now, false, &mut state).await;
    }
}

/// Waits until the clock shows a time. It may be set meanwhile, or the machine be suspended: a single sleep would not notice.
async fn reached(time: DateTime<Local>) {
    while let Ok(wait) = (time - Local::now()).to_std()
        && !wait.is_zero()
    {
        sleep(wait.min(Duration::from_secs(LONGEST_SLEEP_SECONDS))).await;
    }
}

/// What a run of a timer looks like to the handler.
pub(super) fn trigger(binding: &Binding, reason: String, value: Json) -> Trigger {
    Trigger::new(binding, reason, Value::Json(value), BindingData::default())
}

/// The timer object of a run: `Schedule`, `ScheduleStatus` and `IsPastDue` (recordings D18, D19, K13).
pub(super) fn timer_info(schedule: &Schedule, state: Option<&State>, is_past_due: bool) -> Json {
    let adjusts = Json::Bool(schedule.adjusts_for_daylight_saving());
    json::object([
        ("Schedule", json::object([("AdjustForDST", adjusts)])),
        ("ScheduleStatus", state.map_or(Json::Null, State::to_json)),
        ("IsPastDue", Json::Bool(is_past_due)),
    ])
}

pub(super) fn schedule(binding: &Binding, settings: &Settings) -> Result<Schedule, Diagnostic> {
    let text = settings.expand(&binding.text("schedule").unwrap_or_default())?;
    Schedule::parse(&text).map_err(|error| {
        Diagnostic::from(error)
            .hint("six fields with seconds first, such as `0 */5 * * * *`, or a time span such as `00:05:00`")
    })
}

struct Timer {
    context: Context,
    schedule: Schedule,
    runs_on_startup: bool,
    /// Where its state is kept; `None` if it is not monitored.
    status: Option<Blob>,
}

/// When a timer ran last and when it will run next, as it is kept in storage. `None` is .NET's first date: never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    last: Option<DateTime<Local>>,
    next: Option<DateTime<Local>>,
    last_updated: Option<DateTime<Local>>,
}

impl Timer {
    fn of(context: &Context) -> Result<Self, Diagnostic> {
        let binding = &context.function.trigger;
        let settings = &context.running.bindings.settings;
        let schedule = schedule(binding, settings)?;
        let status = if binding.is_on("useMonitor", true) && schedule.is_monitored() {
            Some(status_blob(context, &context.running.bindings.connections)?)
        } else {
            None
        };
        Ok(Self { context: context.clone(), schedule, runs_on_startup: binding.is_on("runOnStartup", false), status })
    }

    /// The state as it was left, or a new one; a schedule that was changed since begins anew.
    async fn state_at_start(&self) -> Option<State> {
        let blob = self.status.as_ref()?;
        let now = Local::now();
        let kept = match blob.get().await {
            Ok(download) => download.and_then(|download| State::read(&download.bytes)),
            Err(error) => {
                self.context.host.log.warning(CATEGORY, format!("The state of a timer cannot be read: {error}"));
                None
            }
        };
        let state = match kept {
            Some(kept) => kept.under(&self.schedule, now),
            // What the handler sees at its first run has never been updated either (recording D18).
            None => State { last: None, next: self.schedule.next(&now), last_updated: None },
        };
        self.keep(&state, now).await;
        Some(state)
    }

    async fn run(&self, now: DateTime<Local>, past_due: bool, state: &mut Option<State>) {
        let reason = format!("Timer fired at {}", now.format("%Y-%m-%dT%H:%M:%S%.6f%:z"));
        let info = timer_info(&self.schedule, state.as_ref(), past_due);
        self.context.invoke(trigger(&self.context.function.trigger, reason, info)).await;
        if let Some(state) = state {
            let at = state.scheduled_time(now);
            *state = State { last: Some(at), next: self.schedule.next(&at), last_updated: Some(at) };
            self.keep(state, now).await;
        }
    }

    async fn keep(&self, state: &State, now: DateTime<Local>) {
        let Some(blob) = &self.status else { return };
        let state = State { last_updated: state.last_updated.or(Some(now)), ..state.clone() };
        let kept = blob.put(json::to_compact(&state.to_json()), &PutBlob::default()).await;
        if let Err(error) = kept {
            self.context.host.log.warning(CATEGORY, format!("The state of a timer cannot be kept: {error}"));
        }
    }
}

impl State {
    fn is_past_due(&self, now: DateTime<Local>) -> bool {
        self.next.is_some_and(|next| now > next)
    }

    /// The state under a schedule that may have changed since: what the new one asks for is not late already.
    fn under(self, schedule: &Schedule, now: DateTime<Local>) -> Self {
        let Some(since) = self.last.or(self.last_updated) else { return self };
        let expected = schedule.next(&since);
        if expected == self.next {
            return self;
        }
        let next = expected.filter(|expected| *expected >= now).or_else(|| schedule.next(&now));
        Self { last: None, next, last_updated: self.last_updated }
    }

    /// The time that a run at `now` is for.
    fn scheduled_time(&self, now: DateTime<Local>) -> DateTime<Local> {
        let is_early =
            |next: &DateTime<Local>| *next > now && (*next - now).num_milliseconds() < EARLY_LIMIT_MILLISECONDS;
        self.next.filter(is_early).unwrap_or(now)
    }

    fn to_json(&self) -> Json {
        let text = |date: Option<DateTime<Local>>| {
            Json::Text(date.map_or_else(|| NEVER.to_owned(), |date| date.format("%Y-%m-%dT%H:%M:%S%.f%:z").to_string()))
        };
        json::object([("Last", text(self.last)), ("Next", text(self.next)), ("LastUpdated", text(self.last_updated))])
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        let date = |name: &str| {
            let text = value.get(name)?.as_str()?;
            let zoned = DateTime::parse_from_rfc3339(text).ok().map(|date| date.with_timezone(&Local));
            // A date without an offset is .NET's first, or local time.
            let local = || text.parse::<NaiveDateTime>().ok()?.and_local_timezone(Local).earliest();
            if text.starts_with("0001-01-01") { None } else { zoned.or_else(local) }
        };
        Some(Self { last: date("Last"), next: date("Next"), last_updated: date("LastUpdated") })
    }
}

fn status_blob(context: &Context, connections: &Connections) -> Result<Blob, Diagnostic> {
    let storage = connections.storage(None);
    let storage = storage.map_err(|failure| failure.within("a timer that is monitored keeps its state in storage"))?;
    let host = host_id(&context.running.bindings.settings, &context.host.root);
    let name = format!("timers/{host}/Host.Functions.{}/status", context.function.name);
    Ok(storage.container(HOSTS_CONTAINER).blob(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> DateTime<Local> {
        let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
        naive.and_local_timezone(Local).earliest().unwrap()
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let state = State { last: None, next: Some(local("2024-11-01 10:05:00")), last_updated: Some(Local::now()) };
        let text = json::to_compact(&state.to_json());
        assert!(text.starts_with(r#"{"Last":"0001-01-01T00:00:00+00:00","Next":"2024-11-01T10:05:00"#), "{text}");
        let read = State::read(text.as_bytes()).unwrap();
        assert_eq!((read.last, read.next), (None, state.next));
        assert_eq!(State::read(b"nonsense"), None);
    }

    #[test]
    fn a_missed_occurrence_is_past_due_unless_the_schedule_has_changed() {
        let schedule = Schedule::parse("0 0 3 * * *").unwrap();
        let now = local("2024-11-05 12:00:00");
        let kept = State {
            last: Some(local("2024-11-03 03:00:00")),
            next: Some(local("2024-11-04 03:00:00")),
            last_updated: Some(local("2024-11-03 03:00:00")),
        };
        let same = kept.clone().under(&schedule, now);
        assert_eq!(same, kept);
        assert!(same.is_past_due(now));

        let changed = kept.under(&Schedule::parse("0 0 5 * * *").unwrap(), now);
        assert_eq!(changed.next, Some(local("2024-11-06 05:00:00")));
        assert!(!changed.is_past_due(now));
    }

    #[test]
    fn a_run_a_little_early_is_the_run_of_its_time() {
        let next = local("2024-11-04 03:00:00");
        let state = State { last: None, next: Some(next), last_updated: None };
        assert_eq!(state.scheduled_time(next - chrono::TimeDelta::milliseconds(300)), next);
        assert_eq!(
            state.scheduled_time(next - chrono::TimeDelta::seconds(300)),
            next - chrono::TimeDelta::seconds(300)
        );
        assert_eq!(state.scheduled_time(next + chrono::TimeDelta::seconds(1)), next + chrono::TimeDelta::seconds(1));
    }
}
