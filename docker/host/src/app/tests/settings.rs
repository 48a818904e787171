//! Settings that change what files say.

use super::*;

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
    assert!(app.functions[0].disabled && app.functions[0].http_mode(&app.options) == Some(HttpMode::Forwarding));
    assert!(!folder.load(&[("AzureWebJobs__F__Disabled", "true")]).functions[0].disabled);
}

#[test]
fn a_setting_that_is_empty_is_no_value_of_a_binding() {
    let folder = Folder::new(HOST).bindings("F", r#"{"type": "timerTrigger", "name": "t", "schedule": "%CRON%"}"#);
    let error = folder.load(&[("CRON", "")]).functions[0].errors.first().cloned().unwrap_or_default();
    assert!(error.contains("'%CRON%' does not resolve to a value"), "{error}");
    assert_eq!(folder.load(&[("CRON", "0 * * * * *")]).functions[0].errors, [""; 0]);
}

#[test]
fn an_allow_list_may_leave_out_all() {
    let host_json = HOST.replace("{\"version\"", "{\"functions\": [\"G\"], \"version\"");
    assert!(Folder::new(&host_json).bindings("F", HTTP).load(&[]).leaves_out_all());
}
