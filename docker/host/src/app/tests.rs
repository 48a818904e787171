//! Apps on disk, read through the public face. Texts of errors are those of the recordings named in protocol.md#discovery-and-names.

use std::time::Duration;

use super::*;
use crate::log::Level;

mod values;

struct Folder(tempfile::TempDir);

const HOST: &str = r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sh"}}}"#;
const HTTP: &str = r#"{"type": "httpTrigger", "name": "req"}, {"type": "http", "direction": "out", "name": "res"}"#;

impl Folder {
    fn new(host_json: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.0.path().join("host.json"), host_json).unwrap();
        folder
    }

    fn function(self, name: &str, text: &str) -> Self {
        let directory = self.0.path().join(name);
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("function.json"), text).unwrap();
        self
    }

    fn bindings(self, name: &str, bindings: &str) -> Self {
        self.function(name, &format!(r#"{{"bindings": [{bindings}]}}"#))
    }

    fn load(&self, settings: &[(&str, &str)]) -> App {
        load(self.0.path(), &settings.iter().copied().collect())
    }
}

fn host_error(host_json: &str) -> String {
    let app = Folder::new(host_json).load(&[]);
    app.errors.first().cloned().unwrap_or_default()
}

fn function_error(bindings: &str) -> String {
    let app = Folder::new(HOST).bindings("F", bindings).load(&[]);
    let unreadable = app.unreadable.first().map(|function| function.errors[0].clone());
    unreadable.or_else(|| app.functions[0].errors.first().cloned()).unwrap_or_default()
}

#[test]
fn a_normal_app_has_no_errors() {
    let app = Folder::new(HOST).bindings("Zeta", HTTP).bindings("alpha", HTTP).load(&[]);
    assert_eq!((&app.errors, &app.diagnostics), (&vec![], &vec![]));
    let names: Vec<_> = app.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["alpha", "Zeta"]);
    let http = app.functions[0].http.as_ref().unwrap();
    assert_eq!((http.route.as_str(), &http.methods, http.level), ("alpha", &None, AuthLevel::Function));
    assert_eq!(app.options.function_timeout, Some(Duration::from_secs(1800)));
    assert!(app.functions[0].is_pure_http() && app.functions[0].http_mode(&app.options) == HttpMode::Default);
}

