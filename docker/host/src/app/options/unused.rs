//! What the real host reads and a custom handler has no use for: a value that does not convert is a host error all the same.

use chrono::TimeDelta;

use super::HostError;
use super::conversion;
use super::reader::Reader;

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
        self.convert("", "FileLoggingMode", |text| {
            let type_name = "Microsoft.Azure.WebJobs.Script.FileLoggingMode";
            conversion::enumeration(text, type_name, &["never", "always", "debugOnly"])
        });
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
        let number = self.number(section, key);
        self.refuse_unless(number.is_none_or(is_sound), section, key);
    }

    fn span_in(&mut self, section: &str, key: &str, is_sound: impl Fn(TimeDelta) -> bool) {
        let span = self.convert(section, key, conversion::span);
        self.refuse_unless(span.is_none_or(is_sound), section, key);
    }

    /// The SDK refuses a value when it is set.
    fn refuse_unless(&mut self, is_sound: bool, section: &str, key: &str) {
        if is_sound {
            return;
        }
        let reason = "Specified argument was out of the range of valid values.";
        let status = format!(
            "System.Private.CoreLib: Exception has been thrown by the target of an invocation. \
             Microsoft.Azure.WebJobs.Host: {reason} (Parameter 'value')."
        );
        self.errors.push(HostError { status, log: Some(reason.to_owned()), path: format!("{section}:{key}") });
    }
}
