//! What a retry policy says to the handler (protocol.md#timer-trigger; recordings D21, TX-timer-retry).

use wire::reason;

use super::data::Value;
use super::failed::Failed;
use dotnet_text::json::{self, Json, Object};

/// The entry `RetryContext` of binding data, there from the first attempt on: how many retries there were, how many there may be (-1
/// is no limit), and the attempt before.
pub fn context(function: &str, retries: u32, most: i64, failed: Option<&Failed>) -> Value {
    Value::Json(json::object([
        ("RetryCount", Json::Integer(retries.into())),
        ("MaxRetryCount", Json::Integer(most)),
        ("Exception", failed.map_or(Json::Null, |failed| exception(function, failed))),
        ("Instance", Json::Null),
        ("State", Json::Object(Object::new())),
    ]))
}

/// `HResult` of exceptions that have none of their own.
const GENERIC_ERROR: i64 = -2_146_233_088;

/// The members of the .NET exception that the real host serialises. Its stack traces, which name the host's own code, are null.
fn exception(function: &str, failed: &Failed) -> Json {
    json::object([
        ("InstanceId", Json::Text(failed.invocation.to_string())),
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

fn inner_exception(failed: &Failed) -> Json {
    let status = failed.status.map_or(Json::Null, |status| Json::Integer(status.into()));
    let message = failed.status.map(|status| {
        let phrase = reason::phrase(status.into());
        format!("Response status code does not indicate success: {status} ({phrase}).")
    });
    json::object([
        ("HttpRequestError", Json::Integer(0)),
        ("StatusCode", status),
        ("Message", Json::Text(message.unwrap_or_else(|| failed.failure.message.clone()))),
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
    use crate::app::Diagnostic;
    use uuid::Uuid;

    #[test]
    fn says_the_count_and_the_last_failure() {
        let Value::Json(json) = context("f", 0, 2, None) else { panic!("no object") };
        assert_eq!(
            json::to_compact(&json),
            r#"{"RetryCount":0,"MaxRetryCount":2,"Exception":null,"Instance":null,"State":{}}"#
        );
        let failure = Diagnostic::of_whole("the handler answered with status 500");
        let failed = Failed { invocation: Uuid::nil(), failure, status: Some(500), is_stopping: false };
        let Value::Json(json) = context("f", 1, 2, Some(&failed)) else { panic!("no object") };
        let text = json::to_compact(&json);
        for part in [
            r#""Message":"Exception while executing function: Functions.f""#,
            r#""StatusCode":500,"Message":"Response status code does not indicate success: 500 (Internal Server Error).""#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
