//! Paths of blob triggers: `container/{name}.txt` (protocol.md#blob-trigger).

use regex::Regex;

use super::error::Error;
use super::expression::{Template, Token};

/// What blobs a trigger is for: those of one container whose names fit a pattern such as `{name}.txt`.
#[derive(Debug, Clone)]
pub struct BlobPattern {
    pub container: String,
    pattern: Option<Regex>,
}

impl BlobPattern {
    /// The pattern of a trigger's `path`, its settings filled in; one without a slash is for every blob of the container.
    ///
    /// # Errors
    /// As a reason why the function is not loaded.
    pub fn parse(path: &str) -> Result<Self, Error> {
        let (container, name) = path.split_once('/').unwrap_or((path, ""));
        if container.is_empty() || Template::parse(container)?.literal().is_none() {
            return Err(Error::Container(path.to_owned()));
        }
        let pattern = if name.is_empty() { None } else { Some(capturing(&Template::parse(name)?)?) };
        Ok(Self { container: container.to_owned(), pattern })
    }

    /// The values of the pattern's names in a blob's name, if it fits. As much as possible goes to the first name.
    pub fn captures(&self, blob: &str) -> Option<Vec<(String, String)>> {
        let Some(pattern) = &self.pattern else { return Some(Vec::new()) };
        let captures = pattern.captures(blob)?;
        let named = pattern.capture_names().flatten();
        Some(named.filter_map(|name| Some((name.to_owned(), captures.name(name)?.as_str().to_owned()))).collect())
    }
}

fn capturing(template: &Template) -> Result<Regex, Error> {
    let mut pattern = String::from("^");
    for token in &template.tokens {
        match token {
            Token::Literal(text) => pattern.push_str(&regex::escape(text)),
            Token::Expression(expression) => match expression.parts.as_slice() {
                [name] => pattern.push_str(&format!("(?<{name}>.*)")),
                _ => return Err(Error::Capture),
            },
        }
    }
    pattern.push('$');
    Ok(Regex::new(&pattern)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures(path: &str, blob: &str) -> Option<Vec<(String, String)>> {
        BlobPattern::parse(path).unwrap().captures(blob)
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
        let refused = |path: &str| BlobPattern::parse(path).unwrap_err().to_string();
        assert!(refused("{c}/x").contains("simple names"));
        assert!(refused("/x").contains("simple names"));
        assert!(refused("in/{a.b}").contains("dot operators"));
    }
}
