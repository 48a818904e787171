//! Storage accounts by the name of a setting (protocol.md#connections): the only file that opens them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use storage::Storage;

use crate::app::{Diagnostic, Settings, is_key_vault_reference};

/// The connection that bindings without one mean, and that the host keeps its own state in.
pub const HOST_CONNECTION: &str = "Storage";

/// The storage accounts of an app. Each is opened once; clones share them.
#[derive(Debug, Clone)]
pub struct Connections {
    settings: Settings,
    open: Arc<Mutex<HashMap<String, Storage>>>,
}

impl Connections {
    /// The accounts that these settings describe. None is opened yet.
    pub fn new(settings: &Settings) -> Self {
        Self { settings: settings.clone(), open: Arc::default() }
    }

    /// The account that a binding's `connection` names, in which settings may stand (`StorageClientProvider.Get`); without one, the
    /// app's own.
    pub fn storage(&self, connection: Option<&str>) -> Result<Storage, Diagnostic> {
        let name = self.settings.expand(connection.unwrap_or_default())?;
        let name = if name.trim().is_empty() { HOST_CONNECTION } else { &name };
        let text = connection_string(&self.settings, name)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(storage) = open.get(text) {
            return Ok(storage.clone());
        }
        let storage = Storage::connect(text)
            .map_err(|error| Diagnostic::from(error).within(format_args!("the connection `{name}` cannot be used")))?;
        open.insert(text.to_owned(), storage.clone());
        Ok(storage)
    }
}

/// First the name with the prefix `AzureWebJobs`, then as it is; each first among the connection strings, and whether it is a text or a
/// section (protocol.md#connections).
fn connection_string<'a>(settings: &'a Settings, name: &str) -> Result<&'a str, Diagnostic> {
    let prefixed = format!("AzureWebJobs{name}");
    let names =
        [format!("ConnectionStrings:{prefixed}"), prefixed.clone(), format!("ConnectionStrings:{name}"), name.into()];
    for found in &names {
        if let Some(text) = settings.get_filled(found) {
            return if is_key_vault_reference(text) { Err(key_vault_reference(name)) } else { Ok(text) };
        }
        if let Some((key, _)) = settings.below(found).next() {
            return Err(identity(name, found, key));
        }
    }
    // The spelling that people use: `AzureWebJobsStorage` for the host's own account, the binding's word otherwise.
    let shown = if name == HOST_CONNECTION { &prefixed } else { name };
    let missing = Diagnostic::of_whole(format!("Storage account connection string '{prefixed}' does not exist"));
    Err(missing.hint(format!(
        "set `{shown}` to a connection string, in the environment or in `Values` of local.settings.json; `UseDevelopmentStorage=true` \
         is the emulator"
    )))
}

fn key_vault_reference(name: &str) -> Diagnostic {
    let why = format!("the connection `{name}` is a Key Vault reference, which Azure alone resolves");
    Diagnostic::of_whole(why)
        .hint("on this machine set it to a connection string, or to `UseDevelopmentStorage=true` for Azurite")
}

/// `X__queueServiceUri` and its like ask for a managed identity, which only exists in the cloud.
fn identity(name: &str, section: &str, key: &str) -> Diagnostic {
    let section = section.replace(':', "__");
    let why = format!(
        "the connection `{name}` is a section (`{section}__{}`), which means a managed identity, and mini-host has none",
        key.replace(':', "__")
    );
    Diagnostic::of_whole(why).hint(format!(
        "on this machine set `{section}` itself, which goes first: `UseDevelopmentStorage=true` for Azurite, or a connection string with a \
         key (az storage account show-connection-string)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)], connection: Option<&str>) -> Result<String, String> {
        let connections = Connections::new(&pairs.iter().copied().collect());
        let endpoint = connections.storage(connection).map(|storage| storage.account().blob_endpoint.clone());
        endpoint.map_err(|failure| failure.message)
    }

    #[test]
    fn settings_may_stand_in_the_name() {
        let settings = [("Which", "X"), ("X", HERE), ("None", " ")];
        let here = Ok("https://here.blob.core.windows.net".to_owned());
        assert_eq!(found(&settings, Some("%which%")), here);
        assert_eq!(found(&[("AzureWebJobsStorage", HERE), ("None", " ")], Some("%None%")), here);
        assert_eq!(found(&settings, Some("%NOPE%")), Err("'%NOPE%' does not resolve to a value.".to_owned()));
    }

    const HERE: &str = "AccountName=here;AccountKey=a2V5";
    const THERE: &str = "AccountName=there;AccountKey=a2V5";

    #[test]
    fn the_name_with_the_prefix_comes_first() {
        let here = Ok("https://here.blob.core.windows.net".to_owned());
        assert_eq!(found(&[("AzureWebJobsStorage", HERE)], None), here);
        assert_eq!(found(&[("AzureWebJobsStorage", HERE)], Some("")), here);
        assert_eq!(found(&[("AzureWebJobsStorage", HERE)], Some("AzureWebJobsStorage")), here);
        assert_eq!(found(&[("X", THERE), ("AzureWebJobsX", HERE)], Some("X")), here);
        assert_eq!(found(&[("x", HERE)], Some("X")), here);
        assert_eq!(found(&[("CUSTOMCONNSTR_X", HERE), ("X", THERE)], Some("X")), here);
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = "Storage account connection string 'AzureWebJobsStorage' does not exist";
        assert_eq!(found(&[("AzureWebJobsStorage", "")], None), Err(missing.to_owned()));
        for (setting, connection) in [
            ("X__queueServiceUri", Some("X")),
            ("AzureWebJobsX__queueServiceUri", Some("X")),
            ("Storage__queueServiceUri", None),
            ("AzureWebJobsStorage__queueServiceUri", None),
        ] {
            let identity = found(&[(setting, "https://x")], connection).unwrap_err();
            assert!(identity.contains(&format!("(`{setting}`), which means a managed identity")), "{identity}");
        }
        let first = found(&[("AzureWebJobsX__serviceUri", "https://x"), ("X", HERE)], Some("X")).unwrap_err();
        assert!(first.contains("`AzureWebJobsX__serviceUri`"), "{first}");
        let secret = found(&[("X", "@Microsoft.KeyVault(SecretUri=https://v/secrets/s)")], Some("X")).unwrap_err();
        assert!(secret.contains("Key Vault reference"), "{secret}");
        assert!(found(&[("X", "nonsense")], Some("X")).unwrap_err().contains("`X` cannot be used"));
    }
}
