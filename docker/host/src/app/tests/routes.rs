//! Routes: those that cannot be, and those that two functions want.

use super::*;

#[test]
fn a_route_that_costs_more_than_any_path_is_long_is_an_error_of_its_function() {
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
fn an_element_of_routes_is_passed_over_as_the_binder_of_dotnet_does_it() {
    let routes =
        r#"[{"route": ["a"]}, {"route": "b", "authorizationLevel": ""}, {"route": "c", "authorizationLevel": "x"}]"#;
    let http = format!(r#"}}, "http": {{"defaultAuthorizationLevel": "admin", "routes": {routes}}}"#);
    let app = Folder::new(&HOST.replacen("}", &http, 1)).load(&[("FUNCTIONS_WORKER_RUNTIME", "custom")]);
    let found: Vec<_> = app.functions.iter().map(|function| function.http.clone().unwrap()).collect();
    assert_eq!(app.errors, Vec::<String>::new());
    assert_eq!(found.iter().map(|http| (&*http.route, http.level)).collect::<Vec<_>>(), [("b", AuthLevel::Admin)]);
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
fn settings_are_looked_for_only_in_what_a_binding_knows() {
    for bindings in [
        r#"{"type": "httpTrigger", "name": "a", "queueName": "%NOPE%", "path": "50%"}"#,
        r#"{"type": "timerTrigger", "name": "a", "schedule": "0 0 0 1 1 *", "queueName": "%NOPE%"}"#,
    ] {
        assert_eq!(function_error(bindings), "", "{bindings}");
    }
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
    assert_eq!(app.functions[0].http_mode(&app.options), None);
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
