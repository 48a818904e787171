//! Settings: the environment as .NET's configuration sees it.

use super::table::Table;
use crate::grammar::{self, setting_names};

/// A snapshot of the environment. Names are compared ignoring case, and `__` in a name means `:`, as in the
/// configuration of the real host, so `AzureFunctionsJobHost__version` is found as `azurefunctionsjobhost:version`.
#[derive(Debug, Clone, Default)]
pub struct Settings(Table);

/// App Service spells connection strings as environment variables with these prefixes (.NET's
/// `EnvironmentVariablesConfigurationProvider`).
const CONNECTION_STRING_PREFIXES: [&str; 4] = ["MYSQLCONNSTR_", "SQLAZURECONNSTR_", "SQLCONNSTR_", "CUSTOMCONNSTR_"];

impl Settings {
    /// The value of a setting, with `:` or `__` between the parts of its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&normal(name))
    }

    /// The value of a setting that is there and not empty.
    pub fn get_filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The text with every `%name%` replaced by the setting of that name.
    ///
    /// # Errors
    /// In the words of the real host, when there is no such setting, or it is empty (recording TX-timer-missing-setting).
    pub fn expand(&self, text: &str) -> Result<String, grammar::Error> {
        setting_names::expand(text, |name| self.get_filled(name))
    }

    /// Whether a switch such as `AzureWebJobsDisableHomepage` is on: `1` or `true`, ignoring case.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter()
    }

    /// Every setting below `section`, as (path after `section:`, value), in the order of the names.
    pub fn below<'a>(&'a self, section: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.0.below(&normal(section))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Settings {
    /// Settings from names and values; of two names that are equal but for their case the last one counts.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut table = Table::default();
        for (name, value) in pairs {
            table.set(connection_string_name(normal(&name.into())), value.into());
        }
        Self(table)
    }
}

/// Whether a value refers to a secret: Azure puts that in its place before the host starts.
pub fn is_key_vault_reference(value: &str) -> bool {
    value.trim_start().starts_with("@Microsoft.KeyVault(")
}

fn normal(name: &str) -> String {
    name.replace("__", ":")
}

fn connection_string_name(name: String) -> String {
    let upper = name.to_ascii_uppercase();
    CONNECTION_STRING_PREFIXES
        .iter()
        .find(|prefix| upper.starts_with(*prefix))
        .and_then(|prefix| name.get(prefix.len()..))
        .map(|rest| format!("ConnectionStrings:{rest}"))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        [
            ("AzureFunctionsJobHost__customHandler__description__arguments", "[]"),
            ("AzureWebJobs.F.Disabled", "TRUE"),
            ("Empty", ""),
            ("CUSTOMCONNSTR_Store", "x"),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn names_ignore_letter_case_and_the_kind_of_separator() {
        let settings = settings();
        assert_eq!(settings.get("azurefunctionsjobhost:CUSTOMHANDLER:description__arguments"), Some("[]"));
        assert_eq!(settings.get("empty"), Some(""));
        assert_eq!(settings.get_filled("empty"), None);
        assert_eq!(settings.get("absent"), None);
        assert!(settings.is_on("AzureWebJobs.f.disabled"));
        assert_eq!(settings.get("ConnectionStrings:Store"), Some("x"));
    }

    #[test]
    fn a_section_lists_what_lies_below_it() {
        let settings = settings();
        let below: Vec<_> = settings.below("azurefunctionsjobhost").collect();
        assert_eq!(below, [("customHandler:description:arguments", "[]")]);
    }

    #[test]
    fn an_empty_setting_replaces_no_name() {
        let settings: Settings = [("Q", "orders"), ("Empty", "")].into_iter().collect();
        assert_eq!(settings.expand("a-%q%"), Ok("a-orders".to_owned()));
        assert!(settings.expand("%Empty%").is_err());
    }
}
