//! The keys of one run, and the files the host reads them from.

use serde_json::json;

/// Keys that are made anew for each run, so that none is worth keeping.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Opens everything.
    pub master: String,
    /// Opens functions of level `function`.
    pub function: String,
}

impl Keys {
    pub fn random() -> Keys {
        Keys { master: random_key(), function: random_key() }
    }

    /// The key files in the host's own format (protocol.md#keys-and-levels), as names and texts: one for the host, one for
    /// each function under its name in lower case.
    pub fn files<'a>(&self, functions: impl IntoIterator<Item = &'a String>) -> Vec<(String, String)> {
        let key = |name: &str, value: &str| json!({ "name": name, "value": value, "encrypted": false });
        let host = json!({
            "masterKey": key("master", &self.master),
            "functionKeys": [],
            "systemKeys": [],
            "hostName": null,
            "instanceId": "",
            "source": "runtime",
            "decryptionKeyId": "",
        });
        let function = json!({
            "keys": [key("default", &self.function)],
            "hostName": null,
            "instanceId": "",
            "source": "runtime",
            "decryptionKeyId": "",
        });
        let mut files = vec![("host.json".to_owned(), host.to_string())];
        files.extend(functions.into_iter().map(|name| (format!("{}.json", name.to_lowercase()), function.to_string())));
        files
    }
}

/// 40 random bytes in URL-safe base64: as long as the host's own keys.
fn random_key() -> String {
    use base64::Engine as _;
    let mut bytes = [0_u8; 40];
    rand::fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_has_its_file_in_lower_case() {
        let keys = Keys::random();
        let files = keys.files(&["SimpleHttpTrigger".to_owned()]);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["host.json", "simplehttptrigger.json"]);
        assert!(files[0].1.contains(&keys.master) && files[1].1.contains(&keys.function));
    }

    #[test]
    fn no_two_runs_share_a_key() {
        assert_ne!(Keys::random().master, Keys::random().master);
    }
}
