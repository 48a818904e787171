//! What a retry policy says to the handler (protocol.md#timer-trigger; recordings D21, TX-timer-retry).

use wire::reason;

use super::data::Value;
use dotnet_text::json::{self, Json, Object};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    pub function: &'a str,
    /// How many retries there were: 0 for the first attempt.
    pub retry: i64,
    /// How many there may be; -1 for no limit.
    pub max_retries: i64,
    pub failed: Option<FailedAttempt<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailedAttempt<'a> {
    pub invocation: &'a str,
    pub message: &'a str,
    /// The handler's status, where that is the reason.
    pub status: Option<u16>,
}

/// The entry `RetryContext` of binding data, there from the first attempt on.
pub fn context(progress: Progress<'_>) -> Value {
    let exception = progress.failed.map_or(Json::Null, |failed| exception(progress.function, failed));
    Value::Json(json::object([
        ("RetryCount", Json::Integer(progress.retry)),
        ("MaxRetryCount", Json::Integer(progress.max_retries)),
        ("Exception", exception),
        ("Instance", Json::Null),
        ("State", Json::Object(Object::new())),
    ]))
}

/// `HResult` of exceptions that have none of their own.
const GENERIC_ERROR: i64 = -2_146_233_088;

/// The members of the .NET exception that the real host serialises. Its stack traces, which name the host's own code, are null.
fn exception(function: &str, failed: FailedAttempt<'_>) -> Json {
    json::object([
        ("InstanceId", Json::from(failed.invocation)),
        ("MethodName", Json::Text(format!("Host.Functions.{function}"))),
        ("Handled", Json::Bool(false)),
        ("ClassName", Json::from("Microsoft.Azure.WebJobs.Host.FunctionInvocationException")),
        ("Message", Json::Text(format!("Exception while executing function: Functions.{function}"))),
        ("Data", Json::Null),
        ("InnerException", inner_exception(failed)),
        ("HelpURL", Json::Null),
        ("StackTraceString", Json::Null),
        ("RemoteStackTraceString", Json::Null),
        ("RemoteStackIndex", Json::Integer(0)),
        ("ExceptionMethod", Json::Null),
        ("HResult", Json::Integer(GENERIC_ERROR)),
        ("Source", Json::from("System.Private.CoreLib")),
        ("WatsonBuckets", Json::Null),
    ])
}

fn inner_exception(failed: FailedAttempt<'_>) -> Json {
    let status = failed.status.map_or(Json::Null, |status| Json::Integer(status.into()));
    let message = failed.status.map(|status| {
        let phrase = reason::phrase(status.into());
        format!("Response status code does not indicate success: {status} ({phrase}).")
    });
    json::object([
        ("HttpRequestError", Json::Integer(0)),
        ("StatusCode", status),
        ("Message", Json::Text(message.unwrap_or_else(|| failed.message.to_owned()))),
        ("Data", Json::Object(Object::new())),
        ("InnerException", Json::Null),
        ("HelpLink", Json::Null),
        ("Source", Json::from("System.Net.Http")),
        ("HResult", Json::Integer(GENERIC_ERROR)),
        ("StackTrace", Json::Null),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_count_and_the_last_failure() {
        let first = Progress { function: "f", retry: 0, max_retries: 2, failed: None };
        let Value::Json(json) = context(first) else { panic!("no object") };
        assert_eq!(
            json::to_compact(&json),
            r#"{"RetryCount":0,"MaxRetryCount":2,"Exception":null,"Instance":null,"State":{}}"#
        );
        let failed =
            FailedAttempt { invocation: "id", message: "the handler answered with status 500", status: Some(500) };
        let Value::Json(json) = context(Progress { retry: 1, failed: Some(failed), ..first }) else {
            panic!("no object")
        };
        let text = json::to_compact(&json);
        for part in [
            r#""Message":"Exception while executing function: Functions.f""#,
            r#""StatusCode":500,"Message":"Response status code does not indicate success: 500 (Internal Server Error).""#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
