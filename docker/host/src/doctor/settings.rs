//! Settings that mean something in Azure alone, and bindings that mini-host only invokes by hand.

use crate::app::{App, Diagnostic, Settings, is_by_hand, is_key_vault_reference};

pub fn diagnostics(app: &App, settings: &Settings) -> Vec<Diagnostic> {
    let references = settings.all().filter(|(_, value)| is_key_vault_reference(value));
    let mut found: Vec<Diagnostic> = references
        .map(|(name, _)| {
            let text = "is a Key Vault reference, which Azure alone resolves: the handler gets the reference as it is";
            Diagnostic::of_whole(format!("The setting `{name}` {text}")).hint(
                "for this machine put the value itself into local.settings.json (az keyvault secret show --query value), or a \
                 connection string of Azurite",
            )
        })
        .collect();
    for function in app.functions.iter().filter(|function| function.is_loaded()) {
        for binding in function.bindings.iter().filter(|binding| is_by_hand(&binding.type_name)) {
            let kind = &binding.type_name;
            let (message, hint) = if binding.is_trigger() {
                (
                    format!("by hand only: nothing here listens for `{kind}`"),
                    format!("mini-host send {}", function.name),
                )
            } else {
                let text = format!(
                    "by hand only: mini-host has no `{kind}`; an input is null, an output is shown and not written"
                );
                (text, format!("`mini-host send {}` shows it", function.name))
            };
            let diagnostic = Diagnostic::new(message, binding.at("type")).hint(hint);
            found.push(app.in_function(function, &diagnostic));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_vault_reference_and_what_runs_by_hand_are_said() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).unwrap();
        std::fs::create_dir(root.path().join("Orders")).unwrap();
        write(
            "host.json",
            r#"{"version": "2.0", "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"}}"#,
        );
        write(
            "Orders/function.json",
            r#"{"bindings": [{"type": "serviceBusTrigger", "name": "m", "direction": "in", "queueName": "q"},
            {"type": "cosmosDB", "name": "doc", "direction": "out"}]}"#,
        );
        let settings: Settings =
            [("Secret", "@Microsoft.KeyVault(SecretUri=https://v/secrets/s)")].into_iter().collect();
        let app = crate::app::load(root.path(), &settings);
        let found: Vec<String> = diagnostics(&app, &settings).iter().map(ToString::to_string).collect();
        assert!(found[0].starts_with("The setting `Secret` is a Key Vault reference"), "{found:?}");
        assert!(found[1].contains("function.json:1:24`: by hand only: nothing here listens for `serviceBusTrigger`\nhint: mini-host send Orders"), "{found:?}");
        assert!(found[2].contains("by hand only: mini-host has no `cosmosDB`"), "{found:?}");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn a_slip_in_the_type_is_still_a_slip() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("F")).unwrap();
        let host_json = r#"{"version": "2.0", "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"}}"#;
        std::fs::write(root.path().join("host.json"), host_json).unwrap();
        let function = r#"{"bindings": [{"type": "serviceBussTrigger", "name": "m", "direction": "in"}]}"#;
        std::fs::write(root.path().join("F/function.json"), function).unwrap();
        let app = crate::app::load(root.path(), &Settings::default());
        assert!(
            app.diagnostics.iter().any(|found| found.to_string().contains("did you mean `serviceBusTrigger`?")),
            "{:?}",
            app.diagnostics
        );
    }
}
