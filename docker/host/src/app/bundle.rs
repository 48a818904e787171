//! Extension bundles: which version ranges a v4 host takes (protocol.md#extension-bundles).

use super::options::ExtensionBundle;

/// A v4 host refuses bundles below this version.
const LEAST_VERSION: [u64; 3] = [2, 6, 1];

/// Why the host does not take a bundle reference, in the words of the real host; `None` when it does. This host has all it knows
/// of bindings built in and loads no bundle: only the reference is checked.
pub(super) fn error(bundle: &ExtensionBundle) -> Option<String> {
    let script = |text: String| Some(format!("Microsoft.Azure.WebJobs.Script: {text}"));
    let invalid = |property: &str| {
        script(format!(
            "The value of {property} property in extensionBundle section of host.json file is invalid or missing."
        ))
    };
    match upper_bound(&bundle.version) {
        None => invalid("version"),
        Some(_) if bundle.id.trim().is_empty() => invalid("id"),
        Some((version, inclusive)) if version < LEAST_VERSION || (version == LEAST_VERSION && !inclusive) => {
            script(format!(
                "Referenced bundle {} of version {} does not meet the required minimum version of 2.6.1. Update your extension \
             bundle reference in host.json to reference 2.6.1 or later. For more information see \
             https://aka.ms/functions-bundle-versions.",
                bundle.id, bundle.version
            ))
        }
        Some(_) => None,
    }
}

/// The highest version of a NuGet range such as `[4.*, 5.0.0)`, and whether the range includes it; a plain version is a least one.
fn upper_bound(range: &str) -> Option<([u64; 3], bool)> {
    let range = range.trim();
    if !range.starts_with(['[', '(']) {
        return version(range).map(|_| ([u64::MAX; 3], true));
    }
    let inclusive = range.ends_with(']');
    let inner = range.get(1..range.len().checked_sub(1)?)?;
    if !inclusive && !range.ends_with(')') {
        return None;
    }
    match inner.split_once(',') {
        Some((_, upper)) if upper.trim().is_empty() => Some(([u64::MAX; 3], true)),
        Some((_, upper)) => version(upper.trim()).map(|version| (version, inclusive)),
        None => version(inner.trim()).map(|version| (version, inclusive)),
    }
}

fn version(text: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    for (slot, part) in numbers.iter_mut().zip(text.split('-').next()?.split('.')) {
        *slot = if part == "*" { u64::MAX } else { part.parse().ok()? };
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(version: &str) -> bool {
        error(&ExtensionBundle {
            id: "Microsoft.Azure.Functions.ExtensionBundle".to_owned(),
            version: version.to_owned(),
        })
        .is_none()
    }

    #[test]
    fn ranges_below_the_least_version_are_refused() {
        for range in ["[4.*, 5.0.0)", "[2.*, 3.0.0)", "[1.*, 3.0.0)", "[4.0.0]", "4.0.0", "[3.3.0, )"] {
            assert!(is_taken(range), "{range}");
        }
        for range in ["[1.*, 2.0.0)", "[1.8.1]", "", "[4.*, 5.0.0", "latest"] {
            assert!(!is_taken(range), "{range}");
        }
    }
}
