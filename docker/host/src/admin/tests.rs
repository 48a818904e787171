//! The endpoints through their public face, on a host that only remembers what it was asked to do.

use std::path::Path;
use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::app;

struct Remembering {
    app: Arc<App>,
    keys: Keys,
    settings: Settings,
    asked: Mutex<Vec<String>>,
    drained: Mutex<bool>,
    _directory: tempfile::TempDir,
}

impl Operator for Remembering {
    fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }
    fn keys(&self) -> &Keys {
        &self.keys
    }
    fn settings(&self) -> &Settings {
        &self.settings
    }
    fn state(&self) -> &str {
        "Running"
    }
    fn errors(&self) -> Vec<String> {
        Vec::new()
    }
    fn uptime_milliseconds(&self) -> u64 {
        7
    }
    fn is_drained(&self) -> bool {
        *self.drained.lock().unwrap()
    }
    fn drain(&self, drained: bool) {
        *self.drained.lock().unwrap() = drained;
    }
    fn outstanding_invocations(&self) -> usize {
        0
    }
    fn invoke(&self, function: &Arc<Function>, input: Option<String>) {
        self.asked.lock().unwrap().push(format!("{} {input:?}", function.name));
    }
    fn restart(&self) {
        self.asked.lock().unwrap().push("restart".to_owned());
    }
    fn log_error(&self, message: &str) {
        self.asked.lock().unwrap().push(message.to_owned());
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn host() -> Remembering {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("app");
    write(
        &root.join("host.json"),
        r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "x"}}}"#,
    );
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
    let settings: Settings = [
        ("AzureWebJobsSecretStorageType".to_owned(), "files".to_owned()),
        ("FUNCTIONS_SECRETS_PATH".to_owned(), secrets.display().to_string()),
        ("AzureFunctionsWebHost__hostid".to_owned(), "me".to_owned()),
    ]
    .into_iter()
    .collect();
    Remembering {
        app: Arc::new(app::load(&root, &settings)),
        keys: Keys::new(&settings),
        settings,
        asked: Mutex::default(),
        drained: Mutex::default(),
        _directory: directory,
    }
}

fn ask<'a>(method: &'a str, path: &'a str, key: Option<&'a str>, body: &'a str) -> Request<'a> {
    let content_type = (!body.is_empty()).then_some("application/json; charset=utf-8");
    Request { method, path, scheme: "http", host: "h:1", content_type, key, body: body.as_bytes() }
}

fn status(host: &Remembering, request: &Request<'_>) -> Option<u16> {
    handle(host, request).map(|reply| reply.status)
}

fn json_of(host: &Remembering, path: &str) -> Value {
    serde_json::from_slice(&handle(host, &ask("GET", path, Some("m"), "")).unwrap().body).unwrap()
}

#[test]
fn only_the_master_key_opens_an_endpoint() {
    let host = host();
    let get = |key| handle(&host, &ask("GET", "/admin/host/status", key, "")).unwrap();
    assert_eq!((get(None).status, get(None).headers.len()), (401, 1));
    assert_eq!(get(Some("wrong")).headers, [("WWW-Authenticate", "Bearer".to_owned())]);
    assert_eq!((get(Some("h")).status, get(Some("h")).headers.len()), (403, 0));
    assert_eq!(get(Some("m")).status, 200);
    assert_eq!(status(&host, &ask("GET", "/ADMIN/Host/Ping/", None, "")), Some(200));
    assert_eq!(handle(&host, &ask("GET", "/admin/vfs/x", None, "")), Some(Reply::empty(401)));
}

#[test]
fn what_is_no_endpoint_is_left_to_functions() {
    let host = host();
    for (method, path) in
        [("HEAD", "/admin/host/ping"), ("GET", "/admin/nothing"), ("POST", "/admin/host/status"), ("GET", "/api/F")]
    {
        assert_eq!(handle(&host, &ask(method, path, Some("m"), "")), None, "{method} {path}");
    }
}

