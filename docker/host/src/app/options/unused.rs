//! What the real host reads and a custom handler has no use for: a value that does not convert is a host error all the same.

use chrono::TimeDelta;

use super::conversion;
use super::reader::{OUT_OF_RANGE, Reader};

/// Switches of the host itself.
const OWN: [&str; 6] = [
    "FileWatchingEnabled",
    "IsSelfHost",
    "IsFileSystemReadOnly",
    "IsStandbyConfiguration",
    "SendCanceledInvocationsToWorker",
    "IsDefaultHostConfig",
];
const SECOND: TimeDelta = TimeDelta::seconds(1);
const MINUTE: TimeDelta = TimeDelta::minutes(1);

impl Reader<'_> {
    pub(super) fn unused(&mut self) {
        for key in OWN {
            self.boolean("", key);
        }
        self.convert("", "MetadataProviderTimeout", conversion::span);
        self.convert("", "FileLoggingMode", conversion::file_logging_mode);
        self.singleton();
        self.boolean("aggregator", "IsEnabled");
        self.number_in("aggregator", "BatchSize", |count| (1..=10_000).contains(&count));
        self.span_in("aggregator", "FlushTimeout", |span| span > TimeDelta::zero() && span <= MINUTE * 5);
        self.boolean("concurrency", "DynamicConcurrencyEnabled");
        self.boolean("concurrency", "SnapshotPersistenceEnabled");
        self.number_in("concurrency", "MaximumFunctionConcurrency", |count| count > 0 || count == -1);
    }

    fn singleton(&mut self) {
        let is_lease = |span: TimeDelta| span >= SECOND * 15 && span <= MINUTE;
        self.span_in("singleton", "LockPeriod", is_lease);
        self.span_in("singleton", "ListenerLockPeriod", is_lease);
        self.span_in("singleton", "LockAcquisitionTimeout", |span| span > TimeDelta::zero());
        self.span_in("singleton", "LockAcquisitionPollingInterval", |span| span >= SECOND / 2);
        self.span_in("singleton", "ListenerLockRecoveryPollingInterval", |span| span >= SECOND * 15);
    }

    fn number_in(&mut self, section: &str, key: &str, is_sound: impl Fn(i32) -> bool) {
        if self.number(section, key).is_some_and(|number| !is_sound(number)) {
            self.refuse(section, key, OUT_OF_RANGE);
        }
    }

    fn span_in(&mut self, section: &str, key: &str, is_sound: impl Fn(TimeDelta) -> bool) {
        if self.convert(section, key, conversion::span).is_some_and(|span| !is_sound(span)) {
            self.refuse(section, key, OUT_OF_RANGE);
        }
    }
}
