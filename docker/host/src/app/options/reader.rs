//! Typed values of the configuration.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::HostError;
use super::conversion::{self, Error};
use crate::app::configuration::Configuration;

pub(super) const HTTP: &str = "extensions:http";
pub(super) const QUEUES: &str = "extensions:queues";
pub(super) const BLOBS: &str = "extensions:blobs";
pub(super) const OUT_OF_RANGE: &str = "Specified argument was out of the range of valid values.";

/// Reads typed values; what does not convert is a host error in .NET's words (protocol.md#other-keys).
pub(super) struct Reader<'a> {
    pub configuration: &'a Configuration,
    pub errors: Vec<HostError>,
}

impl Reader<'_> {
    pub fn boolean(&mut self, section: &str, key: &str) -> Option<bool> {
        self.convert(section, key, conversion::boolean)
    }

    /// A span; one below zero counts as none at all.
    pub fn span(&mut self, section: &str, key: &str) -> Option<Duration> {
        let span = self.convert(section, key, conversion::span)?;
        Some(span.to_std().unwrap_or_default())
    }

    pub fn number(&mut self, section: &str, key: &str) -> Option<i32> {
        self.convert(section, key, conversion::int32)
    }

    /// A number of an extension, which the extension itself holds to be between two others.
    pub fn number_within(&mut self, section: &str, key: &str, range: RangeInclusive<i32>) -> Option<u32> {
        let number = self.number(section, key)?;
        if !range.contains(&number) {
            let reason =
                if key == "MaxDequeueCount" { "MaxDequeueCount must not be less than 1." } else { OUT_OF_RANGE };
            self.refuse(section, key, reason);
        }
        u32::try_from(number.clamp(*range.start(), *range.end())).ok()
    }

    /// A value that an extension, or the SDK, refuses when it is set (recordings PX2-queue-batch-0, PX2-queue-dequeue-0).
    pub fn refuse(&mut self, section: &str, key: &str, reason: &str) {
        self.refuse_saying(section, key, reason, " (Parameter 'value').");
    }

    /// The same, with what the exception says behind its reason.
    pub fn refuse_saying(&mut self, section: &str, key: &str, reason: &str, detail: &str) {
        let library = match section {
            BLOBS => "Extensions.Storage.Blobs",
            QUEUES => "Extensions.Storage.Queues",
            _ => "Host",
        };
        let status = format!(
            "System.Private.CoreLib: Exception has been thrown by the target of an invocation. \
             Microsoft.Azure.WebJobs.{library}: {reason}{detail}"
        );
        self.errors.push(HostError { status, log: Some(reason.to_owned()), path: format!("{section}:{key}") });
    }

    /// A value; `None` if it is absent or does not convert.
    pub fn convert<T>(&mut self, section: &str, key: &str, read: impl Fn(&str) -> Result<T, Error>) -> Option<T> {
        let path = if section.is_empty() { key.to_owned() } else { format!("{section}:{key}") };
        let text = self.configuration.get(&path)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(error) => {
                let (reader, shown) = dotnet_path(section, key);
                let status = format!(
                    "{reader}: Failed to convert configuration value '{text}' at 'AzureFunctionsJobHost:{shown}' to type \
                     {error}"
                );
                self.errors.push(HostError::new(status, &path));
                None
            }
        }
    }

    /// A value of a type that can be null: an empty text is, and what has values below it, but none itself, has the type's least
    /// value.
    pub fn nullable<T: Default>(
        &mut self,
        section: &str,
        key: &str,
        read: impl Fn(&str) -> Result<T, Error>,
    ) -> Option<T> {
        let path = if section.is_empty() { key.to_owned() } else { format!("{section}:{key}") };
        match self.configuration.get(&path) {
            Some("") => None,
            None => (!self.configuration.children(&path).is_empty()).then(T::default),
            Some(_) => self.convert(section, key, read),
        }
    }

    /// Refuses values below a text that is not there: .NET's binder cannot begin one.
    pub fn text(&mut self, section: &str, key: &str) {
        let path = format!("{section}:{key}");
        if self.configuration.get(&path).is_none() && !self.configuration.children(&path).is_empty() {
            let text = "Cannot create instance of type 'System.String' because it has multiple public parameterized constructors.";
            let status = format!("Microsoft.Extensions.Configuration.Binder: {text}");
            self.errors.push(HostError::new(status, &path));
        }
    }
}

/// Which library of the real host reads a value, and how it spells the path: a section as its code asks for it (`customHandler`,
/// `Retry`) or its extension is called, and a key as its .NET property.
fn dotnet_path(section: &str, key: &str) -> (&'static str, String) {
    const BINDER: &str = "Microsoft.Extensions.Configuration.Binder";
    match section {
        "" => (BINDER, key.to_owned()),
        "retry" => (BINDER, format!("Retry:{key}")),
        "singleton" => (BINDER, format!("Singleton:{key}")),
        "concurrency" => (BINDER, format!("Concurrency:{key}")),
        "logging" => ("Microsoft.Azure.WebJobs.Script", format!("{section}:{key}")),
        QUEUES => (BINDER, format!("extensions:Queues:{key}")),
        BLOBS => (BINDER, format!("extensions:Blobs:{key}")),
        HTTP => (BINDER, format!("extensions:Http:{key}")),
        _ => (BINDER, format!("{}:{key}", section.replace(":description", ":Description"))),
    }
}
