//! What is read from function.json, and what is wrong with it.

use super::*;

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
            r#"{"type": "timerTrigger", "name": "a", "schedule": ""}"#,
            "Microsoft.Azure.WebJobs.Host: Error indexing method 'Functions.F'. System.Private.CoreLib: Value cannot be null. \
             (Parameter 'type').",
        ),
        (
            r#"{"type": "timerTrigger", "name": "a", "schedule": "50%"}"#,
            "Microsoft.Azure.WebJobs.Host: Error indexing method 'Functions.F'. Microsoft.Azure.WebJobs.Host: The '%' at position 2 does not have a closing '%'.",
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

/// `StorageClientProvider.Get`: a trigger's account is opened at once, that of an output when it is written.
#[test]
fn settings_are_looked_for_in_the_connection_of_a_trigger() {
    let bundle = r#""extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"}"#;
    let error = |bindings: &str| {
        let app = Folder::new(&host_with(bundle)).bindings("F", bindings).load(&[("Which", "Storage")]);
        app.functions[0].errors.first().cloned().unwrap_or_default()
    };
    let trigger = |text: &str| {
        format!(r#"{{"type": "queueTrigger", "name": "a", "queueName": "orders", "connection": "{text}"}}"#)
    };
    assert_eq!(
        error(&trigger("%NOPE%")),
        "Microsoft.Azure.WebJobs.Host: Error indexing method 'Functions.F'. Microsoft.Azure.WebJobs.Host: '%NOPE%' does not resolve to a value."
    );
    assert_eq!(error(&trigger("%which%")), "");
    let output = r#"{"type": "queue", "direction": "out", "name": "q", "queueName": "orders", "connection": "%NOPE%"}"#;
    assert_eq!(error(&format!("{HTTP}, {output}")), "");
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
