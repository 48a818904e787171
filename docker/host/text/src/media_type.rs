//! Media types as .NET's HTTP library parses them.

/// The type and subtype of a `Content-Type`, if the whole of it is well formed: of two headers joined by a comma, or with
/// parameters that are none, nothing is known (recording DX-body-badtype).
pub fn of(content_type: &str) -> Option<String> {
    let (kind, rest) = token(content_type)?;
    let (subtype, rest) = token(blanks(blanks(rest).strip_prefix('/')?))?;
    let rest = blanks(rest);
    let is_sound = match rest.strip_prefix(';') {
        Some(parameters) => are_parameters(parameters),
        None => rest.is_empty(),
    };
    is_sound.then(|| format!("{kind}/{subtype}"))
}

/// `name`, `name=token` or `name="text"`, separated by semicolons; there is at least one.
fn are_parameters(mut text: &str) -> bool {
    loop {
        let Some(rest) = after_parameter(blanks(text)).map(blanks) else { return false };
        match rest.strip_prefix(';') {
            Some(more) => text = more,
            None => return rest.is_empty(),
        }
    }
}

fn after_parameter(text: &str) -> Option<&str> {
    let (_, rest) = token(text)?;
    let Some(value) = blanks(rest).strip_prefix('=').map(blanks) else { return Some(rest) };
    if value.starts_with('"') { after_quoted(value) } else { token(value).map(|(_, rest)| rest) }
}

fn after_quoted(text: &str) -> Option<&str> {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(&text[at + 1..]),
            _ => {}
        }
    }
    None
}

/// A token and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    let length = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    (length > 0).then(|| text.split_at(length))
}

fn blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_types() {
        for (content_type, expected) in [
            ("text/plain", "text/plain"),
            ("text / plain ", "text/plain"),
            ("Text/Plain; charset=utf-8", "Text/Plain"),
            ("a/b ; c ; d = e;f=\"g;,\\\" h\" ", "a/b"),
            ("application/vnd.x+json", "application/vnd.x+json"),
        ] {
            assert_eq!(of(content_type).as_deref(), Some(expected), "{content_type}");
        }
    }

    #[test]
    fn malformed_types() {
        for content_type in [
            "",
            "nonsense",
            "a/",
            "/b",
            "a/b c",
            "a/b,a/b",
            "a/b;",
            "a/b; ",
            "a/b; c=",
            "a/b; =d",
            "a/b; c=d e",
            "a/b; c=\"d",
            "ä/b",
        ] {
            assert_eq!(of(content_type), None, "{content_type}");
        }
    }
}
