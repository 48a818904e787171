//! Typed values of the configuration.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::HostError;
use super::conversion::{self, Error};
use crate::app::configuration::Configuration;

pub(super) const HTTP: &str = "extensions:Http";
pub(super) const QUEUES: &str = "extensions:Queues";
pub(super) const BLOBS: &str = "extensions:Blobs";
pub(super) const OUT_OF_RANGE: &str = "Specified argument was out of the range of valid values.";

const BINDER: &str = "Microsoft.Extensions.Configuration.Binder";

/// Reads typed values; what does not convert is a host error in .NET's words (protocol.md#other-keys). Letter case does not count in a
/// path, so each is written as those words have it: a section as the real host's code asks for it (`customHandler`, `Retry`) or its
/// extension is called, and a key as its .NET property.
pub(super) struct Reader<'a> {
    pub configuration: &'a Configuration,
    pub errors: Vec<HostError>,
}

impl Reader<'_> {
    pub fn boolean(&mut self, path: &str) -> Option<bool> {
        self.convert(path, conversion::boolean)
    }

    /// A span; one below zero counts as none at all.
    pub fn span(&mut self, path: &str) -> Option<Duration> {
        Some(self.convert(path, conversion::span)?.to_std().unwrap_or_default())
    }

    pub fn number(&mut self, path: &str) -> Option<i32> {
        self.convert(path, conversion::int32)
    }

    /// A number of an extension, which the extension itself holds to be between two others.
    pub fn number_within(&mut self, path: &str, range: RangeInclusive<i32>) -> Option<u32> {
        let number = self.number(path)?;
        if !range.contains(&number) {
            let is_named = path.ends_with(":MaxDequeueCount");
            self.refuse(path, if is_named { "MaxDequeueCount must not be less than 1." } else { OUT_OF_RANGE });
        }
        u32::try_from(number.clamp(*range.start(), *range.end())).ok()
    }

    /// A value that an extension, or the SDK, refuses when it is set (recordings PX2-queue-batch-0, PX2-queue-dequeue-0).
    pub fn refuse(&mut self, path: &str, reason: &str) {
        self.refuse_saying(path, reason, " (Parameter 'value').");
    }

    /// The same, with what the exception says behind its reason.
    pub fn refuse_saying(&mut self, path: &str, reason: &str, detail: &str) {
        let library = match path {
            path if path.starts_with(BLOBS) => "Extensions.Storage.Blobs",
            path if path.starts_with(QUEUES) => "Extensions.Storage.Queues",
            _ => "Host",
        };
        let status = format!(
            "System.Private.CoreLib: Exception has been thrown by the target of an invocation. \
             Microsoft.Azure.WebJobs.{library}: {reason}{detail}"
        );
        self.errors.push(HostError::new(status, reason, path));
    }

    /// A value; `None` if it is absent or does not convert.
    pub fn convert<T>(&mut self, path: &str, read: impl Fn(&str) -> Result<T, Error>) -> Option<T> {
        let text = self.configuration.get(path)?;
        let Error { type_name, reason, hint } = match read(text) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let library = if path.starts_with("logging:file") { "Microsoft.Azure.WebJobs.Script" } else { BINDER };
        let text = format!(
            "Failed to convert configuration value '{text}' at 'AzureFunctionsJobHost:{path}' to type '{type_name}'"
        );
        let status = format!("{library}: {text}. {reason}");
        self.errors.push(HostError { hint, ..HostError::new(status, &text, path) });
        None
    }

    /// A value of a type that can be null: an empty text is, and what has values below it, but none itself, has the type's least
    /// value.
    pub fn nullable<T: Default>(&mut self, path: &str, read: impl Fn(&str) -> Result<T, Error>) -> Option<T> {
        match self.configuration.get(path) {
            Some("") => None,
            None => (!self.configuration.children(path).is_empty()).then(T::default),
            Some(_) => self.convert(path, read),
        }
    }

    /// Refuses values below a text that is not there: .NET's binder cannot begin one.
    pub fn text(&mut self, path: &str) {
        if self.configuration.get(path).is_none() && !self.configuration.children(path).is_empty() {
            let text = "Cannot create instance of type 'System.String' because it has multiple public parameterized constructors.";
            self.errors.push(HostError::of(BINDER, text, path));
        }
    }
}
