//! Small things that sentences need: lists, plurals, digits, the nearest of some words.

/// `a`, `b` and `c`, each in backticks.
pub fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        None => "none".into(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// `1 input`, `14 inputs`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.chars().count()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A paragraph in lines that fit every terminal, each with a margin.
pub fn wrapped(paragraph: &str, margin: &str) -> String {
    const COLUMNS: usize = 80;
    let (mut lines, mut line) = (String::new(), String::new());
    for word in paragraph.split(' ') {
        if !line.is_empty() && width(margin) + width(&line) + 1 + width(word) > COLUMNS {
            lines.push_str(&format!("{margin}{line}\n"));
            line.clear();
        }
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(word);
    }
    lines + &format!("{margin}{line}\n")
}

pub fn last<S>(lines: &[S], most: usize) -> &[S] {
    &lines[lines.len().saturating_sub(most)..]
}

/// The word that was meant, if there is one: it has a slip or two, that is a letter too many, too few, another, or two that have
/// changed places.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LETTERS_A_SLIP: usize = 4;
    let (length, word) = (width(word), word.to_lowercase());
    let slips = |other: &str| strsim::osa_distance(&word, &other.to_lowercase());
    let near = known.into_iter().map(|other| (slips(other), other));
    // A word of one letter would be near any other.
    let near = near.filter(|(slips, _)| *slips <= (length / LETTERS_A_SLIP).max(1) && *slips < length);
    near.min_by_key(|(slips, _)| *slips).map(|(_, other)| other)
}

/// `did you mean `x`?`, if one of the known words is like enough.
pub fn did_you_mean<S: AsRef<str>>(word: &str, known: &[S]) -> Option<String> {
    nearest(word, known.iter().map(AsRef::as_ref)).map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_english() {
        assert_eq!(listed::<&str>(&[]), "none");
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(counted(1, "input"), "1 input");
        assert_eq!(counted(14, "input"), "14 inputs");
    }

    #[test]
    fn a_paragraph_is_no_wider_than_a_terminal_unless_a_word_is() {
        let (paragraph, long) = (["word,"; 40].join(" "), "x".repeat(100));
        let lines = wrapped(&format!("{paragraph} {long} end"), "  ");
        assert_eq!(lines.split_whitespace().collect::<Vec<_>>().join(" "), format!("{paragraph} {long} end"));
        let fits = |line: &str| width(line) <= 80 || line.trim() == long;
        assert!(lines.lines().all(|line| line.starts_with("  ") && fits(line)), "{lines}");
        assert_eq!(lines.lines().next().map(width), Some(2 + 13 * 6 - 1));
    }

    #[test]
    fn the_last_lines_are_no_more_than_there_are() {
        assert_eq!(last(&[1, 2, 3], 2), [2, 3]);
        assert_eq!(last(&[1], 2), [1]);
    }

    #[test]
    fn the_nearest_word_is_near() {
        let keys = ["name", "probe", "at_least", "apt"];
        assert_eq!(nearest("atleast", keys), Some("at_least"));
        assert_eq!(nearest("Probes", keys), Some("probe"));
        assert_eq!(nearest("gp", ["csharp", "go", "r"]), Some("go"));
        for far in ["zzz", "apttitude", "a", ""] {
            assert_eq!(nearest(far, keys), None, "{far}");
        }
        assert_eq!(nearest("nosuch", ["no", "such", "much"]), None);
    }
}
