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
    /// The pattern of a trigger's `path`, its settings filled in; one without a slash is for every blob of the container. Errors
    /// are looked for in the order of the real host (recordings PX2-blob-path-*).
    pub fn parse(path: &str) -> Result<Self, Error> {
        let (container, name) = path.split_once('/').map_or((path, None), |(container, name)| (container, Some(name)));
        if name.is_some_and(|name| name.is_empty() || container.is_empty()) || container.contains('\\') {
            return Err(Error::BlobPath(path.to_owned()));
        }
        if container.contains('{') {
            return Err(Error::Container(path.to_owned()));
        }
        let template = Template::parse(path)?;
        let pattern = name.map(|_| capturing(&template)).transpose()?;
        // Where there are expressions the real host does not look, asks storage for the container and ends when that refuses.
        if !is_container(container) {
            return Err(Error::ContainerName(container.to_owned()));
        }
        if let Some(name) = name.filter(|name| name.contains('\\') && template.literal().is_some()) {
            return Err(Error::BlobName(name.to_owned()));
        }
        Ok(Self { container: container.to_owned(), pattern })
    }

    /// The values of the pattern's names in a blob's name, if it fits. As much as possible goes to the first name.
    pub fn captures(&self, blob: &str) -> Option<Vec<(String, String)>> {
        let Some(pattern) = &self.pattern else { return Some(Vec::new()) };
        let path = format!("{}/{blob}", self.container);
        let captures = pattern.captures(&path)?;
        let named = pattern.capture_names().flatten();
        Some(named.filter_map(|name| Some((name.to_owned(), captures.name(name)?.as_str().to_owned()))).collect())
    }
}

/// 3 to 63 lower-case letters, digits and hyphens, neither first nor last a hyphen; or one of the two with names of their own.
fn is_container(name: &str) -> bool {
    let is_plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let fits = (3..=63).contains(&name.len())
        && name.chars().all(|character| is_plain(character) || character == '-')
        && name.starts_with(is_plain)
        && name.ends_with(is_plain);
    fits || name == "$root" || name == "$logs"
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
        assert_eq!(captures("inn/{name}", "a/b.txt"), pairs(&[("name", "a/b.txt")]));
        assert_eq!(captures("inn/{name}.{ext}", "a.b.c"), pairs(&[("name", "a.b"), ("ext", "c")]));
        assert_eq!(captures("inn/{name}.txt", "a.bin"), None);
        assert_eq!(captures("inn/x+y.txt", "x+y.txt"), pairs(&[]));
        assert_eq!(captures("inn/x.txt", "x_txt"), None);
        assert_eq!(captures("inn", "anything"), pairs(&[]));
        assert_eq!(captures("inn/{{{name}}}", "{x}"), pairs(&[("name", "x")]));
    }

    #[test]
    fn a_path_that_names_no_container_is_refused_in_the_words_of_the_real_host() {
        for (path, words) in [
            ("", "Invalid container name: "),
            ("Upper", "Invalid container name: Upper"),
            ("Upper/{name}", "Invalid container name: Upper"),
            ("a_b/x", "Invalid container name: a_b"),
            ("/c/{n}", "path '/c/{n}'. Paths must be in the format 'container/blob'."),
            ("inn/", "Paths must be in the format"),
            ("/", "Paths must be in the format"),
            ("a\\b", "Paths must be in the format"),
            ("{filename}", "path '{filename}'. Container paths cannot contain {resolve} tokens."),
            ("in{c}/x", "cannot contain {resolve} tokens"),
            ("c/{n", "Invalid template 'c/{n'. Missing closing bracket at position 3."),
            ("inn/a\\b", "illegal characters"),
            ("inn/{a.b}", "dot operators"),
        ] {
            let error = BlobPattern::parse(path).unwrap_err().to_string();
            assert!(error.contains(words), "{path}: {error}");
        }
        assert!(BlobPattern::parse("$root/{n}").is_ok());
    }
}
