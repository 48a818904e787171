//! What the real host reads and a custom handler has no use for: a value that does not convert is a host error all the same.

use chrono::TimeDelta;

use super::conversion;
use super::reader::{OUT_OF_RANGE, Reader};

/// Switches of the host itself.
const OWN: [&str; 5] = [
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
            self.boolean(key);
        }
        self.convert("MetadataProviderTimeout", conversion::span);
        self.convert("FileLoggingMode", conversion::file_logging_mode);
        self.singleton();
        self.aggregator();
        self.concurrency();
    }

    fn aggregator(&mut self) {
        self.boolean("aggregator:IsEnabled");
        let count = self.number("aggregator:BatchSize").filter(|count| !(1..=10_000).contains(count));
        if let Some(count) = count {
            let reason = "'BatchSize' value must be greater than 0 and less than or equal to 10000.";
            self.refuse_saying("aggregator:BatchSize", reason, &format!("\nActual value was {count}."));
        }
        let is_sound = |span: TimeDelta| span > TimeDelta::zero() && span <= MINUTE * 5;
        if self.convert("aggregator:FlushTimeout", conversion::span).is_some_and(|span| !is_sound(span)) {
            let written = self.configuration.get("aggregator:FlushTimeout").unwrap_or_default().trim().to_owned();
            let reason = "'FlushTimeout' value must be greater than '00:00:00' and less than or equal to '00:05:00'.";
            self.refuse_saying("aggregator:FlushTimeout", reason, &format!("\nActual value was {written}."));
        }
    }

    fn concurrency(&mut self) {
        self.boolean("Concurrency:DynamicConcurrencyEnabled");
        let most = self.number("Concurrency:MaximumFunctionConcurrency");
        if most.is_some_and(|count| count <= 0 && count != -1) {
            let detail = " (Parameter 'MaximumFunctionConcurrency').";
            self.refuse_saying("Concurrency:MaximumFunctionConcurrency", OUT_OF_RANGE, detail);
        }
        let threshold = self.convert("Concurrency:CPUThreshold", conversion::single);
        if threshold.is_some_and(|share| share <= 0.0 || share >= 1.0) {
            self.refuse_saying("Concurrency:CPUThreshold", OUT_OF_RANGE, " (Parameter 'CPUThreshold').");
        }
        self.boolean("Concurrency:SnapshotPersistenceEnabled");
    }

    fn singleton(&mut self) {
        let is_lease = |span: TimeDelta| span >= SECOND * 15 && span <= MINUTE;
        self.span_in("Singleton:LockPeriod", is_lease);
        self.span_in("Singleton:ListenerLockPeriod", is_lease);
        self.span_in("Singleton:LockAcquisitionTimeout", |span| span > TimeDelta::zero());
        self.span_in("Singleton:LockAcquisitionPollingInterval", |span| span >= SECOND / 2);
        self.span_in("Singleton:ListenerLockRecoveryPollingInterval", |span| span >= SECOND * 15);
    }

    fn span_in(&mut self, path: &str, is_sound: impl Fn(TimeDelta) -> bool) {
        if self.convert(path, conversion::span).is_some_and(|span| !is_sound(span)) {
            self.refuse(path, OUT_OF_RANGE);
        }
    }
}
