//! Names of queues.

/// The longest name a queue may have.
pub const LIMIT: usize = 63;

/// 3 to 63 lower-case letters, digits and single hyphens, letter or digit first and last.
pub fn check(name: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let fits = (3..=LIMIT).contains(&name.len())
        && name.chars().all(|letter| is_plain(letter) || letter == '-')
        && name.starts_with(is_plain)
        && name.ends_with(is_plain)
        && !name.contains("--");
    let reason =
        "A queue name must be 3 to 63 letters, digits and single hyphens, and begin and end with a letter or digit.";
    fits.then(|| name.to_owned()).ok_or_else(|| format!("The queue name '{name}' is not valid. {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_names_are_checked() {
        assert_eq!(check("test-input").as_deref(), Ok("test-input"));
        for name in ["", "ab", "a--b", "-ab", "ab-", "a_b", "Ab-c", &"a".repeat(64)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
