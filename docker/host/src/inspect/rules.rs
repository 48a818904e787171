//! The rules themselves, for those who read the page without the repository.

const PROTOCOL: &str = include_str!("../../../protocol.md");

/// The section of docker/protocol.md with this anchor, as it is written.
pub fn section(anchor: &str) -> Option<&'static str> {
    let start = headings().find(|(_, heading)| slug(heading) == anchor).map(|(at, _)| at)?;
    let end = headings().map(|(at, _)| at).find(|at| *at > start).unwrap_or(PROTOCOL.len());
    PROTOCOL.get(start..end)
}

fn headings() -> impl Iterator<Item = (usize, &'static str)> {
    let lines = PROTOCOL.match_indices("\n#").map(|(at, _)| at + 1);
    lines.filter_map(|at| Some((at, PROTOCOL.get(at..)?.lines().next()?)))
}

/// As GitHub makes anchors.
fn slug(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_an_exchange_names_is_there() {
        for anchor in crate::exchange::RULES {
            assert!(section(anchor).is_some_and(|text| text.lines().count() > 2), "{anchor}");
        }
        assert_eq!(section("no-such-rule"), None);
    }
}