#[test]
fn the_status_has_the_fields_of_the_real_host() {
    let value = json_of(&host(), "/admin/host/status");
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

#[test]
fn functions_are_listed_faulty_ones_included() {
    let host = host();
    let list = json_of(&host, "/admin/functions");
    let names: Vec<_> = list.as_array().unwrap().iter().map(|function| function["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["F", "Faulty", "Man"]);
    assert_eq!(list[0]["invoke_url_template"], "https://localhost/api/items/{id}");
    assert_eq!(json_of(&host, "/admin/functions/f")["href"], "http://h:1/admin/functions/F");
    assert_eq!(json_of(&host, "/admin/functions/F/status"), json!({}));
    assert!(json_of(&host, "/admin/functions/Broken/status")["errors"].is_array());
    assert_eq!(status(&host, &ask("GET", "/admin/functions/Broken", Some("m"), "")), Some(404));
}

#[test]
fn a_function_runs_by_hand() {
    let host = host();
    let post = |name: &str, body: &str| {
        status(&host, &ask("POST", &format!("/admin/functions/{name}"), Some("m"), body)).unwrap()
    };
    let bodies = [r#"{"Input": "x"}"#, r#"{"input": 5}"#, r#"{"input": true}"#, "{}"];
    assert_eq!(bodies.map(|body| post("MAN", body)), [202; 4]);
    assert_eq!(["[]", "null", "{", r#"{"input": {}}"#].map(|body| post("Man", body)), [400; 4]);
    assert_eq!((post("Man", ""), post("Nope", "{}"), post("Faulty", "{}")), (415, 404, 404));
    assert_eq!(*host.asked.lock().unwrap(), ["Man Some(\"x\")", "Man Some(\"5\")", "Man Some(\"true\")", "Man None"]);
}

#[test]
fn keys_are_listed_set_and_removed() {
    let host = host();
    let put = |path: &str, body: &str| handle(&host, &ask("PUT", path, Some("m"), body)).unwrap();
    let made = put("/admin/host/functionkeys/mine", r#"{"name": "mine", "value": "v"}"#);
    assert_eq!(made.status, 201);
    assert_eq!(made.headers.last(), Some(&("Location", "http://h:1/admin/host/functionkeys/mine".to_owned())));
    assert_eq!(put("/admin/host/functionkeys/mine", r#"{"value": "w"}"#).status, 200);
    assert_eq!(put("/admin/host/functionkeys/mine", "{").body, b"Invalid key value");
    assert_eq!(json_of(&host, "/admin/host/keys")["keys"][1], json!({"name": "mine", "value": "w"}));
    let delete = |path: &str| status(&host, &ask("DELETE", path, Some("m"), "")).unwrap();
    assert_eq!((delete("/admin/host/keys/mine"), delete("/admin/host/keys/mine")), (204, 404));
    assert_eq!(delete("/admin/host/systemkeys/_master"), 400);
    assert_eq!(status(&host, &ask("GET", "/admin/functions/Nope/keys", Some("m"), "")), Some(404));
}

#[test]
fn files_outside_the_app_are_refused() {
    let host = host();
    let root = host.app.root.display().to_string();
    assert_eq!(status(&host, &ask("GET", &format!("/admin/vfs{root}/host.json"), Some("m"), "")), Some(200));
    assert_eq!(status(&host, &ask("GET", &format!("/admin/vfs{root}/../secrets/host.json"), Some("m"), "")), Some(403));
    assert_eq!(status(&host, &ask("GET", "/admin/vfs/etc/passwd", Some("m"), "")), Some(403));
}

#[test]
fn draining_shows_in_its_status() {
    let host = host();
    let state = || json_of(&host, "/admin/host/drain/status")["state"].clone();
    assert_eq!(state(), "Disabled");
    assert_eq!(status(&host, &ask("POST", "/admin/host/drain", Some("m"), "")), Some(202));
    assert_eq!(state(), "Completed");
    assert_eq!(status(&host, &ask("POST", "/admin/host/resume", Some("m"), "")), Some(200));
    assert_eq!(state(), "Disabled");
}
