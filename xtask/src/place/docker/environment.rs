//! The environment of an app in a container.

use anyhow::Result;

use super::base_image::Kind;
use super::run::DockerRun;
use super::sample_image::SampleImage;
use crate::place::environment;
use crate::sample::function_json::FunctionJson;

/// Where hosts listen in the images.
pub const PORT: u16 = 80;

/// The settings of every place, and under another host than ours, that functions are off whose connection is not there:
/// Microsoft's host would try to connect, fail, and print so for ever.
pub fn settings(image: &SampleImage<'_>, run: &DockerRun<'_>, storage: &str) -> Result<Vec<(String, String)>> {
    let sample = image.staged.sample();
    let mut variables = environment::settings(storage, &sample.name);
    if run.base.kind != Kind::StandIn {
        for function in &sample.functions {
            if needs_another_connection(&FunctionJson::read(image.staged.dir(), function)?) {
                variables.push((format!("AzureWebJobs.{function}.Disabled"), "true".to_owned()));
            }
        }
    }
    Ok(variables)
}

/// Whether a function's trigger listens to something else than the storage account.
fn needs_another_connection(function: &FunctionJson) -> bool {
    let connection = function.trigger().and_then(|trigger| trigger.connection.as_deref());
    connection.is_some_and(|name| !["", "Storage", "AzureWebJobsStorage"].contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(function: &str) -> bool {
        needs_another_connection(&serde_json::from_str(function).unwrap())
    }

    #[test]
    fn only_a_trigger_with_a_connection_of_its_own_is_off() {
        let bindings = |trigger: &str| format!(r#"{{"bindings":[{{"type":"queue","connection":"Else"}},{trigger}]}}"#);
        assert!(needs(&bindings(r#"{"type":"someTrigger","connection":"Else"}"#)));
        assert!(!needs(&bindings(r#"{"type":"queueTrigger","connection":"AzureWebJobsStorage"}"#)));
        assert!(!needs(&bindings(r#"{"type":"queueTrigger","connection":""}"#)));
        assert!(!needs(&bindings(r#"{"type":"httpTrigger"}"#)));
    }
}
