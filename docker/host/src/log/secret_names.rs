//! The names under which secrets stand, as patterns.

use std::sync::LazyLock;

use regex::Regex;

/// Headers whose values are secret: keys, and who the caller is.
pub const HEADERS: &str = "aeg-sas-key|aeg-sas-token|api-key|authorization|cookie|ocp-apim-subscription-key|proxy-authorization|set-cookie|\
                           x-api-key|x-auth-token|x-csrf-token|x-functions-key|x-identity-header|x-ms-auth-token|\
                           x-ms-client-principal[\\w-]*|x-ms-site-restricted-token|x-ms-token[\\w-]*|x-zumo-auth";
/// Parts of connection strings.
pub const SETTINGS: &str =
    "AccessKey|AccountKey|ClientSecret|Password|Pwd|Secret|SharedAccessKey|SharedAccessSignature";
/// Parameters of addresses, but for `code`, which is also the name of much else.
pub const PARAMETERS: &str = "access_token|client_secret|sig|x-functions-key";

/// What may stand before the name of a part of a connection string: `DB_PASSWORD`, `ConnectionStrings__Pwd`.
pub const PREFIX: &str = r"(?:[\w-]*[_-])?";

static HEADER: LazyLock<Option<Regex>> = LazyLock::new(|| whole(HEADERS));
static MEMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| whole(&format!("{HEADERS}|{PREFIX}(?:{SETTINGS})|{PARAMETERS}|code")));

static SETTING: LazyLock<Option<Regex>> = LazyLock::new(|| whole(".*(?:key|password|pwd|secret|token)"));

fn whole(names: &str) -> Option<Regex> {
    Regex::new(&format!("(?i)^(?:{names})$")).ok()
}

/// Whether the header of this name is secret.
pub fn is_secret(name: &str) -> bool {
    HEADER.as_ref().is_some_and(|pattern| pattern.is_match(name))
}

/// Whether the member of a JSON object is secret that has this name.
pub fn is_secret_member(name: &str) -> bool {
    MEMBER.as_ref().is_some_and(|pattern| pattern.is_match(name))
}

/// Whether an app setting of this name holds a secret as its whole value.
pub fn is_secret_setting(name: &str) -> bool {
    SETTING.as_ref().is_some_and(|pattern| pattern.is_match(name))
}
