//! An expression of .NET written anew for the engine at hand.

use super::error::Error;
use super::groups::groups;
use super::letter::{Item, literal, units};

/// A pattern on its way: what is still to be read, and what has been written.
pub struct Translation {
    pub(super) characters: Vec<char>,
    pub(super) at: usize,
    written: String,
    /// The group that a number or a name means, in the order of their parentheses.
    groups: Vec<(String, usize)>,
    /// In each group that is open.
    modes: Vec<Modes>,
    /// Whether a quantifier has come already.
    quantified: bool,
    /// Whether options have come just before, which cannot be repeated.
    after_options: bool,
    /// How often groups are repeated, one in another.
    repeats: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Modes {
    /// `i`, with which the real host begins.
    pub(super) ignoring_case: bool,
    /// A line end ends the text (`m`).
    multiline: bool,
    /// Spaces count for nothing (`x`).
    spaced: bool,
}

const FIRST_MODES: Modes = Modes { ignoring_case: true, multiline: false, spaced: false };
/// How often groups may be repeated within another, which the engine multiplies.
const MOST_REPEATS: u64 = u32::MAX as u64;

const AFTER_NOTHING: Error = Error::Broken("quantifier after nothing");

impl Translation {
    pub fn of(text: &str) -> Result<String, Error> {
        let characters: Vec<char> = units(text).collect();
        let groups = groups(&characters);
        let modes = vec![FIRST_MODES];
        let mut it = Self {
            characters,
            at: 0,
            written: String::new(),
            groups,
            modes,
            quantified: false,
            after_options: false,
            repeats: 1,
        };
        while let Some(character) = it.next() {
            it.token(character)?;
        }
        if it.modes.len() == 1 { Ok(it.written) } else { Err(Error::Broken("not enough )'s")) }
    }

    fn token(&mut self, character: char) -> Result<(), Error> {
        let Modes { multiline, spaced, .. } = self.modes();
        if spaced && (character.is_whitespace() || character == '#') {
            while character == '#' && self.next().is_some_and(|character| character != '\n') {}
            return Ok(());
        }
        let is_quantifier = "*+?".contains(character) || (character == '{' && self.counts().is_some());
        if is_quantifier {
            return self.quantifier(character);
        }
        (self.quantified, self.after_options) = (false, false);
        match character {
            '(' => return self.group(),
            ')' => {
                self.modes.pop();
                if self.modes.is_empty() {
                    return Err(Error::Broken("too many )'s"));
                }
                self.written.push(')');
            }
            '[' => {
                let class = self.class()?;
                self.written.push_str(&class);
            }
            '\\' => self.escape()?,
            // Without `m` the end is that of the text, or a line end before it: which can be taken where nothing is behind.
            '$' if !multiline && self.at == self.characters.len() => {
                self.written.push_str(r"(?:\n?\z)");
            }
            '$' if !multiline => self.written.push_str(r"(?=\n?\z)"),
            '.' | '^' | '$' | '|' => self.written.push(character),
            other => self.literal(other),
        }
        Ok(())
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let character = self.characters.get(self.at).copied()?;
        self.at += 1;
        Some(character)
    }

    pub(super) fn modes(&self) -> Modes {
        self.modes.last().copied().unwrap_or(FIRST_MODES)
    }

    pub(super) fn skip(&mut self, text: &str) -> bool {
        let begins =
            text.chars().enumerate().all(|(index, character)| self.characters.get(self.at + index) == Some(&character));
        if begins {
            self.at += text.chars().count();
        }
        begins
    }

    pub(super) fn until(&mut self, end: char) -> Option<String> {
        let length = self.characters.get(self.at..)?.iter().position(|character| *character == end)?;
        let text = self.characters[self.at..self.at + length].iter().collect();
        self.at += length + 1;
        Some(text)
    }

    fn literal(&mut self, character: char) {
        self.written.push_str(&literal(character));
    }

    /// The counts of `{2}`, `{2,}` or `{2,3}` behind the brace, if that is what it begins.
    fn counts(&self) -> Option<String> {
        let is_part = |character: &&char| character.is_ascii_digit() || **character == ',';
        let rest: String = self.characters[self.at..].iter().take_while(is_part).collect();
        let (least, most) = rest.split_once(',').unwrap_or((&rest, ""));
        let is_closed = self.characters.get(self.at + rest.len()) == Some(&'}');
        (is_closed && !least.is_empty() && !most.contains(',')).then_some(rest)
    }

    fn quantifier(&mut self, character: char) -> Result<(), Error> {
        if self.quantified {
            return Err(Error::Broken("nested quantifier"));
        }
        // What a group begins with, for every other character of these is written as its number.
        let is_begun = self.written.ends_with(['|', '(', ':', '=', '!', '>']);
        if self.after_options || is_begun || self.written.is_empty() {
            return Err(AFTER_NOTHING);
        }
        let is_of_group = self.written.ends_with(')');
        self.written.push(character);
        if let Some(counts) = self.counts().filter(|_| character == '{') {
            let number = |text: &str| text.parse::<i32>().map_err(|_| Error::Broken("quantifier too great"));
            let (least, most) = counts.split_once(',').unwrap_or((&counts, &counts));
            let least = number(least)?;
            let most = if most.is_empty() { least } else { number(most)? };
            if least > most {
                return Err(Error::Broken("quantifier range in reverse order"));
            }
            let repeats = self.repeats.saturating_mul(u64::from(most.unsigned_abs()).max(1));
            if repeats > MOST_REPEATS {
                return Err(Error::Unsupported("too many repetitions".to_owned()));
            }
            if is_of_group {
                self.repeats = repeats;
            }
            self.at += counts.len() + 1;
            self.written.push_str(&counts);
            self.written.push('}');
        }
        if self.skip("?") {
            self.written.push('?');
        }
        self.quantified = true;
        Ok(())
    }

