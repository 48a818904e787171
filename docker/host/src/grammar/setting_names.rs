//! `%NAME%` in a text that names settings.

/// Replaces every `%name%` by a setting. A percent sign without a partner is kept.
///
/// # Errors
/// In the words of the real host, when there is no such setting (recording TX-timer-missing-setting).
pub fn expand<'a>(text: &str, setting: impl Fn(&str) -> Option<&'a str>) -> Result<String, String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        resolved.push_str(before);
        let Some((name, after)) = after.split_once('%') else {
            resolved.push('%');
            rest = after;
            continue;
        };
        let value = setting(name).ok_or_else(|| format!("'%{name}%' does not resolve to a value."))?;
        resolved.push_str(value);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_replace_percent_names() {
        let settings = |name: &str| name.eq_ignore_ascii_case("q").then_some("orders");
        assert_eq!(expand("a-%q%-%Q%", settings).as_deref(), Ok("a-orders-orders"));
        assert_eq!(expand("100%", settings).as_deref(), Ok("100%"));
        assert_eq!(expand("%NOPE%", settings), Err("'%NOPE%' does not resolve to a value.".to_owned()));
    }
}
