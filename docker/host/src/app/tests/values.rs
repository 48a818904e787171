//! Values that .NET reads although a custom handler has no use for them, and retry policies (host source; the texts are those of its
//! binder and of Newtonsoft.Json).

use super::*;

/// What is wrong with a function whose HTTP trigger has this member, too.
fn trigger_error(member: &str) -> String {
    function_error(&format!(r#"{{"type": "httpTrigger", "name": "req", {member}}}"#))
}

/// What is wrong with a function that has this retry policy.
fn policy_error(policy: &str) -> String {
    let text = format!(r#"{{"bindings": [{HTTP}], "retry": {{{policy}}}}}"#);
    let app = Folder::new(HOST).function("F", &text).load(&[]);
    app.unreadable.first().map(|function| function.errors[0].clone()).unwrap_or_default()
}

#[test]
fn members_that_only_net_knows_must_convert() {
    for (member, error) in [
        (
            r#""properties": "x""#,
            "Error converting value \"x\" to type 'System.Collections.Generic.Dictionary`2[System.String,System.Object]'. Path \
             'bindings[0].properties', line 1, position 70. Could not cast or convert from System.String to \
             System.Collections.Generic.Dictionary`2[System.String,System.Object].",
        ),
        (r#""properties": null"#, "Value cannot be null. (Parameter 'dictionary')."),
        (
            r#""raw": []"#,
            "Deserialized JSON type 'Newtonsoft.Json.Linq.JArray' is not compatible with expected type \
             'Newtonsoft.Json.Linq.JObject'. Path 'bindings[0].raw', line 1, position 61.",
        ),
        (
            r#""isTrigger": "x""#,
            "Could not convert string to boolean: x. Path 'bindings[0].isTrigger', line 1, position 69.",
        ),
        (
            r#""dataType": "2020-01-01T00:00:00Z""#,
            "Unexpected token Date when parsing enum. Path 'bindings[0].dataType', line 1, position 87.",
        ),
        (
            r#""dataType": "0,1""#,
            "Error converting value \"0,1\" to type 'System.Nullable`1[Microsoft.Azure.WebJobs.Script.Description.DataType]'. Path \
             'bindings[0].dataType', line 1, position 70. Requested value '0,1' was not found.",
        ),
        (
            r#""cardinality": 18446744073709551615"#,
            "Error converting value 18446744073709551615 to type \
             'System.Nullable`1[Microsoft.Azure.WebJobs.Script.Description.Cardinality]'. Path 'bindings[0].cardinality', line 1, \
             position 88. Could not cast or convert from System.Numerics.BigInteger to \
             Microsoft.Azure.WebJobs.Script.Description.Cardinality.",
        ),
        (
            r#""route": 9223372036854775808"#,
            "Error parsing function.json: Invalid value specified for binding property 'route' of type String. Object must \
             implement IConvertible.",
        ),
        (r#""connection": 100000000000000000000"#, ""),
        (r#""methods": [[]]"#, "Cannot cast Newtonsoft.Json.Linq.JArray to Newtonsoft.Json.Linq.JToken."),
        (r#""dataType": "undefined", "authLevel": "5", "direction": "inout", "properties": {}, "raw": null"#, ""),
    ] {
        assert_eq!(trigger_error(member), error, "{member}");
    }
    let app = Folder::new(HOST).function("F", r#"{"bindings": null}"#).load(&[]);
    let error = "Unable to cast object of type 'Newtonsoft.Json.Linq.JValue' to type 'Newtonsoft.Json.Linq.JArray'.";
    assert_eq!(app.unreadable[0].errors, [error]);
}

#[test]
fn a_retry_policy_of_a_function_must_convert_and_make_sense() {
    let fixed = r#""strategy": "fixedDelay", "delayInterval": "00:00:01""#;
    let growing = r#""maxRetryCount": 1, "minimumInterval": "00:00:02""#;
    for (policy, error) in [
        (format!(r#"{fixed}, "maxRetryCount": 1.5"#), ""),
        (format!(r#"{fixed}, "maxRetryCount": -1"#), ""),
        (r#""strategy": 5, "maxRetryCount": 1"#.to_owned(), ""),
        (format!("{fixed}, \"maxRetryCount\": \"\""), "Value cannot be null. (Parameter 'MaxRetryCount')."),
        (format!("{fixed}, \"maxRetryCount\": \"x\""), "Could not convert string to integer: x. Path"),
        (format!("{fixed}, \"maxRetryCount\": []"), "Error reading integer. Unexpected token: StartArray. Path"),
        (format!("{fixed}, \"maxRetryCount\": 9999999999"), "Could not convert to integer: 9999999999. Path"),
        (
            format!("{fixed}, \"maxRetryCount\": -2"),
            "Specified argument was out of the range of valid values. (Parameter",
        ),
        (
            format!(r#"{growing}, "maximumInterval": "00:00:01""#),
            "The minimumInterval must not be greater than the maxim",
        ),
        (
            format!(r#"{growing}, "maximumInterval": "-1""#),
            "The TimeSpan must not be negative. (Parameter 'maximumInterval').",
        ),
        (
            format!(r#"{growing}, "maximumInterval": 5"#),
            "Error converting value 5 to type 'System.Nullable`1[System.TimeSpan]'",
        ),
        (
            format!(r#"{growing}, "maximumInterval": {{}}"#),
            "Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"",
        ),
        (r#""strategy": 1, "maxRetryCount": -2"#.to_owned(), "Value cannot be null. (Parameter 'DelayInterval')."),
        (
            r#""maxRetryCount": 18446744073709551615"#.to_owned(),
            "Value was either too large or too small for an Int32.",
        ),
        (
            r#""strategy": null"#.to_owned(),
            "Error converting value {null} to type 'Microsoft.Azure.WebJobs.Script.Description.Retr",
        ),
    ] {
        let found = policy_error(&policy);
        assert!(found.starts_with(error) && found.is_empty() == error.is_empty(), "{policy}: {found}");
    }
}

#[test]
fn an_object_in_place_of_a_time_span_is_refused_at_its_first_name() {
    let found = policy_error("\n\"delayInterval\": {\n \"a\" : 1}");
    assert!(found.ends_with("\nPath 'retry.delayInterval.a', line 3, position 6."), "{found}");
    let found = policy_error("\n\"delayInterval\": {}");
    assert!(found.ends_with("\nPath 'retry.delayInterval', line 2, position 18."), "{found}");
}

#[test]
fn a_script_that_is_not_there_counts_before_what_follows_it() {
    let text = format!(r#"{{"bindings": [{HTTP}], "retry": 5, "entryPoint": [], "scriptFile": "no.sh"}}"#);
    let app = Folder::new(HOST).function("F", &text).load(&[]);
    assert!(app.unreadable[0].errors[0].starts_with("Invalid script file name configuration."));
}

#[test]
fn the_switches_of_a_timer_must_convert() {
    const TIMER: &str = r#""type": "timerTrigger", "name": "t", "schedule": "0 0 3 * * *""#;
    let error = |switch: &str| function_error(&format!("{{{TIMER}, {switch}}}"));
    let unusable = |property: &str, reason: &str| {
        format!(
            "Error parsing function.json: Invalid value specified for binding property '{property}' of type Boolean. {reason}"
        )
    };
    for (value, reason) in [
        ("null", "Null object cannot be converted to a value type."),
        ("\"\"", "String '' was not recognized as a valid Boolean."),
        ("\"1\"", "String '1' was not recognized as a valid Boolean."),
        ("\"2020-01-01T00:00:00Z\"", "Invalid cast from 'DateTime' to 'Boolean'."),
        ("[]", "Cannot cast Newtonsoft.Json.Linq.JArray to Newtonsoft.Json.Linq.JToken."),
        ("9223372036854775808", "Object must implement IConvertible."),
    ] {
        for property in ["runOnStartup", "useMonitor"] {
            assert_eq!(error(&format!("\"{property}\": {value}")), unusable(property, reason));
        }
    }
    for (value, is_on) in [("1.5", true), ("0", false), ("0.0", false), ("-1", true), ("\" tRUE \"", true)] {
        let app = Folder::new(HOST).bindings("F", &format!("{{{TIMER}, \"runOnStartup\": {value}}}")).load(&[]);
        assert_eq!(app.functions[0].errors, [""; 0], "{value}");
        assert_eq!(app.functions[0].bindings[0].is_on("runOnStartup", !is_on), is_on, "{value}");
    }
}

#[test]
fn bindings_of_the_storage_extension_must_have_what_their_attributes_take() {
    let host = host_with(
        r#""extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"}"#,
    );
    let error = |binding: &str| {
        let app = Folder::new(&host).bindings("F", &format!("{HTTP}, {binding}")).load(&[]);
        app.functions[0].errors.first().cloned().unwrap_or_default()
    };
    for (binding, reason) in [
        (r#"{"type": "queue", "direction": "out", "name": "o"}"#, "Can't figure out which ctor to call."),
        (r#"{"type": "blob", "direction": "in", "name": "o"}"#, "Can't figure out which ctor to call."),
        (r#"{"type": "queue", "direction": "out", "name": "o", "queueName": []}"#, "Can not convert Array to String."),
        (r#"{"type": "blob", "direction": " out", "name": "o", "path": "a/b"}"#, "Illegal direction value: ' out'."),
    ] {
        let kind = if binding.contains("queue") { "queue" } else { "blob" };
        let text = format!("Unable to configure binding 'o' of type '{kind}'. This may indicate invalid function.json");
        assert_eq!(error(binding), format!("{text} properties. {reason}"));
    }
    assert_eq!(error(r#"{"type": "queue", "direction": "out", "name": "o", "queueName": 500}"#), "");
}

#[test]
fn a_retry_policy_of_the_app_must_make_sense() {
    let of = |policy: &str| host_error(&host_with(&format!(r#""retry": {{{policy}}}"#)));
    for (policy, error) in [
        (r#""strategy": 5, "maxRetryCount": 1"#, ""),
        (
            r#""strategy": "fixedDelay", "maxRetryCount": -5, "delayInterval": "00:00:01""#,
            "Microsoft.Azure.WebJobs.Host: Specified argument was out of the range of valid values. (Parameter 'maxRetryCount').",
        ),
        (
            r#""maxRetryCount": 1, "minimumInterval": "00:00:02", "maximumInterval": "00:00:01""#,
            "Microsoft.Azure.WebJobs.Host: The minimumInterval must not be greater than the maximumInterval. (Parameter \
             'minimumInterval').",
        ),
    ] {
        assert_eq!(of(policy), error, "{policy}");
    }
}

#[test]
fn what_a_custom_handler_has_no_use_for_must_convert_too() {
    for (members, error) in [
        (
            r#""isSelfHost": "x""#,
            "configuration value 'x' at 'AzureFunctionsJobHost:IsSelfHost' to type 'System.Boolean'",
        ),
        (
            r#""singleton": {"lockPeriod": ""}"#,
            "'AzureFunctionsJobHost:Singleton:LockPeriod' to type 'System.TimeSpan'",
        ),
        (r#""singleton": {"lockPeriod": "00:00:05"}"#, "Specified argument was out of the range of valid values."),
        (
            r#""aggregator": {"batchSize": 0}"#,
            "Microsoft.Azure.WebJobs.Host: 'BatchSize' value must be greater than 0 and less than or equal to 10000.\nActual value \
             was 0.",
        ),
        (
            r#""aggregator": {"flushTimeout": "00:05:01"}"#,
            "less than or equal to '00:05:00'.\nActual value was 00:05:01.",
        ),
        (
            r#""concurrency": {"maximumFunctionConcurrency": 0}"#,
            "out of the range of valid values. (Parameter 'MaximumFunctionConcurrency').",
        ),
        (r#""concurrency": {"cpuThreshold": 1}"#, "out of the range of valid values. (Parameter 'CPUThreshold')."),
        (r#""concurrency": {"cpuThreshold": "inf"}"#, "inf is not a valid value for Single. (Parameter 'value')."),
        (r#""concurrency": {"dynamicConcurrencyEnabled": 5}"#, "Concurrency:DynamicConcurrencyEnabled' to type"),
        (r#""functionTimeout": ["x"]"#, "FunctionTimeout must be greater than 00:00:01"),
        (r#""functionTimeout": "  ""#, "Failed to convert configuration value '  '"),
        (r#""isSelfHost": " 5 ""#, " 5  is not a valid value for Boolean. System.Private.CoreLib: String '5' was not"),
        (
            r#""fileLoggingMode": """#,
            "System.Private.CoreLib: Must specify valid information for parsing in the string.",
        ),
        (r#""logging": {"logLevel": {"default": ["x"]}}"#, "Configuration value 'x' is not supported."),
    ] {
        let found = host_error(&host_with(members));
        assert!(found.contains(error), "{members}: {found}");
    }
    assert_eq!(
        host_error(&host_with(
            r#""singleton": true, "isSelfHost": [1], "functionTimeout": "", "concurrency": {"cpuThreshold": " .5 "}"#
        )),
        ""
    );
    let handler = r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "x", "workingDirectory": ["x"]}}}"#;
    assert!(host_error(handler).contains("Cannot create instance of type 'System.String'"), "{}", host_error(handler));
}
