//! `configurationProfile`: one key for the settings of a whole kind of app (protocol.md#configuration-profiles).

use serde_json::Value;

use dotnet_text::json::text_of;

use super::configuration::JOB_HOST;
use super::options::HostError;
use super::settings::Settings;

const KEY: &str = "configurationProfile";

/// Settings below those of host.json: paths and values.
pub(super) type Defaults = &'static [(&'static str, &'static str)];

const NONE: Defaults = &[];
const CUSTOM_HANDLER: Defaults = &[
    ("customHandler:enableProxyingHttpRequest", "true"),
    ("customHandler:http:routes:0:route", "{*route}"),
    ("extensions:http:routePrefix", ""),
];

/// What the profile of an app sets. The environment's wins over that of the file, where the key counts in this case only
/// (recordings G55b, G68).
pub(super) fn defaults(host_json: &Value, settings: &Settings) -> Result<Defaults, HostError> {
    let from_environment = settings.get(&format!("{JOB_HOST}:{KEY}")).map(str::to_owned);
    let name = from_environment.or_else(|| host_json.get(KEY).and_then(text_of)).unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "" | "default" => Ok(NONE),
        "mcp-custom-handler" | "web-app-custom-handler" => Ok(CUSTOM_HANDLER),
        _ => {
            let text = format!(
                "Configuration profile '{name}' is not supported. Supported values: '', 'default', 'mcp-custom-handler', \
                 'web-app-custom-handler'."
            );
            Err(HostError::script(&text, KEY))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(file: &Value, environment: Option<&str>) -> Option<usize> {
        let name = "AzureFunctionsJobHost__configurationProfile";
        let settings = environment.map(|value| (name, value)).into_iter().collect();
        defaults(file, &settings).ok().map(<[_]>::len)
    }

    #[test]
    fn two_names_set_the_same_and_the_environment_wins() {
        for (file, environment, expected) in [
            (json!({}), None, Some(0)),
            (json!({"configurationProfile": "Default"}), None, Some(0)),
            (json!({"configurationProfile": "MCP-Custom-Handler"}), None, Some(3)),
            (json!({"configurationProfile": "default"}), Some("web-app-custom-handler"), Some(3)),
            (json!({"ConfigurationProfile": "mcp-custom-handler"}), None, Some(0)),
            (json!({"configurationProfile": " default"}), None, None),
            (json!({"configurationProfile": 7}), None, None),
        ] {
            assert_eq!(found(&file, environment), expected, "{file} {environment:?}");
        }
    }
}
