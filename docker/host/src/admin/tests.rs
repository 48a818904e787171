//! The endpoints through their public face, on a host whose handler never answers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::exchange::Wanted;
use crate::handler::watchdog::Watchdog;
use crate::host::running::HandlerOptions;
use crate::log::{self, Format};

const RESTART_LIMIT_SECONDS: u64 = 30;

struct Served {
    host: Arc<Host>,
    _directory: tempfile::TempDir,
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

async fn host() -> Served {
    host_of(r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sleep", "arguments": ["60"]}}}"#).await
}

async fn host_of(host_json: &str) -> Served {
    log::set_format(Format::Quiet);
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("app");
    write(&root.join("host.json"), host_json);
    write(
        &root.join("F/function.json"),
        r#"{"bindings": [{"type": "httpTrigger", "name": "req", "route": "Items/{Id}"}, {"type": "http", "direction": "out", "name": "res"}]}"#,
    );
    write(&root.join("Man/function.json"), r#"{"bindings": [{"type": "manualTrigger", "name": "input"}]}"#);
    write(&root.join("Faulty/function.json"), r#"{"bindings": [{"type": "http", "direction": "out", "name": "res"}]}"#);
    write(&root.join("Broken/function.json"), "{");
    let secrets = directory.path().join("secrets");
    write(
        &secrets.join("host.json"),
        r#"{"masterKey": {"name": "master", "value": "m"}, "functionKeys": [{"name": "default", "value": "h"}], "systemKeys": []}"#,
    );
    let environment = vec![
        ("AzureWebJobsSecretStorageType".to_owned(), "files".to_owned()),
        ("FUNCTIONS_SECRETS_PATH".to_owned(), secrets.display().to_string()),
        ("AzureFunctionsWebHost__hostid".to_owned(), "me".to_owned()),
        ("PATH".to_owned(), std::env::var("PATH").unwrap()),
    ];
    let options = HandlerOptions { environment, is_started_by_hand: false, watchdog: Watchdog::default() };
    let host = Host::start(root, options, Vec::new(), Wanted::default()).await;
    Served { host, _directory: directory }
}

struct Ask<'a> {
    method: &'a str,
    key: Option<&'a str>,
    request: Request<'a>,
}

fn ask<'a>(method: &'a str, path: &'a str, key: Option<&'a str>, body: &'a str) -> Ask<'a> {
    let content_type = (!body.is_empty()).then_some("application/json; charset=utf-8");
    Ask { method, key, request: Request { path, host: "h:1", content_type, query: &[], body: body.as_bytes() } }
}

fn handle(host: &Served, Ask { method, key, request }: &Ask<'_>) -> Option<Response> {
    let endpoint = find(method, request.path, request.query)?;
    Some(endpoint.refusal(&host.host, request.path, *key).unwrap_or_else(|| endpoint.respond(&host.host, request)))
}

fn status(host: &Served, ask: &Ask<'_>) -> Option<i32> {
    handle(host, ask).map(|response| response.status)
}

fn parsed(response: &Response) -> Value {
    serde_json::from_slice(&response.body.concat()).unwrap()
}

fn json_of(host: &Served, path: &str) -> Value {
    parsed(&handle(host, &ask("GET", path, Some("m"), "")).unwrap())
}

/// The header lines of a response.
fn lines(response: &Response) -> Vec<String> {
    response.headers.iter().map(|line| format!("{}: {}", line.name(), String::from_utf8_lossy(line.value))).collect()
}

#[tokio::test]
async fn only_the_master_key_opens_an_endpoint() {
    let host = host().await;
    let get = |key| handle(&host, &ask("GET", "/admin/host/status", key, "")).unwrap();
    assert_eq!((get(None).status, lines(&get(None)).len()), (401, 1));
    assert_eq!(lines(&get(Some("wrong"))), ["WWW-Authenticate: Bearer"]);
    assert_eq!((get(Some("h")).status, lines(&get(Some("h"))).len()), (403, 0));
    assert_eq!(get(Some("m")).status, 200);
    assert_eq!(status(&host, &ask("GET", "/ADMIN/Host/Ping/", None, "")), Some(200));
    let unchallenged = handle(&host, &ask("GET", "/admin/vfs/x", None, "")).unwrap();
    assert_eq!((unchallenged.status, lines(&unchallenged).len()), (401, 0));
}

#[tokio::test]
async fn what_is_no_endpoint_is_left_to_functions() {
    let host = host().await;
    for (method, path) in [
        ("HEAD", "/admin/host/ping"),
        ("GET", "/admin/nothing"),
        ("POST", "/admin/host/status"),
        ("GET", "/api/F"),
        ("PUT", "/admin/functions//"),
        ("POST", "/admin/functions/F/keys//"),
        ("GET", "/admin/functions//keys/x"),
        ("GET", "/runtime/webhooks//x"),
    ] {
        assert_eq!(status(&host, &ask(method, path, Some("m"), "")), None, "{method} {path}");
    }
}

#[tokio::test]
async fn what_only_the_platform_has_is_answered_as_by_a_host_without_it() {
    let host = host().await;
    let response = |method, path, body| {
        let response = handle(&host, &ask(method, path, Some("m"), body)).unwrap();
        (response.status, String::from_utf8(response.body.concat().to_vec()).unwrap())
    };
    assert_eq!(response("POST", "/admin/host/debug", "").0, 200);
    assert_eq!(response("GET", "/admin/instance/info", "").0, 200);
    assert_eq!(status(&host, &ask("GET", "/admin/instance/http-health", None, "")), Some(200));
    assert!(response("GET", "/admin/host/extensions/jobs", "").1.starts_with(r#"{"jobs":[],"links""#));
    assert_eq!(response("GET", "/admin/host/extensions/jobs/x", "").0, 400);
    assert_eq!(response("GET", "/admin/host/extensions/jobs/6f9619ff-8b86-d011-b42d-00cf4fc964ff", "").0, 404);
    assert_eq!(response("PUT", "/admin/host/extensions", "null"), (400, String::new()));
    let (status, text) = response("POST", "/admin/host/extensions", r#"{"id": "x", "version": "1"}"#);
    assert!(status == 400 && text.starts_with("Cannot install an extension. "), "{text}");
    let (status, text) = response("DELETE", "/admin/host/extensions/x", "");
    assert!(status == 400 && text.starts_with("Cannot delete an extension. "), "{text}");
}

#[tokio::test]
async fn the_status_has_the_fields_of_the_real_host() {
    let value = json_of(&host().await, "/admin/host/status");
    let names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "id",
            "state",
            "version",
            "versionDetails",
            "platformVersion",
            "instanceId",
            "computerName",
            "processUptime",
            "functionAppContentEditingState"
        ]
    );
    assert_eq!((&value["id"], &value["state"]), (&json!("me"), &json!("Running")));
}

#[tokio::test]
async fn functions_are_listed_faulty_ones_included() {
    let host = host().await;
    let list = json_of(&host, "/admin/functions");
    let names: Vec<_> = list.as_array().unwrap().iter().map(|function| function["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["F", "Faulty", "Man"]);
    assert_eq!(list[0]["invoke_url_template"], "https://localhost/api/items/{id}");
    assert_eq!(json_of(&host, "/admin/functions/f")["href"], "http://h:1/admin/functions/F");
    assert_eq!(json_of(&host, "/admin/functions/F/status"), json!({}));
    assert!(json_of(&host, "/admin/functions/Broken/status")["errors"].is_array());
    assert_eq!(status(&host, &ask("GET", "/admin/functions/Broken", Some("m"), "")), Some(404));
}

#[tokio::test]
async fn a_function_runs_by_hand() {
    let host = host().await;
    let post = |name: &str, body: &str| {
        status(&host, &ask("POST", &format!("/admin/functions/{name}"), Some("m"), body)).unwrap()
    };
    let bodies = [r#"{"Input": "x"}"#, r#"{"input": 5}"#, r#"{"input": true}"#, "{}"];
    assert_eq!(bodies.map(|body| post("MAN", body)), [202; 4]);
    assert_eq!(["[]", "null", "{", r#"{"input": {}}"#].map(|body| post("Man", body)), [400; 4]);
    assert_eq!((post("Man", ""), post("Nope", "{}"), post("Faulty", "{}")), (415, 404, 404));
}

#[tokio::test]
async fn keys_are_listed_set_and_removed() {
    let host = host().await;
    let put = |path: &str, body: &str| handle(&host, &ask("PUT", path, Some("m"), body)).unwrap();
    let made = put("/admin/host/functionkeys/mine", r#"{"name": "mine", "value": "v"}"#);
    assert_eq!(made.status, 201);
    assert_eq!(lines(&made)[1], "Location: http://h:1/admin/host/functionkeys/mine");
    assert_eq!(put("/admin/host/functionkeys/mine", r#"{"value": "w"}"#).status, 200);
    assert_eq!(put("/admin/host/functionkeys/mine", "{").body.concat(), b"Invalid key value");
    assert_eq!(json_of(&host, "/admin/host/keys")["keys"][1], json!({"name": "mine", "value": "w"}));
    let delete = |path: &str| status(&host, &ask("DELETE", path, Some("m"), "")).unwrap();
    assert_eq!((delete("/admin/host/keys/mine"), delete("/admin/host/keys/mine")), (204, 404));
    assert_eq!(delete("/admin/host/systemkeys/_master"), 400);
    assert_eq!(status(&host, &ask("GET", "/admin/functions/Nope/keys", Some("m"), "")), Some(404));
}

/// Each answer is what `NewtonsoftJsonInputFormatter` makes of such a body, with Newtonsoft.Json itself as the judge.
#[tokio::test]
async fn bodies_are_read_as_the_serializer_reads_them() {
    let host = host().await;
    let put = |content_type, body: &[u8]| {
        let path = "/admin/host/functionkeys/mine";
        let request = Request { path, host: "h:1", content_type: Some(content_type), query: &[], body };
        let response = handle(&host, &Ask { method: "PUT", key: Some("m"), request }).unwrap();
        let value = || parsed(&response)["value"].as_str().unwrap().to_owned();
        if matches!(response.status, 200 | 201) { Ok(value()) } else { Err(response.status) }
    };
    for (body, expected) in [
        (r#"{"value": "a"} x"#, Ok("a")),
        (r#"{"Value": "a", "value": "b"}"#, Ok("b")),
        (r#"{"value": "2024-01-01T00:00:00Z"}"#, Ok("2024-01-01T00:00:00Z")),
        (r#"{"value": true}"#, Ok("true")),
        (r#"{"value": 1.0}"#, Ok("1.0")),
        (r#"{"value": 0x1F}"#, Ok("0x1F")),
        (r#"{"value": 12345678901234567890123}"#, Ok("12345678901234567890123")),
        ("/*c*/{'value': 'a',}", Ok("a")),
        (r#"{"value": "a", "VALUE": null}"#, Err(400)),
        (r#"{"value": "a", "name": {}}"#, Err(400)),
        (r#"{"value": undefined}"#, Err(400)),
        (&format!(r#"{{"value": "a", "x": {}1{}}}"#, "[".repeat(32), "]".repeat(32)), Err(400)),
        ("[]", Err(400)),
        ("", Err(400)),
    ] {
        assert_eq!(put("application/json", body.as_bytes()), expected.map(str::to_owned), "{body}");
    }
    let body = br#"{"value": "a"}"#;
    let wide: Vec<u8> = body.iter().flat_map(|&byte| [byte, 0]).collect();
    for (content_type, body, expected) in [
        ("application/json; charset=\"UTF-8\"", &body[..], Ok("a")),
        ("application/json; charset=utf-16", &wide, Ok("a")),
        ("application/json; charset=utf-16", body, Err(400)),
        ("application/json; charset=latin1", body, Err(415)),
    ] {
        assert_eq!(put(content_type, body), expected.map(str::to_owned), "{content_type}");
    }
    let status = |method, path, body| status(&host, &ask(method, path, Some("m"), body));
    assert_eq!(status("POST", "/admin/functions/Man", r#"{"input": "a"} x"#), Some(202));
    assert_eq!(status("POST", "/admin/functions/Man", r#"{"Input": 1, "input": {}}"#), Some(400));
    assert_eq!(status("PUT", "/admin/host/state", r#""running" x"#), Some(200));
}

#[tokio::test]
async fn keys_of_a_function_need_no_readable_function() {
    let host = host().await;
    let keys =
        |name: &str| status(&host, &ask("GET", &format!("/admin/functions/{name}/keys"), Some("m"), "")).unwrap();
    assert_eq!(["Broken", "Faulty", "f", "broken", "Nope", ".."].map(keys), [200, 200, 200, 404, 404, 404]);
    let put = |path: &str, body: &str| status(&host, &ask("PUT", path, Some("m"), body)).unwrap();
    assert_eq!(put("/admin/functions/Nope/keys/k", "{"), 400, "the body is looked at first");
    assert_eq!(put("/admin/functions/Nope/keys/k", r#"{"value": "v"}"#), 404);
    assert_eq!(put("/admin/functions/man/keys/k", r#"{"value": 5}"#), 201);
    assert_eq!(json_of(&host, "/admin/functions/Man/keys")["keys"], json!([{"name": "k", "value": "5"}]));
    let delete = |path: &str| status(&host, &ask("DELETE", path, Some("m"), "")).unwrap();
    assert_eq!((delete("/admin/functions/Nope/keys/_master"), delete("/admin/functions/Nope/keys/k")), (400, 404));
}

#[tokio::test]
async fn a_host_that_does_not_run_refuses_what_needs_it() {
    let host = host_of("{\"version\": \"2.0\"}").await;
    let post = |path: &str, body: &str| status(&host, &ask("POST", path, Some("m"), body)).unwrap();
    assert_eq!(post("/admin/functions/Nope", "{}"), 503);
    assert_eq!(post("/admin/functions/Man", ""), 415);
    assert_eq!((post("/admin/host/synctriggers", ""), post("/admin/host/resume", "")), (503, 409));
    assert_eq!(status(&host, &ask("GET", "/admin/host/config", Some("m"), "")), Some(503));
    assert_eq!(status(&host, &ask("GET", "/runtime/webhooks/x", Some("m"), "")), Some(503));
    assert_eq!(status(&host, &ask("PUT", "/admin/host/state", Some("m"), r#""running""#)), Some(400));
}

#[tokio::test]
async fn the_state_is_set_only_where_it_changes() {
    let host = host().await;
    let put = |body: &str| status(&host, &ask("PUT", "/admin/host/state", Some("m"), body)).unwrap();
    assert_eq!(["\"Running\"", "\"x\"", "null", "{", "\"offline\""].map(put), [200, 400, 400, 400, 202]);
    assert!(host.host.root.join("app_offline.htm").exists());
}

#[tokio::test]
async fn log_entries_must_be_entries() {
    let host = host().await;
    let post = |body: &str| status(&host, &ask("POST", "/admin/host/log", Some("m"), body)).unwrap();
    assert_eq!(["[]", r#"[{"Level": "info", "message": "x"}]"#, r#"[{"level": 3}]"#].map(post), [200; 3]);
    assert_eq!(["{}", "[5]", r#"[{"level": "Information"}]"#, r#"[{"message": []}]"#, "null"].map(post), [400; 5]);
}

#[tokio::test]
async fn functions_are_written_and_emptied() {
    let host = host().await;
    let put = |name: &str, body: &str| {
        handle(&host, &ask("PUT", &format!("/admin/functions/{name}"), Some("m"), body)).unwrap()
    };
    let config = r#"{"bindings": [{"type": "manualTrigger", "name": "input"}]}"#;
    let made = put("New", &format!(r#"{{"config": {config}, "files": {{"run.sh": "echo"}}}}"#));
    assert_eq!(made.status, 201);
    let made = parsed(&made);
    let directory = host.host.root.join("New");
    assert_eq!(made["script_href"], format!("http://h:1/admin/vfs{}/run.sh", directory.display()));
    assert_eq!(put("9bad", "{}").body.concat(), b"9bad is not a valid function name");
    assert_eq!((put("Empty", "{}").status, put("Other", "[]").status), (500, 500));
    assert_eq!(status(&host, &ask("DELETE", "/admin/functions/man", Some("m"), "")), Some(204));
    assert!(host.host.root.join("Man").read_dir().unwrap().next().is_none(), "the directory itself stays");
}

#[tokio::test]
async fn what_is_behind_a_link_is_not_a_function_s_own() {
    let host = host().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("function.json");
    std::fs::copy(host.host.root.join("Man/function.json"), &file).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), host.host.root.join("Link")).unwrap();
    let body = r#"{"config": {"bindings": []}, "files": {"run.sh": "echo"}}"#;
    assert_eq!(status(&host, &ask("PUT", "/admin/functions/Link", Some("m"), body)), Some(500));
    assert!(file.exists() && !elsewhere.path().join("run.sh").exists());
}

#[tokio::test]
async fn the_template_of_a_url_is_in_lower_case() {
    let host = host().await;
    let mut request = ask("GET", "/admin/functions/F", Some("m"), "");
    request.request.host = "Example:1";
    let function = parsed(&handle(&host, &request).unwrap());
    assert_eq!(function["invoke_url_template"], "http://example:1/api/items/{id}");
    assert_eq!(function["href"], "http://Example:1/admin/functions/F");
}

#[tokio::test]
async fn files_outside_the_app_are_refused() {
    let host = host().await;
    let root = host.host.root.display().to_string();
    assert_eq!(status(&host, &ask("GET", &format!("/admin/vfs{root}/host.json"), Some("m"), "")), Some(200));
    assert_eq!(status(&host, &ask("GET", &format!("/admin/vfs{root}/../secrets/host.json"), Some("m"), "")), Some(403));
    assert_eq!(status(&host, &ask("GET", "/admin/vfs/etc/passwd", Some("m"), "")), Some(403));
}

#[tokio::test]
async fn draining_shows_in_its_status() {
    let host = host().await;
    let state = || json_of(&host, "/admin/host/drain/status")["state"].clone();
    let resume = || status(&host, &ask("POST", "/admin/host/resume", Some("m"), ""));
    let mut states = host.host.states();
    assert_eq!((state(), resume()), (json!("Disabled"), Some(200)));
    assert_eq!(status(&host, &ask("POST", "/admin/host/drain", Some("m"), "")), Some(202));
    assert_eq!(state(), "Completed");
    assert!(!states.has_changed().unwrap(), "a host that was not drained goes on");
    assert_eq!((resume(), state()), (Some(200), json!("Disabled")));
    let starting_anew = tokio::time::timeout(Duration::from_secs(RESTART_LIMIT_SECONDS), states.changed());
    starting_anew.await.expect("a host that was drained starts anew").unwrap();
}
