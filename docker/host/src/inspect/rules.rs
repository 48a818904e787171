//! The rules themselves, for those who read the page without the repository.

const PROTOCOL: &str = include_str!("../../../protocol.md");

/// The section of docker/protocol.md with this anchor, as it is written.
pub fn section(anchor: &str) -> Option<String> {
    let mut sections = PROTOCOL.split("\n#").skip(1);
    let found = sections.find(|section| section.lines().next().is_some_and(|heading| slug(heading) == anchor))?;
    Some(format!("#{found}\n"))
}

/// As GitHub makes anchors.
fn slug(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Rule;

    #[test]
    fn every_rule_that_an_exchange_names_is_there() {
        for anchor in Rule::ALL.map(Rule::anchor) {
            assert!(section(anchor).is_some_and(|text| text.lines().count() > 2), "{anchor}");
        }
        assert_eq!(section("no-such-rule"), None);
    }
}
