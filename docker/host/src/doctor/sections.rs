//! The keys that mean something in host.json.

use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Scalar,
    /// A text such as `00:00:30`.
    Span,
    List,
    Object,
}

use Kind::{List, Object, Scalar, Span};

/// A section of host.json and the keys that mean something in it.
pub struct Section {
    pub path: &'static [&'static str],
    pub keys: &'static [(&'static str, Kind)],
    /// Whether these are all the keys there are: others are reported. Elsewhere only misspelt known ones are.
    pub is_closed: bool,
}

pub const SECTIONS: [Section; 14] = [
    Section {
        path: &[],
        keys: &[
            ("version", Scalar),
            ("customHandler", Object),
            ("httpWorker", Object),
            ("configurationProfile", Scalar),
            ("functionTimeout", Span),
            ("functions", List),
            ("fileWatchingEnabled", Scalar),
            ("watchDirectories", List),
            ("watchFiles", List),
            ("retry", Object),
            ("extensions", Object),
            ("extensionBundle", Object),
            ("logging", Object),
            ("singleton", Object),
            ("aggregator", Object),
            ("concurrency", Object),
            ("healthMonitor", Object),
            ("managedDependency", Object),
        ],
        is_closed: false,
    },
    Section { path: &["customHandler"], keys: &HANDLER_KEYS, is_closed: true },
    Section { path: &["httpWorker"], keys: &HANDLER_KEYS, is_closed: true },
    Section {
        path: &["customHandler", "http"],
        keys: &[("defaultAuthorizationLevel", Scalar), ("routes", List)],
        is_closed: true,
    },
    Section { path: &["customHandler", "description"], keys: &DESCRIPTION_KEYS, is_closed: true },
    Section { path: &["httpWorker", "description"], keys: &DESCRIPTION_KEYS, is_closed: true },
    Section { path: &["extensionBundle"], keys: &[("id", Scalar), ("version", Scalar)], is_closed: false },
    Section {
        path: &["retry"],
        keys: &[
            ("strategy", Scalar),
            ("maxRetryCount", Scalar),
            ("delayInterval", Span),
            ("minimumInterval", Span),
            ("maximumInterval", Span),
        ],
        is_closed: true,
    },
    Section {
        path: &["logging"],
        keys: &[
            ("logLevel", Object),
            ("console", Object),
            ("applicationInsights", Object),
            ("fileLoggingMode", Scalar),
        ],
        is_closed: false,
    },
    Section { path: &["logging", "console"], keys: &[("isEnabled", Scalar)], is_closed: false },
    Section {
        path: &["extensions"],
        keys: &[("http", Object), ("queues", Object), ("blobs", Object)],
        is_closed: false,
    },
    Section {
        path: &["extensions", "http"],
        keys: &[
            ("routePrefix", Scalar),
            ("maxOutstandingRequests", Scalar),
            ("maxConcurrentRequests", Scalar),
            ("dynamicThrottlesEnabled", Scalar),
            ("customHeaders", Object),
            ("hsts", Object),
        ],
        is_closed: false,
    },
    Section {
        path: &["extensions", "queues"],
        keys: &[
            ("maxPollingInterval", Span),
            ("visibilityTimeout", Span),
            ("batchSize", Scalar),
            ("newBatchThreshold", Scalar),
            ("maxDequeueCount", Scalar),
            ("messageEncoding", Scalar),
        ],
        is_closed: false,
    },
    Section {
        path: &["extensions", "blobs"],
        keys: &[("maxDegreeOfParallelism", Scalar), ("poisonBlobThreshold", Scalar)],
        is_closed: false,
    },
];

const HANDLER_KEYS: [(&str, Kind); 7] = [
    ("description", Object),
    ("enableProxyingHttpRequest", Scalar),
    ("enableForwardingHttpRequest", Scalar),
    ("http", Object),
    ("type", Scalar),
    ("initializationTimeout", Span),
    ("port", Scalar),
];

const DESCRIPTION_KEYS: [(&str, Kind); 7] = [
    ("defaultExecutablePath", Scalar),
    ("defaultWorkerPath", Scalar),
    ("workerDirectory", Scalar),
    ("workingDirectory", Scalar),
    ("arguments", List),
    ("workerArguments", List),
    ("useStdErrorStreamForErrorsOnly", Scalar),
];

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
