//! Texts of the configuration as the values they mean, as .NET's type converters read them.

use chrono::TimeDelta;
use dotnet_text::number;
use dotnet_text::time_span;

/// Why a text does not convert.
#[derive(Debug)]
pub(super) struct Error {
    /// What it was to be.
    pub type_name: &'static str,
    /// In the words of .NET's binder.
    pub reason: String,
    pub hint: Option<&'static str>,
}

impl Error {
    /// What the converter of a type says of a text, and .NET's core after it.
    fn new(type_name: &'static str, text: &str, core: &str) -> Self {
        let short = type_name.rsplit('.').next().unwrap_or(type_name);
        let (parameter, hint) = match short {
            "Boolean" => ("", Some("`true` or `false`")),
            "Int32" => (" (Parameter 'value').", Some("a whole number")),
            "Single" => (" (Parameter 'value').", None),
            _ => ("", None),
        };
        let reason = format!(
            "System.ComponentModel.TypeConverter: {text} is not a valid value for {short}.{parameter} System.Private.CoreLib: {core}"
        );
        Self { type_name, reason, hint }
    }

    pub(super) fn enumeration(type_name: &'static str, text: &str) -> Self {
        if text.trim().is_empty() {
            return Self::new(type_name, text, "Must specify valid information for parsing in the string.");
        }
        Self::new(type_name, text, &format!("Requested value '{text}' was not found."))
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, Error> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            let core = format!("String '{}' was not recognized as a valid Boolean.", text.trim());
            Err(Error::new("System.Boolean", text, &core))
        }
    }
}

/// Only the form of a text is the converter's matter: a number that is too great is not (recording PX2-host-timeout-00c60c00).
pub(super) fn span(text: &str) -> Result<TimeDelta, Error> {
    const TYPE: &str = "System.TimeSpan";
    time_span::parse(text.trim()).map_err(|error| match error {
        time_span::Error::Format(_) => Error::new(TYPE, text, &error.to_string()),
        time_span::Error::Overflow(_) => {
            Error { type_name: TYPE, reason: format!("System.Private.CoreLib: {error}"), hint: None }
        }
    })
}

/// A whole number with spaces around it, or hexadecimal behind `0x`, `&h` or `#`.
pub(super) fn int32(text: &str) -> Result<i32, Error> {
    let text = text.trim();
    let number = match hexadecimal(text) {
        Some(digits) => u32::from_str_radix(&digits, 16).ok().map(u32::cast_signed),
        None => text.parse().ok(),
    };
    number.ok_or_else(|| Error::new("System.Int32", text, &int32_reason(text)))
}

/// A number with a fraction.
pub(super) fn single(text: &str) -> Result<f32, Error> {
    let number = text.trim();
    // Rust has one more word for what has no end.
    let is_foreign = number.trim_start_matches(['-', '+']).eq_ignore_ascii_case("inf");
    number.parse().ok().filter(|_| !is_foreign).ok_or_else(|| {
        Error::new("System.Single", number, &format!("The input string '{number}' was not in a correct format."))
    })
}

/// The number of an enumeration's value: one of `names`, which begin with 0, or a number.
pub(super) fn enumeration(text: &str, type_name: &'static str, names: &[&str]) -> Result<i32, Error> {
    number::enumeration(text, names).ok_or_else(|| Error::enumeration(type_name, text))
}

pub(super) fn file_logging_mode(text: &str) -> Result<i32, Error> {
    enumeration(text, "Microsoft.Azure.WebJobs.Script.FileLoggingMode", &["never", "always", "debugOnly"])
}

fn hexadecimal(text: &str) -> Option<String> {
    let folded = text.to_ascii_lowercase();
    ["0x", "&h", "#"].iter().find_map(|prefix| folded.strip_prefix(prefix)).map(str::to_owned)
}

fn int32_reason(text: &str) -> String {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match hexadecimal(text) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            "Value was either too large or too small for a UInt32.".to_owned()
        }
        _ if text.is_empty() => "Index was outside the bounds of the array.".to_owned(),
        _ if is_number(text.trim_start_matches(['-', '+'])) => {
            "Value was either too large or too small for an Int32.".to_owned()
        }
        _ => format!("The input string '{text}' was not in a correct format."),
    }
}
