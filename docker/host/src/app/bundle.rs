//! Extension bundles: which version ranges a v4 host takes (protocol.md#extension-bundles).

use super::options::ExtensionBundle;

/// A v4 host refuses bundles below this version.
const LEAST_VERSION: Version = [2, 6, 1, 0];
const NO_BOUND: (Version, bool) = ([u32::MAX; 4], true);

type Version = [u32; 4];

/// Why the host does not take a bundle reference, in the words of the real host; `None` when it does. This host has all it knows
/// of bindings built in and loads no bundle: only the reference is checked.
pub(super) fn error(bundle: &ExtensionBundle) -> Option<String> {
    let invalid = |property: &str| {
        Some(format!(
            "The value of {property} property in extensionBundle section of host.json file is invalid or missing."
        ))
    };
    match upper_bound(&bundle.version) {
        None => invalid("version"),
        Some(_) if !is_package_id(&bundle.id) => invalid("id"),
        Some((version, inclusive)) if version < LEAST_VERSION || (version == LEAST_VERSION && !inclusive) => {
            Some(format!(
                "Referenced bundle {} of version {} does not meet the required minimum version of 2.6.1. Update your extension \
             bundle reference in host.json to reference 2.6.1 or later. For more information see \
             https://aka.ms/functions-bundle-versions.",
                bundle.id, bundle.version
            ))
        }
        Some(_) => None,
    }
}

fn is_package_id(id: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    id.split(['.', '-']).all(is_word)
}

/// The highest version of a NuGet range such as `[4.*, 5.0.0)`, and whether the range includes it; a plain version is a least one.
fn upper_bound(range: &str) -> Option<(Version, bool)> {
    let range = range.trim();
    let Some(inner) = range.strip_prefix(['[', '(']) else { return floating(range).map(|_| NO_BOUND) };
    let (includes_least, includes_most) = (range.starts_with('['), inner.ends_with(']'));
    let inner = inner.strip_suffix([']', ')'])?;
    let (least, most) = match inner.split_once(',') {
        Some(("", "")) => return None,
        Some(ends) => ends,
        None => (inner, Some(inner).filter(|version| includes_least && includes_most && !version.is_empty())?),
    };
    let least = if least.trim().is_empty() { [0; 4] } else { floating(least)? };
    if most.trim().is_empty() {
        return Some(NO_BOUND);
    }
    let most = version(most)?;
    let has_any = least < most || (least == most && includes_least && includes_most);
    has_any.then_some((most, includes_most))
}

/// A version of which the last part may be `*`.
fn floating(text: &str) -> Option<Version> {
    if !text.contains('*') {
        return version(text);
    }
    match text.strip_suffix("-*").unwrap_or(text) {
        "*" => Some([0; 4]),
        text if text.ends_with(' ') => None,
        text => version(text.strip_suffix(".*").unwrap_or(text)),
    }
}

/// One to four numbers; what stands behind a hyphen or a plus sign does not count here.
fn version(text: &str) -> Option<Version> {
    let text = text.trim();
    let numbers = text.find(['-', '+']).map_or(text, |end| &text[..end]);
    let mut version = [0; 4];
    for (index, part) in numbers.split('.').enumerate() {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        *version.get_mut(index)? = part.parse::<u32>().ok().filter(|number| is_number && *number <= i32::MAX as u32)?;
    }
    Some(version)
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

    /// NuGet's own code was asked.
    #[test]
    fn ranges_are_those_of_nuget() {
        for range in ["*", "4.*", "4.0.*", "4.*-*", "4", "4.0.0.0", "[4.0.0-beta.1+meta, 5.0.0)", "[*, 5.0.0)"] {
            assert!(is_taken(range), "{range}");
        }
        for range in ["[, 5.0.0)", "[4.0.0, 4.0.0]", "[ , ]", "[4.0.0, 5.0.0)  ", "[4.*,5.0.0]"] {
            assert!(is_taken(range), "{range}");
        }
        for range in ["(,)", "[]", "[x, 5.0.0)", "[5.0.0, 4.0.0)", "[4.0.0, 4.0.0)", "(4.0.0]", "[4.0.0)", "[4.*]"] {
            assert!(!is_taken(range), "{range}");
        }
        for range in
            ["[4,5,6]", "4.x", "[ 4.* , 5.0.0 )", "4.0.0.0.0", "v4", ">=4", "^4.0.0", "[4.*, 5.*)", "4..0", "+4"]
        {
            assert!(!is_taken(range), "{range}");
        }
    }

    #[test]
    fn an_identity_is_words_with_dots_and_hyphens_between_them() {
        let of = |id: &str| error(&ExtensionBundle { id: id.to_owned(), version: "[4.*, 5.0.0)".to_owned() });
        for id in ["", " ", "Microsoft Azure", "a..b", ".a", "a/b", "%ID%"] {
            assert!(of(id).is_some_and(|error| error.contains("value of id property")), "{id}");
        }
        assert_eq!(of("Microsoft.Azure.Functions.ExtensionBundle.Preview"), None);
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
