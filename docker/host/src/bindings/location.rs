//! Where a binding's data lies: the name of a queue, the container and name of a blob. Pure.

use chrono::NaiveDateTime;
use regex::Regex;

use super::expression::{Template, Token, with_settings};
use crate::app::{Binding, Settings};
use crate::invocation::answer::Failure;
use crate::invocation::data::BindingData;

/// The longest name a queue may have.
pub const QUEUE_NAME_LIMIT: usize = 63;

/// The name of a binding's queue in one invocation.
///
/// # Errors
/// When the binding has no `queueName`, an expression in it has no value, or what comes out is no name of a queue.
pub fn queue(
    binding: &Binding,
    settings: &Settings,
    data: &BindingData,
    now: &NaiveDateTime,
) -> Result<String, Failure> {
    let name = resolved(binding, "queueName", settings, data, now)?.to_lowercase();
    queue_name(&name).map_err(Failure::new)
}

/// The name of a trigger's queue: only settings stand for something in it.
///
/// # Errors
/// In the words of the real host, as a reason why the function is not loaded.
pub fn trigger_queue(binding: &Binding, settings: &Settings) -> Result<String, String> {
    queue_name(&with_settings(binding.text("queueName").unwrap_or_default(), settings)?.to_lowercase())
}

/// Container and name of a binding's blob in one invocation.
///
/// # Errors
/// When the binding has no `path`, an expression in it has no value, or it names no blob.
pub fn blob(
    binding: &Binding,
    settings: &Settings,
    data: &BindingData,
    now: &NaiveDateTime,
) -> Result<(String, String), Failure> {
    let path = resolved(binding, "path", settings, data, now)?;
    match path.split_once('/') {
        Some((container, name)) if !container.is_empty() && !name.is_empty() => {
            Ok((container.to_owned(), name.to_owned()))
        }
        _ => Err(Failure::new(format!("`{path}` is not the path of a blob")).hint("give `path` as `container/name`")),
    }
}

/// What blobs a trigger is for: those of one container whose names fit a pattern such as `{name}.txt`.
#[derive(Debug, Clone)]
pub struct BlobPattern {
    /// The container.
    pub container: String,
    pattern: Option<Regex>,
}

impl BlobPattern {
    /// The pattern of a trigger's `path`; one without a slash is for every blob of the container.
    ///
    /// # Errors
    /// As a reason why the function is not loaded.
    pub fn of_trigger(binding: &Binding, settings: &Settings) -> Result<Self, String> {
        let path = with_settings(binding.text("path").unwrap_or_default(), settings)?;
        let (container, name) = path.split_once('/').unwrap_or((&path, ""));
        if container.is_empty() || Template::parse(container)?.literal().is_none() {
            return Err(format!("Invalid blob trigger path '{path}'. Container paths must be simple names."));
        }
        let pattern = if name.is_empty() { None } else { Some(capturing(&Template::parse(name)?)?) };
        Ok(Self { container: container.to_owned(), pattern })
    }

    /// The values of the pattern's names in a blob's name, if it fits. As much as possible goes to the first name.
    #[must_use]
    pub fn captures(&self, blob: &str) -> Option<Vec<(String, String)>> {
        let Some(pattern) = &self.pattern else { return Some(Vec::new()) };
        let captures = pattern.captures(blob)?;
        let named = pattern.capture_names().flatten();
        Some(named.filter_map(|name| Some((name.to_owned(), captures.name(name)?.as_str().to_owned()))).collect())
    }
}

fn resolved(
    binding: &Binding,
    key: &str,
    settings: &Settings,
    data: &BindingData,
    now: &NaiveDateTime,
) -> Result<String, Failure> {
    let text = binding.text(key).unwrap_or_default();
    let resolve = || Template::parse(&with_settings(text, settings)?)?.resolve(data, now);
    resolve().map_err(|reason| {
        Failure::new(format!("binding `{}`: `{key}` is `{text}`: {reason}", binding.name))
            .hint("names in braces are properties of a JSON trigger value, parts of its path, or the host's own")
    })
}

/// 3 to 63 lower-case letters, digits and single hyphens, letter or digit first and last.
fn queue_name(name: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let fits = (3..=QUEUE_NAME_LIMIT).contains(&name.len())
        && name.chars().all(|letter| is_plain(letter) || letter == '-')
        && name.starts_with(is_plain)
        && name.ends_with(is_plain)
        && !name.contains("--");
    let reason =
        "A queue name must be 3 to 63 letters, digits and single hyphens, and begin and end with a letter or digit.";
    fits.then(|| name.to_owned()).ok_or_else(|| format!("The queue name '{name}' is not valid. {reason}"))
}

fn capturing(template: &Template) -> Result<Regex, String> {
    let mut pattern = String::from("^");
    for token in &template.tokens {
        match token {
            Token::Literal(text) => pattern.push_str(&regex::escape(text)),
            Token::Expression(expression) => match expression.parts.as_slice() {
                [name] => pattern.push_str(&format!("(?<{name}>.*)")),
                _ => return Err("Capture expressions can't include dot operators".to_owned()),
            },
        }
    }
    pattern.push('$');
    Regex::new(&pattern).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Cardinality, Direction};
    use serde_json::json;

    fn binding(key: &str, value: &str) -> Binding {
        Binding {
            name: "b".to_owned(),
            kind: "blobTrigger".to_owned(),
            direction: Direction::In,
            data_type: None,
            cardinality: Cardinality::One,
            connection: None,
            raw: json!({ key: value }).as_object().unwrap().clone(),
        }
    }

    fn captures(path: &str, blob: &str) -> Option<Vec<(String, String)>> {
        BlobPattern::of_trigger(&binding("path", path), &Settings::default()).unwrap().captures(blob)
    }

    #[test]
    fn patterns_give_their_names_values() {
        let pairs = |pairs: &[(&str, &str)]| {
            Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
        };
        assert_eq!(captures("in/{name}", "a/b.txt"), pairs(&[("name", "a/b.txt")]));
        assert_eq!(captures("in/{name}.{ext}", "a.b.c"), pairs(&[("name", "a.b"), ("ext", "c")]));
        assert_eq!(captures("in/{name}.txt", "a.bin"), None);
        assert_eq!(captures("in/x+y.txt", "x+y.txt"), pairs(&[]));
        assert_eq!(captures("in/x.txt", "x_txt"), None);
        assert_eq!(captures("in", "anything"), pairs(&[]));
        assert_eq!(captures("in/{{{name}}}", "{x}"), pairs(&[("name", "x")]));
    }

    #[test]
    fn a_trigger_names_one_container() {
        let refused = |path: &str| BlobPattern::of_trigger(&binding("path", path), &Settings::default()).unwrap_err();
        assert!(refused("{c}/x").contains("simple names"));
        assert!(refused("/x").contains("simple names"));
        assert!(refused("in/{a.b}").contains("dot operators"));
        assert_eq!(refused("%P%/x"), "'%P%' does not resolve to a value.");
    }

    #[test]
    fn queue_names_are_lowered_and_checked() {
        let named = |name: &str| trigger_queue(&binding("queueName", name), &Settings::default());
        assert_eq!(named("Test-Input").as_deref(), Ok("test-input"));
        for name in ["", "ab", "a--b", "-ab", "ab-", "a_b", &"a".repeat(64)] {
            assert!(named(name).is_err(), "{name}");
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
