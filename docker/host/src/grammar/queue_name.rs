//! Names of queues.

use super::error::Error;

pub const LIMIT: usize = 63;

/// 3 to 63 lower-case letters, digits and single hyphens, letter or digit first and last. Looked at in the order of the real host,
/// with its words (recordings PX2-queue-name-*).
pub fn check(name: &str) -> Result<String, Error> {
    let shown = |rule: &str| Err(Error::QueueName(format!("{rule} - \"{name}\"")));
    if name.is_empty() {
        return Err(Error::QueueName("A queue name can't be null or empty".to_owned()));
    }
    if !(3..=LIMIT).contains(&name.encode_utf16().count()) {
        return shown("A queue name must be from 3 to 63 characters long");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return shown("The dash (-) character may not be the first or last letter");
    }
    let mut before = 'a';
    for character in name.chars() {
        if character.is_uppercase() {
            return shown("Queue names must be all lower case");
        }
        if !character.is_alphanumeric() && character != '-' {
            return shown("A queue name can contain only letters, numbers, and dash(-) characters");
        }
        if character == '-' && before == '-' {
            return Err(Error::QueueName("A queue name cannot contain consecutive dash(-) characters.".to_owned()));
        }
        before = character;
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_names_are_checked_in_the_order_and_words_of_the_real_host() {
        assert_eq!(check("test-input").as_deref(), Ok("test-input"));
        for (name, words) in [
            ("", "null or empty"),
            ("ab", "3 to 63 characters long - \"ab\""),
            (&"a".repeat(64), "3 to 63"),
            ("a--b", "consecutive dash(-) characters. (Parameter 'name')"),
            ("-ab", "first or last letter - \"-ab\""),
            ("ab-", "first or last"),
            ("a_b", "only letters, numbers, and dash"),
            ("Ab-c", "all lower case"),
        ] {
            let error = check(name).unwrap_err().to_string();
            assert!(error.contains(words), "{name}: {error}");
        }
    }
}
