//! What the fuzz targets in `fuzz` call: each takes what anybody may have written, and must not panic.

use std::cell::OnceCell;

use tempfile::TempDir;

use crate::app::{self, Settings};
use crate::envelope::invocation_result::{Verdict, judge};
use crate::envelope::outputs::{OutputBinding, convert};
use crate::envelope::response::response;
use crate::grammar::route::Template;

const HOST_JSON: &str = r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "x"}}}"#;

thread_local! {
    static FOLDER: OnceCell<Option<TempDir>> = const { OnceCell::new() };
}

/// The body of a result in default mode, through to the response that a caller would get.
pub fn result(body: &[u8]) {
    let output = |name, kind| OutputBinding { name, kind, binary: false };
    for bindings in [[output("res", "http"), output("msg", "queue")], [output("$return", "http"), output("a", "blob")]]
    {
        let Ok(Verdict::Completes(result)) = judge(200, Some(b"application/json"), body) else { return };
        if let Ok(outputs) = convert(result, &bindings, false) {
            _ = response(outputs.http, Some("text/xml, application/json"));
        }
    }
}

/// A host.json, beside a function.json that says nothing.
pub fn host_json(text: &[u8]) {
    load(&[("host.json", text), ("F/function.json", b"{}")]);
}

/// A function.json, beside a host.json in order.
pub fn function_json(text: &[u8]) {
    load(&[("host.json", HOST_JSON.as_bytes()), ("F/function.json", text)]);
}

/// A route template, and a path that is held against it.
pub fn route(template: &str, path: &str) {
    if let Ok(template) = Template::parse(template) {
        _ = template.matches(path);
    }
}

fn load(files: &[(&str, &[u8])]) {
    FOLDER.with(|folder| {
        let Some(folder) = folder.get_or_init(|| tempfile::tempdir().ok()) else { return };
        let is_written = std::fs::create_dir_all(folder.path().join("F")).is_ok()
            && files.iter().all(|(name, text)| std::fs::write(folder.path().join(name), text).is_ok());
        if is_written {
            _ = app::load(folder.path(), &Settings::default());
        }
    });
}
