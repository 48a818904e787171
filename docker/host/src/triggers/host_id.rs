//! The name under which this host keeps its state in storage (protocol.md#locks-ids-timers).

use std::path::Path;

use crate::app::Settings;
use crate::files::stable_hash;

const LIMIT: usize = 32;

/// The setting `AzureFunctionsWebHost__hostid`, or else one made of the machine's name and the app's path.
pub fn host_id(settings: &Settings, root: &Path) -> String {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    id(settings, &machine, root)
}

fn id(settings: &Settings, machine: &str, root: &Path) -> String {
    if let Some(id) = settings.get_filled("AzureFunctionsWebHost:hostid") {
        return id.to_lowercase();
    }
    let machine: String = machine.chars().filter(char::is_ascii_alphanumeric).collect();
    let id = format!("{machine}-{}", stable_hash(root));
    id.to_lowercase().chars().take(LIMIT).collect::<String>().trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_goes_first() {
        let settings: Settings = [("AzureFunctionsWebHost__hostid", "Mine")].into_iter().collect();
        assert_eq!(id(&settings, "machine", Path::new("/app")), "mine");
    }

    #[test]
    fn without_it_machine_and_path_tell_hosts_apart() {
        let of = |machine: &str, path: &str| id(&Settings::default(), machine, Path::new(path));
        assert_eq!(of("My.Machine_1", "/app"), of("My.Machine_1", "/app"));
        assert_ne!(of("m", "/app"), of("m", "/other"));
        assert!(of("My.Machine_1", "/app").starts_with("mymachine1-"));
        assert!(of(&"m".repeat(40), "/app").len() <= 32);
    }
}
