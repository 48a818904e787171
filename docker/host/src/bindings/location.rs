//! Where a binding's data lies: the name of a queue, the container and name of a blob. Pure.

use chrono::NaiveDateTime;

use super::expression::{self, resolve};
use crate::app::{Binding, Diagnostic, Settings};
use crate::envelope::data::BindingData;
use crate::grammar::expression::Template;
use crate::grammar::queue_name;

pub fn queue(
    binding: &Binding,
    settings: &Settings,
    data: &BindingData,
    now: &NaiveDateTime,
) -> Result<String, Diagnostic> {
    let name = resolved(binding, "queueName", filling(settings, data, now))?.to_lowercase();
    Ok(queue_name::check(&name)?)
}

/// Container and name of a binding's blob in one invocation.
pub fn blob(
    binding: &Binding,
    settings: &Settings,
    data: &BindingData,
    now: &NaiveDateTime,
) -> Result<(String, String), Diagnostic> {
    let path = resolved(binding, "path", filling(settings, data, now))?;
    match path.split_once('/') {
        Some((container, name)) if !container.is_empty() && !name.is_empty() => {
            Ok((container.to_owned(), name.to_owned()))
        }
        _ => {
            Err(Diagnostic::of_whole(format!("`{path}` is not the path of a blob"))
                .hint("give `path` as `container/name`"))
        }
    }
}

/// Fills in the settings and the expressions of a text in one invocation.
fn filling<'a>(
    settings: &'a Settings,
    data: &'a BindingData,
    now: &'a NaiveDateTime,
) -> impl Fn(&str) -> Result<String, expression::Error> + 'a {
    move |text| resolve(&Template::parse(&settings.expand(text)?)?, data, now)
}

fn resolved(
    binding: &Binding,
    key: &str,
    fill: impl Fn(&str) -> Result<String, expression::Error>,
) -> Result<String, Diagnostic> {
    let text = binding.text(key).unwrap_or_default();
    fill(&text).map_err(|reason| {
        Diagnostic::of_whole(format!("binding `{}`: `{key}` is `{text}`: {reason}", binding.name))
            .hint("names in braces are properties of a JSON trigger value, parts of its path, or the host's own")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Direction;
    use serde_json::json;

    fn binding(key: &str, value: &str) -> Binding {
        Binding {
            place: "bindings[0]".to_owned(),
            name: "b".to_owned(),
            kind: crate::app::BindingKind::BlobTrigger,
            type_name: "blobTrigger".to_owned(),
            direction: Direction::In,
            data_type: None,
            takes_many: false,
            connection: None,
            raw: json!({ key: value }).as_object().unwrap().clone(),
        }
    }

    #[test]
    fn a_blob_has_a_container_and_a_name() {
        let now = NaiveDateTime::default();
        let at = |path: &str| blob(&binding("path", path), &Settings::default(), &BindingData::default(), &now);
        assert_eq!(at("c/d/e").unwrap(), ("c".to_owned(), "d/e".to_owned()));
        assert!(at("c").is_err());
        assert!(at("c/").is_err());
        assert!(at("c/{x}").unwrap_err().message.contains("`c/{x}`: No value for named parameter 'x'."));
    }
}