    fn group(&mut self) -> Result<(), Error> {
        let modes = self.modes();
        if !self.skip("?") {
            self.modes.push(modes);
            self.written.push('(');
            return Ok(());
        }
        if self.skip("#") {
            return self.until(')').map(|_| ()).ok_or(Error::Broken("unterminated comment"));
        }
        for kind in [":", "=", "!", ">", "<=", "<!"] {
            if self.skip(kind) {
                self.modes.push(modes);
                self.written.push_str(&format!("(?{kind}"));
                return Ok(());
            }
        }
        if self.skip("(") {
            let name = self.until(')').unwrap_or_default();
            let Some(group) = self.group_of(&name) else {
                return Err(Error::Unsupported(format!("the condition `{name}` is not a group")));
            };
            self.modes.push(modes);
            self.written.push_str(&format!("(?({group})"));
            return Ok(());
        }
        for (open, close) in [("<", '>'), ("'", '\'')] {
            if self.skip(open) {
                let name = self.until(close).unwrap_or_default();
                if name.contains('-') {
                    return Err(Error::Unsupported("a balancing group".to_owned()));
                }
                if name.trim_start_matches('0').is_empty()
                    || !name.chars().all(|character| character.is_alphanumeric() || character == '_')
                {
                    return Err(Error::Broken("invalid group name"));
                }
                self.modes.push(modes);
                self.written.push('(');
                return Ok(());
            }
        }
        self.options(modes)
    }

    /// `(?im-s)` and `(?im-s:`. Spaces are left out here, so that `x` is not passed on.
    fn options(&mut self, mut modes: Modes) -> Result<(), Error> {
        let (mut on, mut off, mut is_on) = (String::new(), String::new(), true);
        loop {
            match self.next() {
                Some('-') => is_on = false,
                Some('+') => is_on = true,
                Some(mode @ ('i' | 'm' | 's' | 'x')) => {
                    match mode {
                        'i' => modes.ignoring_case = is_on,
                        'm' => modes.multiline = is_on,
                        'x' => modes.spaced = is_on,
                        _ => {}
                    }
                    if mode != 'x' {
                        if is_on { &mut on } else { &mut off }.push(mode);
                    }
                }
                Some('n') => return Err(Error::Unsupported("the option `n`".to_owned())),
                Some(end @ (':' | ')')) => {
                    let minus = if off.is_empty() { "" } else { "-" };
                    let is_empty = on.is_empty() && off.is_empty();
                    if end == ')' && self.characters.get(self.at.saturating_sub(2)) == Some(&'?') {
                        return Err(AFTER_NOTHING);
                    }
                    if end == ':' {
                        self.modes.push(modes);
                        self.written.push_str(&format!("(?{on}{minus}{off}:"));
                    } else {
                        self.modes.pop();
                        self.modes.push(modes);
                        self.after_options = true;
                        if !is_empty {
                            self.written.push_str(&format!("(?{on}{minus}{off})"));
                        }
                    }
                    return Ok(());
                }
                _ => return Err(Error::Broken("unrecognized grouping construct")),
            }
        }
    }

    fn group_of(&self, name: &str) -> Option<usize> {
        self.groups.iter().find(|(known, _)| known == name).map(|(_, group)| *group)
    }

    fn escape(&mut self) -> Result<(), Error> {
        let character = self.next().ok_or(Error::Broken("illegal \\ at end of pattern"))?;
        match character {
            'b' | 'B' | 'A' | 'z' => self.written.extend(['\\', character]),
            'G' => self.written.push_str(r"\A"),
            'Z' => self.written.push_str(r"(?=\n?\z)"),
            'k' => {
                let close = if self.skip("<") {
                    '>'
                } else if self.skip("'") {
                    '\''
                } else {
                    '\0'
                };
                let name = self.until(close).ok_or(Error::Broken("malformed \\k<…> named back reference"))?;
                self.back_to(&name)?;
            }
            '1'..='9' => {
                let more: String = self.characters[self.at..].iter().take_while(|it| it.is_ascii_digit()).collect();
                let number = format!("{character}{more}");
                if self.group_of(&number).is_some() {
                    self.at += more.len();
                    return self.back_to(&number);
                }
                if more.is_empty() || !character.is_digit(8) {
                    return Err(Error::Broken("reference to undefined group"));
                }
                self.at -= 1;
                let octal = self.octal();
                self.literal(octal);
            }
            other => {
                let item = self.class_escape(other)?;
                match item {
                    Item::Letter(character) => self.literal(character),
                    Item::Set(set) => self.written.push_str(&format!("[{set}]")),
                }
            }
        }
        Ok(())
    }

    fn back_to(&mut self, name: &str) -> Result<(), Error> {
        let group = self.group_of(name).ok_or(Error::Broken("reference to undefined group"))?;
        self.written.push_str(&format!(r"(?:\{group})"));
        Ok(())
    }
}
