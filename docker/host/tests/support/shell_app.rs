//! An app with one HTTP function, whose handler is a shell script.

use tempfile::TempDir;

#[allow(dead_code, reason = "not every test writes it anew")]
pub const HOST_JSON: &str = r#"{
  "version": "2.0",
  "customHandler": { "description": { "defaultExecutablePath": "sh", "arguments": ["handler.sh"] } }
}"#;
/// Without a function the handler is not started.
pub const FUNCTION_JSON: &str = r#"{ "bindings": [
  { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" }, { "type": "http", "direction": "out", "name": "res" }
] }"#;

pub fn app(handler: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("Hello")).unwrap();
    for (name, text) in [("host.json", HOST_JSON), ("Hello/function.json", FUNCTION_JSON), ("handler.sh", handler)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}
