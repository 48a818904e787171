//! The environment of a host.

use crate::process::command::Command;

/// The settings of the host in every place, as the real one has them, so that samples need not know.
///
/// Idle polling of queues backs off to a minute otherwise, hence `maxPollingInterval`; the host id keeps the receipts of
/// one app apart from those of another.
pub fn settings(storage: &str, host_id: &str) -> Vec<(String, String)> {
    let variables = [
        ("FUNCTIONS_WORKER_RUNTIME", "custom".to_owned()),
        ("AzureFunctionsJobHost__Logging__Console__IsEnabled", "true".to_owned()),
        ("AzureWebJobsSecretStorageType", "files".to_owned()),
        ("AzureFunctionsWebHost__hostid", host_id.to_owned()),
        ("AzureFunctionsJobHost__extensions__queues__maxPollingInterval", "00:00:00.2000000".to_owned()),
        ("AzureWebJobsStorage", storage.to_owned()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// Keeps what steers a Functions host or an ASP.NET handler on the maintainer's machine away from a child.
pub fn scrub(command: &mut Command) {
    const PREFIXES: [&str; 5] = ["azurefunctions", "azurewebjobs", "functions_", "aspnetcore_", "website_"];
    for (name, _) in std::env::vars_os() {
        let lower = name.to_string_lossy().to_lowercase();
        if PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
}
