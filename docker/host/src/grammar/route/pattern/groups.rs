//! The groups of an expression.

/// The groups by number and name, in the order of their parentheses. .NET numbers those without a name first.
pub fn groups(characters: &[char]) -> Vec<(String, usize)> {
    let mut names: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    let mut is_class = false;
    while let Some(character) = characters.get(at) {
        at += 1;
        match character {
            '\\' => at += 1,
            '[' if !is_class => {
                is_class = true;
                // A bracket that closes at once is one of its characters.
                at += usize::from(characters.get(at) == Some(&'^'));
                at += usize::from(characters.get(at) == Some(&']'));
            }
            ']' => is_class = false,
            '(' if !is_class => match (characters.get(at), characters.get(at + 1), characters.get(at + 2)) {
                (Some('?'), Some('#'), _) => at += characters[at..].iter().position(|it| *it == ')').unwrap_or(0),
                (Some('?'), Some('('), _) => at += 2,
                (Some('?'), Some(open @ ('<' | '\'')), Some(first)) if !"=!".contains(*first) => {
                    let close = if *open == '<' { '>' } else { *open };
                    names.push(Some(characters[at + 2..].iter().take_while(|it| **it != close).collect()));
                }
                (Some('?'), ..) => {}
                _ => names.push(None),
            },
            _ => {}
        }
    }
    let (named, unnamed): (Vec<_>, Vec<_>) =
        names.into_iter().enumerate().map(|(index, name)| (name, index + 1)).partition(|(name, _)| name.is_some());
    let mut groups: Vec<(String, usize)> =
        unnamed.into_iter().enumerate().map(|(index, (_, group))| ((index + 1).to_string(), group)).collect();
    for (name, group) in named {
        let name = name.unwrap_or_default();
        if !name.bytes().all(|byte| byte.is_ascii_digit()) {
            groups.push(((groups.len() + 1).to_string(), group));
        }
        groups.push((name, group));
    }
    groups
}
