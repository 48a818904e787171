//! The console log, in the format of the real host: .NET's console logger.

mod extent;
pub mod known;
pub mod mask;
mod member;
mod record;
mod secret_names;
mod spelling;
mod writer;

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use dotnet_text::number;
use tokio::sync::broadcast;
use uuid::Uuid;

use known::Known;
use member::starts_with;
pub use record::{Invocation, Outcome, Output, Record};
pub use writer::{Format, flush, print, set_format};

/// The category of the host's own messages about an app as a whole.
pub const HOST: &str = "Host.Startup";
/// The category of what the handler prints (protocol.md#handler-output).
pub const CONSOLE: &str = "Host.Function.Console";
/// The category of lines that begin with `azfuncjsonlog:` (protocol.md#handler-output).
pub const TOOLING_CONSOLE: &str = "Host.Function.ToolingConsoleLog";
/// The category of the part of the host that decides about restarts of the handler.
pub const DISPATCHER: &str = "Microsoft.Azure.WebJobs.Script.Workers.HttpFunctionInvocationDispatcher";

/// The log of the host. Cloning it gives another handle to the same log.
#[derive(Clone, Debug)]
pub struct Log {
    filter: Arc<RwLock<Filter>>,
    records: broadcast::Sender<Record>,
    succeeded: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
}

/// How many records a slow reader may fall behind; it then misses some.
const BACKLOG: usize = 4096;

impl Default for Log {
    fn default() -> Self {
        let records = broadcast::channel(BACKLOG).0;
        Self { filter: Arc::default(), records, succeeded: Arc::default(), failed: Arc::default() }
    }
}

/// Which entries are printed: `logging.logLevel` of host.json.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Whether anything is printed at all.
    pub console: bool,
    /// The least level for categories that no rule names.
    pub default: Level,
    /// Prefixes of categories with the least level that passes; the longest prefix that fits decides.
    pub rules: Vec<(String, Level)>,
}

/// A log level of .NET, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Debug,
    Information,
    Warning,
    Error,
    Critical,
    None,
}

#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub level: Level,
    pub category: &'a str,
    /// .NET's number for the kind of event; 0 where it has none.
    pub event: u32,
    pub invocation: Option<Uuid>,
}

impl Log {
    /// From now on only what passes this filter is written: host.json was read, or read again.
    pub fn set_filter(&self, filter: Filter) {
        *self.filter.write().unwrap_or_else(PoisonError::into_inner) = filter;
    }

    /// Whether an entry would be written, for callers whose message is costly to make.
    pub fn is_enabled(&self, level: Level, category: &str) -> bool {
        self.filter.read().unwrap_or_else(PoisonError::into_inner).passes(level, category)
    }

    pub fn information(&self, category: &str, message: impl Display) {
        self.write(Entry { level: Level::Information, category, event: 0, invocation: None }, message);
    }

    pub fn warning(&self, category: &str, message: impl Display) {
        self.write(Entry { level: Level::Warning, category, event: 0, invocation: None }, message);
    }

    pub fn error(&self, category: &str, message: impl Display) {
        self.write(Entry { level: Level::Error, category, event: 0, invocation: None }, message);
    }

    /// Writes an entry if the filter lets it pass. What is secret in the host's own words is masked, and so are control characters,
    /// which may be a caller's; in a handler's words it is the keys alone that the host knows.
    pub fn write(&self, entry: Entry<'_>, message: impl Display) {
        if !self.is_enabled(entry.level, entry.category) {
            return;
        }
        let message = message.to_string();
        let is_handlers = [CONSOLE, TOOLING_CONSOLE].contains(&entry.category) || entry.category.ends_with(".User");
        let message = if is_handlers {
            mask::of_handler(&message, &Known::default()).into_owned()
        } else {
            printable(&mask::text(&message))
        };
        print(&format_entry(entry, &message));
        let is_of_app = entry.invocation.is_none() && entry.level >= Level::Warning && entry.category == HOST;
        if is_of_app && writer::format() == Format::Quiet {
            eprintln!("{}: {message}", if entry.level == Level::Warning { "warning" } else { "error" });
        }
        if self.is_recording() {
            let Entry { level, category, event, invocation } = entry;
            let (level, category) = (short(level).to_owned(), category.to_owned());
            self.record(Record::Log { level, category, event, invocation, message });
        }
    }

    /// Whether anybody reads records, for callers to whom they are costly to make.
    pub fn is_recording(&self) -> bool {
        writer::format() == Format::Json || self.records.receiver_count() > 0
    }

