//! Apps on disk, and what is said about them.

mod public;

use crate::app::{self, Diagnostic};

const HOST: &str = r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sh"}}}"#;
const HTTP: &str = r#"{"type": "httpTrigger", "name": "req"}, {"type": "http", "direction": "out", "name": "res"}"#;

pub fn lines(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What is said about an app with one function `F`.
fn said(host_json: &str, bindings: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::write(root.join("host.json"), host_json).unwrap();
    std::fs::create_dir(root.join("F")).unwrap();
    std::fs::write(root.join("F/function.json"), format!(r#"{{"bindings": [{bindings}]}}"#)).unwrap();
    let settings = [("PATH", std::env::var("PATH").unwrap())].into_iter().collect();
    lines(&super::diagnostics(&app::load(root, &settings), &settings))
}

#[test]
fn what_passes_in_silence_elsewhere_is_told() {
    let advice = |bindings: &str| said(HOST, bindings);
    let http = |trigger: &str, output: &str| {
        let of_both = HTTP.replace("\"req\"", &format!("\"req\"{trigger}"));
        advice(&of_both.replace("\"res\"", &format!("\"res\"{output}")))
    };
    assert_eq!(http("", ""), "");
    assert!(http("", r#", "authLevel": "anonymous""#).contains("it belongs in the `httpTrigger`"));
    assert!(
        http(r#", "methods": ["get", "psot"]"#, "")
            .contains("F/function.json:1:73`: `psot` is not a usual HTTP method")
    );
    assert!(http(r#", "route": "api/orders""#, "").contains("hint: write `orders` for `/api/orders`"));
    assert!(http(r#", "route": "apiary""#, "").is_empty());
}

#[test]
fn a_program_that_is_not_there_is_shown_at_its_place() {
    let said = said(&HOST.replace("\"sh\"", "\"no-such-program\""), HTTP);
    assert!(said.contains("host.json:1:79`: `no-such-program` is not a program"), "{said}");
}

#[test]
fn of_many_arguments_without_a_value_some_are_shown() {
    let arguments = vec!["\"%NOPE%\""; 1_000].join(", ");
    let said = said(&HOST.replace("\"sh\"", &format!("\"sh\", \"arguments\": [{arguments}]")), HTTP);
    assert_eq!(said.matches("there is no environment variable `NOPE`").count(), Diagnostic::MOST_OF_A_FILE);
}

#[test]
fn an_allow_list_that_leaves_out_all_is_shown_at_its_place() {
    let said = said(&HOST.replace("{\"version\"", "{\"functions\": [\"G\"], \"version\""), HTTP);
    assert!(said.contains("host.json:1:16`: there is no function `G`"), "{said}");
}

#[test]
fn a_route_that_does_not_parse_is_shown_at_its_place() {
    let said = said(HOST, &HTTP.replace("\"req\"", "\"req\", \"route\": \"x/{id\""));
    assert!(said.contains("function.json:1:63`: the route `api/x/{id` is not valid"), "{said}");
    assert!(said.ends_with("has a matching '}' character"), "{said}");
}

#[test]
fn a_slip_in_the_name_of_a_property_is_shown_at_its_place() {
    let said = said(HOST, &HTTP.replace("\"req\"", r#""req", "method": ["get"], "note": "mine""#));
    assert!(said.contains("F/function.json:1:54`: `method` means nothing here"), "{said}");
    assert!(said.ends_with("hint: did you mean `methods`?"), "{said}");
}
