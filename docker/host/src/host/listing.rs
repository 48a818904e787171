//! The functions of an app, printed at the start as Core Tools does.

use crate::app::{App, LoadedFunction, is_by_hand};
use crate::grammar::route;
use crate::log::Record;

pub fn records(app: &App, base_url: &str) -> Vec<Record> {
    let record = |function: LoadedFunction| Record::FunctionDiscovered {
        function: function.name.clone(),
        trigger: function.trigger.type_name.clone(),
        methods: function.http.as_ref().and_then(|http| http.methods.clone()).unwrap_or_default(),
        url: function.http.as_ref().map(|http| url(app, &http.route, base_url)),
        disabled: function.disabled,
    };
    app.loaded().map(record).collect()
}

/// One line for each loaded function: methods and URL of those that have one, the trigger's type of the others.
pub fn listing(app: &App, base_url: &str) -> String {
    let functions: Vec<_> = app.loaded().collect();
    if app.leaves_out_all() {
        return "\nNo functions: the list `functions`, or `--functions`, leaves them all out\n\n".to_owned();
    }
    if functions.is_empty() {
        return "\nNo functions: no folder of the app holds a function.json that can be loaded, and host.json has no usable `customHandler.http.routes`\n\n"
            .to_owned();
    }
    let mut text = String::from("\nFunctions:\n\n");
    for function in &functions {
        text.push_str(&format!("\t{}: {}\n\n", function.name, line(app, function, base_url)));
    }
    text
}

fn line(app: &App, function: &LoadedFunction, base_url: &str) -> String {
    let disabled = if function.disabled { " (disabled)" } else { "" };
    let Some(http) = &function.http else {
        let kind = &function.trigger.type_name;
        let by_hand = if is_by_hand(kind) { " (by hand only)" } else { "" };
        return format!("{kind}{by_hand}{disabled}");
    };
    let methods = http.methods.as_ref().map(|methods| format!("[{}] ", methods.join(",").to_uppercase()));
    format!("{}{}{disabled}", methods.unwrap_or_default(), url(app, &http.route, base_url))
}

fn url(app: &App, route: &str, base_url: &str) -> String {
    let path = route::full(&app.options.http.route_prefix, route);
    format!("{base_url}/{}", path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_listed_with_methods_and_urls() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("host.json", r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "x"}}}"#);
        write(
            "Hello/function.json",
            r#"{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req", "methods": ["get"], "route": "hi/{name}"},
               {"type": "http", "direction": "out", "name": "res"}]}"#,
        );
        write(
            "Tick/function.json",
            r#"{"bindings": [{"type": "timerTrigger", "direction": "in", "name": "t", "schedule": "0 0 3 * * *"}]}"#,
        );
        let app = crate::app::load(root.path(), &std::iter::empty::<(String, String)>().collect());
        assert_eq!(
            listing(&app, "http://127.0.0.1:7071"),
            "\nFunctions:\n\n\tHello: [GET] http://127.0.0.1:7071/api/hi/{name}\n\n\tTick: timerTrigger\n\n"
        );
    }
}
