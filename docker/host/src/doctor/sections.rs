//! The keys that mean something in host.json.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// What a key has, and what follows its name in [`KEYS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Scalar,
    /// `:`, a text such as `00:00:30`.
    Span,
    /// `[]`.
    List,
    /// `{}`.
    Object,
}

/// A section of host.json and the keys that mean something in it.
pub struct Section {
    pub path: Vec<&'static str>,
    pub keys: Vec<(&'static str, Kind)>,
    /// Whether these are all the keys there are: others are reported. Elsewhere only misspelt known ones are.
    pub is_closed: bool,
}

pub static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| KEYS.map(section).into());

/// The sections with one of these names, and those in them, are closed.
const CLOSED: [&str; 3] = ["customHandler", "httpWorker", "retry"];

const HANDLER: &str =
    "description{} enableProxyingHttpRequest enableForwardingHttpRequest http{} type initializationTimeout: port";
const DESCRIPTION: &str = "defaultExecutablePath defaultWorkerPath workerDirectory workingDirectory arguments[] workerArguments[] \
                           useStdErrorStreamForErrorsOnly";

/// Each section by its path, with its keys.
const KEYS: [(&str, &str); 14] = [
    (
        "",
        "version customHandler{} httpWorker{} configurationProfile functionTimeout: functions[] fileWatchingEnabled watchDirectories[] \
         watchFiles[] retry{} extensions{} extensionBundle{} logging{} singleton{} aggregator{} concurrency{} healthMonitor{} \
         managedDependency{}",
    ),
    ("customHandler", HANDLER),
    ("httpWorker", HANDLER),
    ("customHandler.http", "defaultAuthorizationLevel routes[]"),
    ("customHandler.description", DESCRIPTION),
    ("httpWorker.description", DESCRIPTION),
    ("extensionBundle", "id version"),
    ("retry", "strategy maxRetryCount delayInterval: minimumInterval: maximumInterval:"),
    ("logging", "logLevel{} console{} applicationInsights{} fileLoggingMode"),
    ("logging.console", "isEnabled"),
    ("extensions", "http{} queues{} blobs{}"),
    (
        "extensions.http",
        "routePrefix maxOutstandingRequests maxConcurrentRequests dynamicThrottlesEnabled customHeaders{} hsts{}",
    ),
    (
        "extensions.queues",
        "maxPollingInterval: visibilityTimeout: batchSize newBatchThreshold maxDequeueCount messageEncoding",
    ),
    ("extensions.blobs", "maxDegreeOfParallelism poisonBlobThreshold"),
];

fn section((path, keys): (&'static str, &'static str)) -> Section {
    let path: Vec<&str> = path.split('.').filter(|name| !name.is_empty()).collect();
    let is_closed = path.first().is_some_and(|name| CLOSED.contains(name));
    Section { path, keys: keys.split(' ').map(key).collect(), is_closed }
}

fn key(written: &'static str) -> (&'static str, Kind) {
    let marks = [(":", Kind::Span), ("[]", Kind::List), ("{}", Kind::Object)];
    let marked = marks.iter().find_map(|(mark, kind)| Some((written.strip_suffix(mark)?, *kind)));
    marked.unwrap_or((written, Kind::Scalar))
}

/// Every object at a path of names ignoring case, with its path as it is written.
pub fn members<'a>(file: &'a Map<String, Value>, path: &[&str]) -> Vec<(String, &'a Map<String, Value>)> {
    let mut found = vec![(String::new(), file)];
    for name in path {
        let below = found.into_iter().flat_map(|(path, members)| {
            let fitting = members.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
            fitting.filter_map(move |(key, value)| Some((below(&path, key), value.as_object()?)))
        });
        found = below.collect();
    }
    found
}

/// A member of an object by its name ignoring case, with the name as it is written.
pub fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<(&'a String, &'a Value)> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))
}

pub fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
