//! The names under which secrets stand.

use std::sync::LazyLock;

use regex::Regex;

/// Headers whose values are secret, as a pattern: keys, and who the caller is.
pub const HEADERS: &str = "authorization|cookie|ocp-apim-subscription-key|proxy-authorization|set-cookie|x-api-key|x-functions-key|\
                           x-ms-auth-token|x-ms-client-principal[\\w-]*|x-ms-token[\\w-]*|x-zumo-auth";

static HEADER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("(?i)^(?:{HEADERS})$")).ok());

pub fn is_secret(name: &str) -> bool {
    HEADER.as_ref().is_some_and(|pattern| pattern.is_match(name))
}
