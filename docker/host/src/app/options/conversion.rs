//! Texts of the configuration as the values they mean, as .NET's type converters read them.

use chrono::TimeDelta;
use dotnet_text::number;
use dotnet_text::time_span;

/// Why a text does not convert: the type it was to be, and the words of .NET's binder.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(
        "'System.Boolean'. System.ComponentModel.TypeConverter: {0} is not a valid value for Boolean. \
         System.Private.CoreLib: String '{trimmed}' was not recognized as a valid Boolean.",
        trimmed = .0.trim()
    )]
    Boolean(String),
    #[error(
        "'System.Int32'. System.ComponentModel.TypeConverter: {} is not a valid value for Int32. (Parameter 'value'). \
         System.Private.CoreLib: {}",
        text.trim(),
        int32_reason(text.trim())
    )]
    Int32 { text: String },
    #[error(
        "'System.Single'. System.ComponentModel.TypeConverter: {0} is not a valid value for Single. (Parameter 'value'). \
         System.Private.CoreLib: The input string '{0}' was not in a correct format."
    )]
    Single(String),
    /// Only the form of a text is the converter's matter: a number that is too great is not (recording
    /// PX2-host-timeout-00c60c00).
    #[error("'System.TimeSpan'. {}System.Private.CoreLib: {error}", span_reason(text, error))]
    TimeSpan { text: String, error: time_span::Error },
    #[error(
        "'{type_name}'. System.ComponentModel.TypeConverter: {text} is not a valid value for {}. System.Private.CoreLib: {}",
        type_name.rsplit('.').next().unwrap_or(type_name),
        enumeration_reason(text)
    )]
    Enumeration { text: String, type_name: &'static str },
}

pub(super) fn boolean(text: &str) -> Result<bool, Error> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::Boolean(text.to_owned())),
    }
}

pub(super) fn span(text: &str) -> Result<TimeDelta, Error> {
    time_span::parse(text.trim()).map_err(|error| Error::TimeSpan { text: text.to_owned(), error })
}

/// A whole number with spaces around it, or hexadecimal behind `0x`, `&h` or `#`.
pub(super) fn int32(text: &str) -> Result<i32, Error> {
    let number = match hexadecimal(text) {
        Some(digits) => u32::from_str_radix(&digits, 16).ok().map(u32::cast_signed),
        None => text.trim().parse().ok(),
    };
    number.ok_or_else(|| Error::Int32 { text: text.to_owned() })
}

/// A number with a fraction.
pub(super) fn single(text: &str) -> Result<f32, Error> {
    let text = text.trim();
    // Rust has one more word for what has no end.
    let is_foreign = text.trim_start_matches(['-', '+']).eq_ignore_ascii_case("inf");
    text.parse().ok().filter(|_| !is_foreign).ok_or_else(|| Error::Single(text.to_owned()))
}

/// The number of an enumeration's value: one of `names`, which begin with 0, or a number.
pub(super) fn enumeration(text: &str, type_name: &'static str, names: &[&str]) -> Result<i32, Error> {
    number::enumeration(text, names).ok_or_else(|| Error::Enumeration { text: text.to_owned(), type_name })
}

pub(super) fn file_logging_mode(text: &str) -> Result<i32, Error> {
    enumeration(text, "Microsoft.Azure.WebJobs.Script.FileLoggingMode", &["never", "always", "debugOnly"])
}

fn hexadecimal(text: &str) -> Option<String> {
    let folded = text.trim().to_ascii_lowercase();
    ["0x", "&h", "#"].iter().find_map(|prefix| folded.strip_prefix(prefix)).map(str::to_owned)
}

fn int32_reason(text: &str) -> String {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match hexadecimal(text) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            "Value was either too large or too small for a UInt32.".to_owned()
        }
        _ if text.is_empty() => "Index was outside the bounds of the array.".to_owned(),
        _ if is_number(text.trim().trim_start_matches(['-', '+'])) => {
            "Value was either too large or too small for an Int32.".to_owned()
        }
        _ => format!("The input string '{text}' was not in a correct format."),
    }
}

fn enumeration_reason(text: &str) -> String {
    if text.trim().is_empty() {
        return "Must specify valid information for parsing in the string.".to_owned();
    }
    format!("Requested value '{text}' was not found.")
}

fn span_reason(text: &str, error: &time_span::Error) -> String {
    match error {
        time_span::Error::Format(_) => {
            format!("System.ComponentModel.TypeConverter: {text} is not a valid value for TimeSpan. ")
        }
        time_span::Error::Overflow(_) => String::new(),
    }
}
