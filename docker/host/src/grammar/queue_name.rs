//! Names of queues.

use super::error::Error;

/// The longest name a queue may have.
pub const LIMIT: usize = 63;

/// 3 to 63 lower-case letters, digits and single hyphens, letter or digit first and last.
pub fn check(name: &str) -> Result<String, Error> {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let fits = (3..=LIMIT).contains(&name.len())
        && name.chars().all(|letter| is_plain(letter) || letter == '-')
        && name.starts_with(is_plain)
        && name.ends_with(is_plain)
        && !name.contains("--");
    if fits { Ok(name.to_owned()) } else { Err(Error::QueueName(name.to_owned())) }
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
