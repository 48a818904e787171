//! What is read from host.json, and what is wrong with it.

use super::*;

#[test]
fn a_level_may_stand_at_any_depth() {
    let name = vec!["a"; 32 * 1024].join(":");
    for (level, expected) in [("Error", vec![(name.clone(), Level::Error)]), ("", Vec::new())] {
        let logging = format!(r#""logging": {{"logLevel": {{"{name}": "{level}"}}}}"#);
        let app = Folder::new(&HOST.replacen('{', &format!("{{{logging}, "), 1)).load(&[]);
        assert!(app.options.logging.rules == expected && app.errors.is_empty());
    }
}

#[test]
fn of_many_mistakes_in_host_json_a_hundred_are_shown() {
    let levels: Vec<_> = (0..2_000).map(|number| format!(r#""category-{number}": "nope""#)).collect();
    let logging = format!(r#""logging": {{"logLevel": {{{}}}}}"#, levels.join(", "));
    let app = Folder::new(&HOST.replacen('{', &format!("{{{logging}, "), 1)).load(&[]);
    assert_eq!((app.errors.len(), app.diagnostics.len()), (levels.len(), Diagnostic::MOST_OF_A_FILE));
}

#[test]
fn host_errors_have_the_words_of_the_real_host() {
    for (host_json, part) in [
        ("{}", "WorkerConfig for runtime: custom not found."),
        (r#"{"a": 1}"#, "missing the required 'version' property"),
        (r#"{"version": ""}"#, "missing the required 'version' property"),
        (r#"{"version": null}"#, "missing the required 'version' property"),
        (r#"{"Version": "2.0"}"#, "missing the required 'version' property"),
        (r#"{"version": "2"}"#, "'2' is an invalid value for host.json 'version' property. We recommend"),
        (
            r#"{"version": "3.0"}"#,
            "set the 'version' property to '2.0'. This does not correspond to the function runtime version, only to the schema \
             version of the host.json file. See https",
        ),
        (r#"{"version": 2.0}"#, "'2' is an invalid value for host.json 'version' property"),
        (r#"{"version": "2.0"}"#, "WorkerConfig for runtime: custom not found."),
        (r#"{"version": "2.0", "customHandler": {"description": {}, "type": "http"}}"#, "custom not found."),
        (r#"{"version": "2.0", "customHandler": {"description": null, "type": "http"}}"#, "custom not found."),
        (r#"{"version": "2.0", "customHandler": null, "httpWorker": {"description": {"a": 1}}}"#, "custom not found."),
        (
            r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "", "arguments": ["x"]}}}"#,
            "DefaultExecutablePath cannot be empty.",
        ),
        ("[]", "is not an object: StartArray. Path '', line 1, position 1."),
        ("", "Error reading JObject from JsonReader. Path '', line 0, position 0."),
    ] {
        assert!(host_error(host_json).contains(part), "{host_json}: {}", host_error(host_json));
    }
    let with = |keys: &str| HOST.replace(r#""version": "2.0","#, &format!(r#""version": "2.0", {keys},"#));
    let in_handler = |keys: &str| HOST.replace(r#""description""#, &format!(r#"{keys}, "description""#));
    assert_eq!(
        host_error(&in_handler(r#""initializationTimeout": "soon""#)),
        "Microsoft.Extensions.Configuration.Binder: Failed to convert configuration value 'soon' at \
         'AzureFunctionsJobHost:customHandler:InitializationTimeout' to type 'System.TimeSpan'. \
         System.ComponentModel.TypeConverter: soon is not a valid value for TimeSpan. \
         System.Private.CoreLib: String 'soon' was not recognized as a valid TimeSpan."
    );
    assert!(
        host_error(&with(r#""functionTimeout": "00:00:00""#)).contains("FunctionTimeout must be greater than 00:00:01")
    );
    assert_eq!(
        host_error(&in_handler(r#""enableForwardingHttpRequest": "yes""#)),
        "Microsoft.Extensions.Configuration.Binder: Failed to convert configuration value 'yes' at \
         'AzureFunctionsJobHost:customHandler:EnableForwardingHttpRequest' to type 'System.Boolean'. \
         System.ComponentModel.TypeConverter: yes is not a valid value for Boolean. \
         System.Private.CoreLib: String 'yes' was not recognized as a valid Boolean."
    );
    assert!(
        host_error(&with(r#""functionTimeout": "long""#)).contains("'long' at 'AzureFunctionsJobHost:FunctionTimeout'")
    );
    assert!(host_error(&with(r#""functionTimeout": "-00:00:01""#)).contains("FunctionTimeout must be greater than"));
    for endless in ["-1", "-1.00:00:00", " -1 "] {
        assert_eq!(host_error(&with(&format!(r#""functionTimeout": "{endless}""#))), "", "{endless}");
    }
    for (retry, missing) in [
        ("", "MaxRetryCount"),
        (r#""maxRetryCount": 1"#, "MinimumInterval"),
        (r#""maxRetryCount": 1, "minimumInterval": "00:00:01""#, "MaximumInterval"),
        (r#""strategy": "fixedDelay", "maxRetryCount": 1"#, "DelayInterval"),
    ] {
        let error = format!("Microsoft.Azure.WebJobs.Script: Value cannot be null. (Parameter '{missing}').");
        assert_eq!(host_error(&with(&format!(r#""retry": {{"x": 1, {retry}}}"#))), error);
    }
    assert!(
        host_error(&with(r#""retry": {"strategy": "sometimes"}"#)).contains("'AzureFunctionsJobHost:Retry:Strategy'")
    );
    let bundle = r#""extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[1.*, 2.0.0)"}"#;
    assert!(host_error(&with(bundle)).contains("required minimum version of 2.6.1"));
}

#[test]
fn the_handler_starts_although_http_options_do_not_convert() {
    let app = |http: &str| {
        let end = format!(r#", "extensions": {{"http": {{{http}}}}}}}"#);
        Folder::new(&HOST.replacen("}}}", &format!("}}}}{end}"), 1)).bindings("F", HTTP).load(&[])
    };
    for (http, name) in [
        (r#""maxConcurrentRequests": false"#, "MaxConcurrentRequests"),
        (r#""maxOutstandingRequests": """#, "MaxOutstandingRequests"),
        (r#""dynamicThrottlesEnabled": 5"#, "DynamicThrottlesEnabled"),
        (r#""enableChunkedRequestBinding": "x""#, "EnableChunkedRequestBinding"),
    ] {
        let app = app(http);
        assert!(app.errors[0].contains(&format!("'AzureFunctionsJobHost:extensions:Http:{name}'")), "{:?}", app.errors);
        assert!(app.fails_late() && app.diagnostics.len() == 1);
    }
    assert!(app(r#""dynamicThrottlesEnabled": true"#).errors.is_empty());
}

#[test]
fn an_extension_bundle_is_an_object() {
    for bundle in ["true", "1.5", "\"\"", "null"] {
        let host_json = HOST.replacen('{', &format!("{{\"extensionBundle\": {bundle}, "), 1);
        assert!(host_error(&host_json).contains("value of version property in extensionBundle"), "{bundle}");
    }
    assert_eq!(host_error(&HOST.replacen('{', "{\"extensionBundle\": {}, ", 1)), "");
}

/// host.json with a handler and these members.
#[test]
fn what_is_not_a_level_or_a_mode_of_the_log_is_a_host_error() {
    for (logging, words) in [
        (r#""logLevel": {"default": "info"}"#, "Logging.Configuration: Configuration value 'info' is not supported."),
        (r#""logLevel": {"Function.F": "Verbose"}"#, "value 'Verbose' is not supported."),
        (r#""console": {"logLevel": {"default": "warn"}}"#, "value 'warn' is not supported."),
        (
            r#""fileLoggingMode": "sometimes""#,
            "Microsoft.Azure.WebJobs.Script: Failed to convert configuration value 'sometimes' at \
             'AzureFunctionsJobHost:logging:fileLoggingMode'",
        ),
    ] {
        let error = host_error(&host_with(&format!(r#""logging": {{{logging}}}"#)));
        assert!(error.contains(words), "{logging}: {error}");
    }
    for level in ["\"\"", "null", "\"none\"", "\"Information\"", "2", "\"9\""] {
        let logging = format!(r#""logging": {{"logLevel": {{"default": {level}}}, "fileLoggingMode": 1}}"#);
        assert_eq!(host_error(&host_with(&logging)), "", "{level}");
    }
}

#[test]
fn numbers_and_times_of_an_extension_are_held_to_its_bounds() {
    let range = "Storage.Queues: Specified argument was out of the range of valid values. (Parameter 'value').";
    for (section, member, words) in [
        ("queues", r#""batchSize": 0"#, range),
        ("queues", r#""batchSize": 33"#, range),
        ("queues", r#""newBatchThreshold": -1"#, range),
        ("queues", r#""maxDequeueCount": 0"#, "MaxDequeueCount must not be less than 1. (Parameter 'value')."),
        (
            "queues",
            r#""maxPollingInterval": "00:00:00.05""#,
            "MaxPollingInterval must not be less than 00:00:00.1000000.",
        ),
        ("queues", r#""messageEncoding": "utf8""#, "at 'AzureFunctionsJobHost:extensions:Queues:MessageEncoding'"),
        ("blobs", r#""maxDegreeOfParallelism": 0"#, "Storage.Blobs: Specified argument was out of the range"),
        ("blobs", r#""poisonBlobThreshold": "x""#, "at 'AzureFunctionsJobHost:extensions:Blobs:PoisonBlobThreshold'"),
        ("http", r#""maxConcurrentRequests": 4611686018427387904"#, "too large or too small for an Int32."),
    ] {
        let error = host_error(&host_with(&format!(r#""extensions": {{"{section}": {{{member}}}}}"#)));
        assert!(error.contains(words), "{member}: {error}");
    }
    for member in [r#""batchSize": "32""#, r#""newBatchThreshold": 0"#, r#""visibilityTimeout": "-00:00:01""#] {
        assert_eq!(host_error(&host_with(&format!(r#""extensions": {{"queues": {{{member}}}}}"#))), "", "{member}");
    }
}

#[test]
fn a_timeout_of_24_hours_is_one_of_24_days() {
    let timeout = |text: &str| {
        Folder::new(&host_with(&format!(r#""functionTimeout": "{text}""#))).load(&[]).options.function_timeout
    };
    assert_eq!(timeout("24:00:00"), Some(Duration::from_secs(24 * 86_400)));
    assert_eq!(timeout("-1"), None);
    let error = host_error(&host_with(r#""functionTimeout": "00:60:00""#));
    assert!(
        error.contains("to type 'System.TimeSpan'. System.Private.CoreLib: The TimeSpan string '00:60:00'"),
        "{error}"
    );
}