    /// Passes a record on to those who read them.
    pub fn record(&self, record: Record) {
        if let Record::Invocation(invocation) = &record {
            let count = if invocation.outcome == Outcome::Succeeded { &self.succeeded } else { &self.failed };
            count.fetch_add(1, Ordering::Relaxed);
        }
        // There may be no reader.
        _ = self.records.send(record.clone());
        writer::print_record(record);
    }

    pub fn records(&self) -> broadcast::Receiver<Record> {
        self.records.subscribe()
    }

    pub fn summarize(&self) {
        let [succeeded, failed] = [&self.succeeded, &self.failed].map(|count| count.load(Ordering::Relaxed));
        self.record(Record::Summary { succeeded, failed });
    }
}

impl Filter {
    fn passes(&self, level: Level, category: &str) -> bool {
        self.console && level >= self.least(category)
    }

    fn least(&self, category: &str) -> Level {
        let fitting = self.rules.iter().filter(|(prefix, _)| starts_with(category, prefix));
        fitting.max_by_key(|(prefix, _)| prefix.len()).map_or(self.default, |(_, level)| *level)
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self { console: true, default: Level::Information, rules: Vec::new() }
    }
}

impl std::str::FromStr for Level {
    type Err = ();

    /// By name, or by number: one above the seven shows nothing (recordings PX2-host-level-2, PX2-host-level-9).
    fn from_str(text: &str) -> Result<Self, ()> {
        const NAMES: [&str; 7] = ["trace", "debug", "information", "warning", "error", "critical", "none"];
        let levels = [Self::Trace, Self::Debug, Self::Information, Self::Warning, Self::Error, Self::Critical];
        let number = usize::try_from(number::enumeration(text, &NAMES).ok_or(())?.max(0)).map_err(drop)?;
        Ok(levels.get(number).copied().unwrap_or(Self::None))
    }
}

/// A text without what a terminal would obey.
pub fn printable(message: &str) -> String {
    let is_harmless = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    let ends = message.replace("\r\n", "\n");
    ends.chars().map(|character| if is_harmless(character) { character } else { '\u{fffd}' }).collect()
}

const fn short(level: Level) -> &'static str {
    match level {
        Level::Trace => "trce",
        Level::Debug => "dbug",
        Level::Information => "info",
        Level::Warning => "warn",
        Level::Error => "fail",
        Level::Critical | Level::None => "crit",
    }
}

/// `info: Category[0]`, then the message, each line of it indented by six spaces; an invocation is written as a scope.
fn format_entry(entry: Entry<'_>, message: &str) -> String {
    const INDENT: &str = "      ";
    let mut text = format!("{}: {}[{}]\n", short(entry.level), entry.category, entry.event);
    if let Some(id) = entry.invocation {
        text.push_str(&format!("{INDENT}=> InvocationId:{id}\n"));
    }
    for line in message.split('\n') {
        text.push_str(INDENT);
        text.push_str(line.trim_end_matches('\r'));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: Entry<'_> = Entry { level: Level::Error, category: "Function.F", event: 3, invocation: None };

    #[test]
    fn an_entry_looks_like_dotnets() {
        assert_eq!(format_entry(ENTRY, "one\ntwo"), "fail: Function.F[3]\n      one\n      two\n");
        assert_eq!(format_entry(ENTRY, ""), "fail: Function.F[3]\n      \n");
        let entry = Entry { invocation: Some(Uuid::nil()), ..ENTRY };
        assert_eq!(
            format_entry(entry, "x"),
            "fail: Function.F[3]\n      => InvocationId:00000000-0000-0000-0000-000000000000\n      x\n"
        );
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31m\rb\u{85}\r\nc\td"), "a\u{fffd}[31m\u{fffd}b\u{fffd}\nc\td");
    }

    #[test]
    fn the_longest_prefix_decides() {
        let filter = Filter {
            default: Level::Warning,
            rules: vec![("Host".into(), Level::Error), ("host.function".into(), Level::Debug)],
            ..Filter::default()
        };
        assert!(filter.passes(Level::Debug, "Host.Function.Console"));
        assert!(!filter.passes(Level::Warning, "Host.Startup"));
        assert!(filter.passes(Level::Warning, "Function.F"));
        assert!(!filter.passes(Level::Information, "Function.F"));
    }

    #[test]
    fn nothing_passes_none_or_a_console_that_is_off() {
        let off = Filter { console: false, ..Filter::default() };
        assert!(!off.passes(Level::Critical, "X"));
        let none = Filter { default: Level::None, ..Filter::default() };
        assert!(!none.passes(Level::Critical, "X"));
    }
}