#[test]
fn settings_override_host_json_and_disable_functions() {
    let folder = Folder::new(HOST).bindings("F", HTTP);
    let app = folder.load(&[
        ("AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest", "true"),
        ("AzureFunctionsJobHost__customHandler__description__arguments", r#"["--x", 1]"#),
        ("AzureWebJobs.f.Disabled", "TRUE"),
    ]);
    let handler = app.options.custom_handler.as_ref().unwrap();
    assert_eq!(
        (handler.forwarding, handler.arguments.as_slice()),
        (true, ["--x".to_owned(), "1".to_owned()].as_slice())
    );
    let arguments = |text: &str| {
        let app = folder.load(&[("AzureFunctionsJobHost__customHandler__description__arguments", text)]);
        app.options.custom_handler.map(|handler| handler.arguments).unwrap_or_default()
    };
    assert_eq!(arguments("['--x', true, /* as in host.json */]"), ["--x", "true"]);
    assert_eq!(arguments("['--x', {}]"), Vec::<String>::new());
    assert_eq!(arguments("--x"), Vec::<String>::new());
    assert!(app.functions[0].disabled && app.functions[0].http_mode(&app.options) == HttpMode::Forwarding);
    assert!(!folder.load(&[("AzureWebJobs__F__Disabled", "true")]).functions[0].disabled);
}

#[test]
fn a_level_may_stand_at_any_depth() {
    let name = vec!["a"; 32 * 1024].join(":");
    for (level, expected) in [("Error", vec![(name.clone(), Level::Error)]), ("", Vec::new())] {
        let logging = format!(r#""logging": {{"logLevel": {{"{name}": "{level}"}}}}"#);
        let app = Folder::new(&HOST.replacen('{', &format!("{{{logging}, "), 1)).load(&[]);
        assert!(app.options.logging.levels == expected && app.errors.is_empty());
    }
}

#[test]
fn of_many_faults_in_host_json_a_hundred_are_shown() {
    let levels: Vec<_> = (0..2_000).map(|number| format!(r#""category-{number}": "nope""#)).collect();
    let logging = format!(r#""logging": {{"logLevel": {{{}}}}}"#, levels.join(", "));
    let app = Folder::new(&HOST.replacen('{', &format!("{{{logging}, "), 1)).load(&[]);
    assert_eq!((app.errors.len(), app.diagnostics.len()), (levels.len(), Diagnostic::MOST_OF_A_FILE));
}

#[test]
fn a_setting_that_is_empty_is_no_value_of_a_binding() {
    let folder = Folder::new(HOST).bindings("F", r#"{"type": "timerTrigger", "name": "t", "schedule": "%CRON%"}"#);
    let error = folder.load(&[("CRON", "")]).functions[0].errors.first().cloned().unwrap_or_default();
    assert!(error.contains("'%CRON%' does not resolve to a value"), "{error}");
    assert_eq!(folder.load(&[("CRON", "0 * * * * *")]).functions[0].errors, [""; 0]);
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
fn function_errors_have_the_words_of_the_real_host() {
    for (bindings, error) in [
        ("", "At least one binding must be declared."),
        ("null", "Unable to cast object of type 'Newtonsoft.Json.Linq.JValue' to type 'Newtonsoft.Json.Linq.JObject'."),
        (
            r#"{"type": "http", "direction": "out", "name": "res"}"#,
            "No trigger binding specified. A function must have a trigger input binding.",
        ),
        (
            r#"{"type": "httpTrigger", "name": "my_name"}"#,
            "The binding name my_name is invalid. Please assign a valid name to the binding.",
        ),
        (r#"{"type": "httpTrigger"}"#, "The binding name  is invalid. Please assign a valid name to the binding."),
        (
            r#"{"type": "httpTrigger", "name": "req"}, {"type": "http", "direction": "out", "name": "REQ"}"#,
            "Multiple bindings with name 'REQ' discovered. Binding names must be unique.",
        ),
        (r#"{"name": "req"}"#, "Binding 'req' is invalid. Bindings must specify a Type."),
        (r#"{"type": "httpTrigger", "name": "$return"}"#, "$return bindings must specify a direction of 'out'."),
        (
            r#"{"type": "httpTrigger", "name": "a"}, {"type": "timerTrigger", "name": "b"}"#,
            "Multiple trigger bindings defined. A function can only have a single trigger binding.",
        ),
        (
            r#"{"type": "httpTrigger", "name": "a"}, {"type": "http", "name": "b"}"#,
            "Http binding can only be used for output.",
        ),
        (
            r#"{"type": "queueTrigger", "name": "a", "queueName": "q"}"#,
            "The binding type(s) 'queueTrigger' are not registered. Please ensure the type is correct and the binding extension is installed.",
        ),
        (
            r#"{"type": "httpTrigger", "name": "a", "authLevel": "everybody"}"#,
            "Error parsing function.json: Invalid value specified for binding property 'authLevel' of enum type AuthorizationLevel.",
        ),
        (
            r#"{"type": "httpTrigger", "name": "a", "route": "administrator"}"#,
            "The specified route conflicts with one or more built in routes.",
        ),
        (
            r#"{"type": "timerTrigger", "name": "a", "schedule": "%NOPE%"}"#,
            "Microsoft.Azure.WebJobs.Host: Error indexing method 'Functions.F'. Microsoft.Azure.WebJobs.Host: '%NOPE%' does not resolve to a value.",
        ),
    ] {
        assert_eq!(function_error(bindings), error, "{bindings}");
    }
    assert_eq!(
        function_error("{\n\"type\": \"httpTrigger\", \"name\": \"a\",\n\"direction\": \"sideways\"}"),
        "'sideways' is not a valid binding direction. Error converting value \"sideways\" to type \
         'Microsoft.Azure.WebJobs.Script.Description.BindingDirection'. Path 'bindings[0].direction', line 3, position 23. \
         Requested value 'sideways' was not found."
    );
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

/// Error of function.json with these members beside the bindings of an HTTP function.
fn member_error(members: &str) -> String {
    let app = Folder::new(HOST).function("F", &format!(r#"{{"bindings": [{HTTP}], {members}}}"#)).load(&[]);
    app.unreadable.first().map(|function| function.errors[0].clone()).unwrap_or_default()
}

#[test]
fn values_of_a_wrong_type_are_errors_before_any_other() {
    let with = |members: &str| function_error(&format!(r#"{{"name": "no good", {members}}}"#));
    for (members, error) in [
        (
            r#""type": ["a"]"#,
            "Error reading string. Unexpected token: StartArray. Path 'bindings[0].type', line 1, position 43.",
        ),
        (
            r#""connection": {}"#,
            "Error reading string. Unexpected token: StartObject. Path 'bindings[0].connection', line 1, position 49.",
        ),
        (
            r#""cardinality": ["a"]"#,
            "Unexpected token StartArray when parsing enum. Path 'bindings[0].cardinality', line 1, position 50.",
        ),
        (
            r#""dataType": true"#,
            "Unexpected token Boolean when parsing enum. Path 'bindings[0].dataType', line 1, position 50.",
        ),
        (r#""type": [], "direction": ["a"]"#, "Can not convert Array to String."),
    ] {
        assert_eq!(with(members), error, "{members}");
    }
    assert!(with(r#""direction": "in", "connection": 5, "type": true"#).contains("binding name no good is invalid"));
    assert!(
        with(r#""type": [], "direction": "up""#).starts_with("'up' is not a valid binding direction. Error reading")
    );
    for (members, error) in [
        (r#""scriptFile": ["a"]"#, "Can not convert Array to String."),
        (r#""entryPoint": {}"#, "Can not convert Object to String."),
        (r#""configurationSource": [1]"#, "Illegal value '[\n  1\n]' for 'configurationSource' property in F'."),
        (r#""retry": {}"#, "Value cannot be null. (Parameter 'MaxRetryCount')."),
        (r#""retry": {"maxRetryCount": 1}"#, "Value cannot be null. (Parameter 'MinimumInterval')."),
        (r#""retry": """#, ""),
        (r#""entryPoint": 5, "name": [], "disabled": {}, "language": []"#, ""),
    ] {
        assert_eq!(member_error(members), error, "{members}");
    }
    assert!(
        member_error(r#""retry": [1]"#)
            .starts_with("Cannot deserialize the current JSON array (e.g. [1,2,3]) into type")
    );
    let options = "Microsoft.Azure.WebJobs.Script.Description.RetryOptions";
    assert!(
        member_error(r#""retry": true"#)
            .ends_with(&format!("Could not cast or convert from System.Boolean to {options}."))
    );
}

#[test]
fn a_function_may_have_any_number_of_bindings() {
    const BINDINGS: usize = 20_000;
    let kinds: Vec<String> = (0..BINDINGS).map(|number| format!("kind{number}")).collect();
    let bindings = kinds.iter().enumerate().map(|(at, kind)| format!(r#"{{"type": "{kind}", "name": "n{at}"}}"#));
    let error = function_error(&format!("{HTTP}, {}", bindings.collect::<Vec<_>>().join(",")));
    assert!(error.starts_with(&format!("The binding type(s) '{}' are not", kinds.join(", "))), "{:.200}", error);
}

#[test]
fn a_route_that_costs_more_than_any_path_is_long_is_a_fault_of_its_function() {
    let of_length =
        |length: usize| HTTP.replacen("\"req\"", &format!(r#""req", "route": "{}""#, "a/".repeat(length / 2)), 1);
    assert_eq!(function_error(&of_length(64 * 1024)), "");
    let error = function_error(&of_length(1024 * 1024));
    assert_eq!(error, "`route` has 1048576 bytes, and mini-host takes 65536 at most");
    let schedule = format!(r#"{{"type": "timerTrigger", "name": "t", "schedule": "{}"}}"#, "0 ".repeat(1024 * 1024));
    assert_eq!(function_error(&schedule), "`schedule` has 2097152 bytes, and mini-host takes 65536 at most");
    let host_json = HOST.replacen(
        "{",
        &format!(r#"{{"extensions": {{"http": {{"routePrefix": "{}"}}}}, "#, "a/".repeat(1024 * 1024)),
        1,
    );
    let error = host_error(&host_json);
    assert!(error.contains("the route prefix has 2097152 bytes, and mini-host takes 8192 at most"), "{error}");
}

#[test]
fn an_http_trigger_says_texts_and_lists() {
    let with = |members: &str| function_error(&format!(r#"{{"type": "httpTrigger", "name": "a", {members}}}"#));
    let unusable = "Error parsing function.json: Invalid value specified for binding property";
    let cast = |from: &str| format!("Cannot cast Newtonsoft.Json.Linq.{from} to Newtonsoft.Json.Linq.JToken.");
    for (members, error) in [
        (r#""authLevel": ["a"]"#, format!("{unusable} 'authLevel' of type String. {}", cast("JArray"))),
        (r#""methods": {}"#, format!("{unusable} 'methods' of type JArray. {}", cast("JObject"))),
        (r#""route": []"#, format!("{unusable} 'route' of type String. {}", cast("JArray"))),
    ] {
        assert_eq!(with(members), error, "{members}");
    }
}

#[test]
fn faults_are_found_in_the_order_of_the_real_host() {
    let unknown = r#"{"type": "queue", "direction": "out", "name": "q", "queueName": "a"}"#;
    let level = r#"{"type": "httpTrigger", "name": "a", "authLevel": "everybody"}"#;
    assert!(
        function_error(&format!("{unknown}, {level}")).contains("'authLevel'"),
        "types come after what bindings say"
    );
    let twice = unknown.replace(r#""q""#, r#""r""#);
    let input = r#"{"type": "odd", "name": "i"}"#;
    let trigger = r#"{"type": "httpTrigger", "name": "a"}"#;
    assert!(
        function_error(&format!("{unknown}, {twice}, {input}, {trigger}")).contains("type(s) 'odd, queue' are not"),
        "inputs first, each type once"
    );
    assert!(
        function_error(r#"{"type": "", "name": "i"}, {"type": "httpTrigger", "name": "a"}"#).contains("'' are not")
    );
}

#[test]
fn enumerations_are_read_as_newtonsoft_reads_them() {
    let with = |property: &str| function_error(&format!(r#"{{"type": "httpTrigger", "name": "a", {property}}}"#));
    for fine in [r#""direction": " IN ""#, r#""direction": "0""#, r#""dataType": """#, r#""cardinality": null"#] {
        assert_eq!(with(fine), "", "{fine}");
    }
    let place = |length: usize| format!("Path 'bindings[0].direction', line 1, position {}.", 64 + length);
    let direction = "Microsoft.Azure.WebJobs.Script.Description.BindingDirection";
    assert_eq!(with(r#""direction": null"#), format!("Cannot convert null value to {direction}. {}", place(4)));
    assert_eq!(
        with(r#""direction": """#),
        format!(
            "Error converting value \"\" to type '{direction}'. {} Must specify valid information for parsing in the string.",
            place(2)
        )
    );
}

#[test]
fn levels_and_routes_need_not_be_texts() {
    let http = |property: &str| {
        let trigger = format!(r#"{{"type": "httpTrigger", "name": "a", {property}}}"#);
        let app = Folder::new(HOST).bindings("F", &trigger).load(&[]);
        assert_eq!(app.functions[0].errors, Vec::<String>::new());
        app.functions[0].http.clone().unwrap()
    };
    assert_eq!(http(r#""authLevel": 0"#).level, AuthLevel::Anonymous);
    assert_eq!(http(r#""authLevel": " Admin ""#).level, AuthLevel::Admin);
    assert_eq!(http(r#""authLevel": """#).level, AuthLevel::Function);
    assert_eq!(http(r#""route": 5"#).route, "5");
}

#[test]
fn names_at_the_top_count_in_their_letter_case_only() {
    let error = |text: &str| {
        let app = Folder::new(HOST).function("F", text).load(&[]);
        app.unreadable.first().map_or_else(String::new, |function| function.errors[0].clone())
    };
    assert_eq!(error(&format!(r#"{{"Bindings": [{HTTP}]}}"#)), "At least one binding must be declared.");
    assert_eq!(error(&format!(r#"{{"ScriptFile": "none", "bindings": [{HTTP}]}}"#)), "");
    for (source, shown) in [("5", "5"), ("null", "")] {
        let text = format!(r#"{{"ConfigurationSource": {source}, "bindings": [{HTTP}]}}"#);
        assert_eq!(error(&text), format!("Illegal value '{shown}' for 'configurationSource' property in F'."));
    }
}

#[test]
fn the_script_of_a_function_is_found_as_the_real_host_finds_it() {
    let script = |files: &[&str]| {
        let folder = Folder::new(HOST).bindings("F", HTTP);
        for file in files {
            std::fs::write(folder.0.path().join("F").join(file), "").unwrap();
        }
        let found = folder.load(&[]).functions[0].script_file.clone();
        found.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
    };
    assert_eq!(script(&[]), None);
    assert_eq!(script(&["sample.dat"]).as_deref(), Some("sample.dat"));
    assert_eq!(script(&["sample.dat", "readme.md"]), None);
    assert_eq!(script(&["sample.dat", "Run.sh"]).as_deref(), Some("Run.sh"));
}

#[test]
fn people_are_told_file_line_and_remedy() {
    let app = Folder::new(HOST)
        .function("F", "{\"bindings\": [\n  {\"type\": \"httpTriger\", \"name\": \"req\"}]}")
        .load(&[]);
    assert!(app.diagnostics[0].to_string().contains("F/function.json:2:12`"), "{:?}", app.diagnostics);
    let app = Folder::new(HOST).function("F", "{\"bindings\": [\n  {\"type\": \"htp\", \"name\": \"x\", \"direction\": \"out\"}, {\"type\": \"timerTrigger\", \"name\": \"y\", \"schedule\": \"0 * * * * *\"}]}").load(&[]);
    assert!(app.diagnostics[0].to_string().ends_with("hint: did you mean `http`?"), "{:?}", app.diagnostics);
    let app =
        Folder::new(&HOST.replace("\"description\"", "\"enableForwardingHTTPRequest\": \"yes\", \"description\""))
            .load(&[]);
    assert!(
        app.diagnostics[0].to_string().contains("host.json:1:69`: Failed to convert configuration value 'yes'"),
        "{:?}",
        app.diagnostics
    );
    let app = Folder::new(HOST)
        .bindings("F", r#"{"type": "timerTrigger", "name": "t", "schedule": "0 0 0 ? * *"}"#)
        .load(&[]);
    assert!(app.diagnostics[0].to_string().contains("hint: six fields with seconds first"), "{:?}", app.diagnostics);
    let app =
        Folder::new(HOST).bindings("F", &format!(r#"{HTTP}, {{"type": "manualTrigger", "name": "m"}}"#)).load(&[]);
    assert!(app.diagnostics[0].to_string().contains("1:117`: Multiple trigger bindings"), "{:?}", app.diagnostics);
    let app = Folder::new("{\"version\": 2.0}").load(&[]);
    assert!(
        app.diagnostics[0].to_string().contains("host.json:1:13`: '2' is an invalid value"),
        "{:?}",
        app.diagnostics
    );
}

#[test]
fn a_file_in_utf_16_is_read() {
    let folder = Folder::new(HOST);
    let text: Vec<u8> = format!("\u{FEFF}{HOST}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.0.path().join("host.json"), text).unwrap();
    assert!(folder.load(&[]).errors.is_empty());
}

#[test]
fn of_two_functions_that_want_one_route_the_first_keeps_it() {
    let app = Folder::new(HOST).bindings("Same", HTTP).bindings("same", HTTP).load(&[]);
    assert_eq!(app.functions.iter().filter(|function| function.is_loaded()).count(), 1);
    let taken = "The route specified conflicts with the route defined by function 'Same'.";
    assert_eq!(app.functions[1].errors, [taken]);
}

#[test]
fn routes_overlap_by_the_rules_of_the_real_host() {
    let loaded = |first: &str, second: &str| {
        let function = |extra: &str| format!(r#"{{"type": "httpTrigger", "name": "req", {extra}}}"#);
        let app = Folder::new(HOST).bindings("A", &function(first)).bindings("B", &function(second)).load(&[]);
        app.functions[1].errors.is_empty()
    };
    assert!(!loaded(r#""route": "same""#, r#""route": "SAME/""#), "slashes around a route do not count");
    assert!(!loaded(r#""route": "x", "methods": []"#, r#""route": "x", "methods": ["get"]"#), "no methods are all");
    assert!(!loaded(r#""route": "x", "methods": ["get"]"#, r#""route": "x", "methods": ["post", "get"]"#));
    assert!(loaded(r#""route": "x", "methods": ["get"]"#, r#""route": "x", "methods": ["GET"]"#), "letter case counts");
    assert!(!loaded(r#""route": "é""#, r#""route": "É""#));
    assert!(loaded(r#""route": "İ""#, r#""route": "i̇""#), "letters are compared one by one");
}

#[test]
fn a_function_that_fails_late_keeps_its_route() {
    let queue = r#", {"type": "queue", "direction": "out", "name": "q", "queueName": "%NOPE%"}"#;
    let settings = [("AzureWebJobsStorage", "UseDevelopmentStorage=true")];
    let route = HTTP.replace(r#""req""#, r#""req", "route": "x""#);
    let app = Folder::new(HOST).bindings("A", &format!("{route}{queue}")).bindings("B", &route).load(&settings);
    assert!(app.functions[0].errors[0].contains("'%NOPE%' does not resolve"), "{:?}", app.functions[0].errors);
    assert!(app.functions[1].errors[0].contains("defined by function 'A'"), "{:?}", app.functions[1].errors);
    assert!(app.functions[0].is_unindexed && !app.functions[1].is_unindexed);
    assert_eq!(app.functions[0].http_mode(&app.options), HttpMode::Unindexed);
}

#[test]
fn a_route_is_read_without_its_prefix_too() {
    let route = HTTP.replace(r#""req""#, r#""req", "route": "~x""#);
    let app = Folder::new(HOST).bindings("A", &route).load(&[]);
    let reason =
        "Microsoft.AspNetCore.Routing: The route template cannot start with a '~' character unless followed by a '/'.";
    let error = format!(
        "Microsoft.Azure.WebJobs.Host: Error indexing method 'Functions.A'. {} (Parameter 'routeTemplate'). {reason}",
        reason
    );
    assert_eq!(app.functions[0].errors, [error]);
    assert!(app.errors.is_empty() && app.functions[0].is_unindexed);
    let without_prefix = HOST.replacen('{', r#"{"extensions": {"http": {"routePrefix": ""}}, "#, 1);
    let app = Folder::new(&without_prefix).bindings("A", &route).load(&[]);
    assert!(
        app.errors[0].contains("cannot start with a '~'") && app.functions[0].errors.is_empty(),
        "{:?}",
        app.errors
    );
}

#[test]
fn a_route_that_does_not_parse_takes_the_host_down() {
    let app = Folder::new(HOST).bindings("F", &HTTP.replace("\"req\"", "\"req\", \"route\": \"x/{id\"")).load(&[]);
    assert!(app.errors[0].contains("with name 'F' and template 'api/x/{id'."), "{:?}", app.errors);
    assert!(app.functions[0].errors.is_empty() && app.host_file_is_sound);
}

#[test]
fn an_allow_list_may_leave_out_all() {
    let host_json = HOST.replace("{\"version\"", "{\"functions\": [\"G\"], \"version\"");
    assert!(Folder::new(&host_json).bindings("F", HTTP).load(&[]).leaves_out_all());
}

/// host.json with a handler and these members.
fn host_with(members: &str) -> String {
    format!("{}, {members}}}", HOST.trim_end_matches('}').to_owned() + "}}")
}

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
