//! Apps on disk, read through the public face. Texts of errors are those of the recordings named in protocol section 6.1.

use std::time::Duration;

use super::*;

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
    assert_eq!((&app.errors, &app.advice), (&vec![], &vec![]));
    let names: Vec<_> = app.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["alpha", "Zeta"]);
    let http = app.functions[0].http.as_ref().unwrap();
    assert_eq!((http.route.as_str(), &http.methods, http.level), ("alpha", &None, AuthLevel::Function));
    assert_eq!(app.options.function_timeout, Some(Duration::from_secs(1800)));
    assert!(app.functions[0].is_pure_http() && !app.functions[0].forwards(&app.options));
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
    assert!(app.functions[0].disabled && app.functions[0].forwards(&app.options));
    assert!(!folder.load(&[("AzureWebJobs__F__Disabled", "true")]).functions[0].disabled);
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
fn people_are_told_file_line_and_remedy() {
    let app = Folder::new(HOST)
        .function("F", "{\"bindings\": [\n  {\"type\": \"httpTriger\", \"name\": \"req\"}]}")
        .load(&[]);
    assert!(app.advice[0].contains("F/function.json:2:12`"), "{:?}", app.advice);
    let app = Folder::new(HOST).function("F", "{\"bindings\": [\n  {\"type\": \"htp\", \"name\": \"x\", \"direction\": \"out\"}, {\"type\": \"timerTrigger\", \"name\": \"y\", \"schedule\": \"0 * * * * *\"}]}").load(&[]);
    assert!(app.advice[0].ends_with("hint: did you mean `http`?"), "{:?}", app.advice);
    let app = Folder::new(&HOST.replace("\"sh\"", "\"no-such-program\"")).load(&[]);
    assert!(app.advice[0].contains("host.json:1:79`: there is no program `no-such-program`"), "{:?}", app.advice);
    let app =
        Folder::new(&HOST.replace("\"description\"", "\"enableForwardingHTTPRequest\": \"yes\", \"description\""))
            .load(&[]);
    assert!(app.advice[0].contains("host.json:1:69`: Failed to convert configuration value 'yes'"), "{:?}", app.advice);
    let app = Folder::new("{\"version\": 2.0}").load(&[]);
    assert!(app.advice[0].contains("host.json:1:13`: '2' is an invalid value"), "{:?}", app.advice);
}

#[test]
fn of_two_functions_that_want_one_route_the_first_keeps_it() {
    let app = Folder::new(HOST).bindings("Same", HTTP).bindings("same", HTTP).load(&[]);
    assert_eq!(app.functions.iter().filter(|function| function.is_loaded()).count(), 1);
    let taken = "The route specified conflicts with the route defined by function 'Same'.";
    assert_eq!(app.functions[1].errors, [taken]);
}

#[test]
fn a_route_that_does_not_parse_takes_the_host_down() {
    let app = Folder::new(HOST).bindings("F", &HTTP.replace("\"req\"", "\"req\", \"route\": \"x/{id\"")).load(&[]);
    assert!(app.errors[0].contains("with name 'F' and template 'api/x/{id'."), "{:?}", app.errors);
    assert!(app.functions[0].errors.is_empty() && app.host_file_is_sound);
    let advice = app.advice.last().unwrap();
    assert!(advice.contains("function.json:1:63`: the route `api/x/{id` is none"), "{advice}");
    assert!(advice.ends_with("has a matching '}' character"), "{advice}");
}

#[test]
fn a_slip_in_the_name_of_a_property_is_shown_at_its_place() {
    let bindings = r#"{"type": "httpTrigger", "name": "req", "method": ["get"], "note": "mine"}, {"type": "http", "direction": "out", "name": "res"}"#;
    let app = Folder::new(HOST).bindings("F", bindings).load(&[]);
    assert!(app.functions[0].errors.is_empty() && app.advice.len() == 1, "{:?}", app.advice);
    assert!(app.advice[0].contains("F/function.json:1:54`: `method` means nothing here"), "{:?}", app.advice);
    assert!(app.advice[0].ends_with("hint: did you mean `methods`?"), "{:?}", app.advice);
}
