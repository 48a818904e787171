//! Apps on disk, read through the public face. Texts of errors are those of the recordings named in protocol.md#discovery-and-names.

use std::time::Duration;

use super::*;
use crate::log::Level;

mod function_json;
mod host_json;
mod routes;
mod settings;
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

fn host_with(members: &str) -> String {
    format!("{}, {members}}}", HOST.trim_end_matches('}').to_owned() + "}}")
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
    assert!(app.functions[0].is_pure_http() && app.functions[0].http_mode(&app.options) == Some(HttpMode::Default));
}
