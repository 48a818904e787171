//! `%NAME%` in a text.

use std::borrow::Cow;

use super::error::Error;

/// A text that has become so long gets no longer: a short one may name a long setting many times.
const MOST_REPLACED_BYTES: usize = 1 << 20;

/// Replaces every `%name%` by a setting.
///
/// # Errors
/// In the words of the real host, if there is no such setting (recording TX-timer-missing-setting), or a percent sign has no partner
/// (`NameResolverExtensions`).
pub fn expand<'a>(text: &str, setting: impl Fn(&str) -> Option<&'a str>) -> Result<String, Error> {
    let expanded = replace(text, |name| match setting(name) {
        Some(value) => Ok(Some(value.into())),
        None => Err(Error::NoSetting(name.to_owned())),
    })?;
    match text.rfind('%') {
        Some(last) if text.matches('%').count() % 2 == 1 => Err(Error::Unclosed(text[..last].encode_utf16().count())),
        _ => Ok(expanded),
    }
}

/// Replaces every `%name%` for which there is a value. One without a value stays, and its second percent sign may begin the next
/// name, as in .NET's `ExpandEnvironmentVariables`.
pub fn replace<'a, E>(text: &str, mut value: impl FnMut(&str) -> Result<Option<Cow<'a, str>>, E>) -> Result<String, E> {
    let mut replaced = String::new();
    let mut rest = text;
    while replaced.len() < MOST_REPLACED_BYTES
        && let Some((before, after)) = rest.split_once('%')
    {
        replaced.push_str(before);
        let Some((name, behind)) = after.split_once('%') else {
            replaced.push('%');
            rest = after;
            break;
        };
        if let Some(value) = value(name)? {
            replaced.push_str(&value);
            rest = behind;
        } else {
            replaced.push('%');
            rest = after;
        }
    }
    replaced.push_str(rest);
    Ok(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_replace_percent_names() {
        let settings = |name: &str| name.eq_ignore_ascii_case("q").then_some("orders");
        assert_eq!(expand("a-%q%-%Q%", settings), Ok("a-orders-orders".to_owned()));
        assert_eq!(expand("é100%", settings), Err(Error::Unclosed(4)));
        assert_eq!(expand("%q%%q", settings), Err(Error::Unclosed(3)));
        assert_eq!(expand("%NOPE%%q", settings), Err(Error::NoSetting("NOPE".to_owned())));
        let long = "x".repeat(100_000);
        let expanded = expand(&"%a%".repeat(100_000), |_| Some(&long)).unwrap_or_default();
        assert!(expanded.len() < 2 * MOST_REPLACED_BYTES, "{}", expanded.len());
        assert_eq!(expand("%NOPE%", settings), Err(Error::NoSetting("NOPE".to_owned())));
    }

    #[test]
    fn what_has_no_value_stays_and_its_end_may_begin_a_name() {
        let one = |text: &str| replace(text, |name| Ok::<_, ()>((name == "a").then_some("1".into()))).unwrap();
        for (text, expected) in
            [("%b%a%", "%b1"), ("%%a%%", "%1%"), ("%", "%"), ("x%a%y%c%", "x1y%c%"), ("%a%a%", "1a%"), ("", "")]
        {
            assert_eq!(one(text), expected, "{text}");
        }
    }
}
