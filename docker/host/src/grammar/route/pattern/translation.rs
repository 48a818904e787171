//! An expression of .NET written anew for the engine at hand.

use super::error::Error;
use super::groups::groups;

/// A pattern on its way: what is still to be read, and what has been written.
pub struct Translation {
    characters: Vec<char>,
    at: usize,
    written: String,
    /// The group that a number or a name means, in the order of their parentheses.
    groups: Vec<(String, usize)>,
    /// Whether a line end ends the text (`m`), and whether spaces count for nothing (`x`): in each group that is open.
    modes: Vec<(bool, bool)>,
    /// Whether a quantifier may follow, and whether one has come already.
    quantified: bool,
}

/// What .NET counts as a part of a word.
const WORD: &str = r"\p{L}\p{Mn}\p{Nd}\p{Pc}";

/// The names that .NET knows for categories of characters; those of blocks begin with `Is`.
const CATEGORIES: &str =
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cs Co Cn";

impl Translation {
    pub fn of(text: &str) -> Result<String, Error> {
        let characters: Vec<char> = text.chars().collect();
        let groups = groups(&characters);
        let mut it =
            Self { characters, at: 0, written: String::new(), groups, modes: vec![(false, false)], quantified: false };
        while let Some(character) = it.next() {
            it.token(character)?;
        }
        if it.modes.len() == 1 { Ok(it.written) } else { Err(Error::Broken("not enough )'s")) }
    }

    fn token(&mut self, character: char) -> Result<(), Error> {
        let (multiline, spaced) = self.modes.last().copied().unwrap_or_default();
        if spaced && (character.is_whitespace() || character == '#') {
            while character == '#' && self.next().is_some_and(|character| character != '\n') {}
            return Ok(());
        }
        let is_quantifier = "*+?".contains(character) || (character == '{' && self.counts().is_some());
        if is_quantifier {
            return self.quantifier(character);
        }
        self.quantified = false;
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
            // Without `m` the end is that of the text, or a line end before it.
            '$' if !multiline => self.written.push_str(r"(?:\n?\z)"),
            '.' | '^' | '$' | '|' => self.written.push(character),
            other => self.literal(other),
        }
        Ok(())
    }

    fn next(&mut self) -> Option<char> {
        let character = self.characters.get(self.at).copied()?;
        self.at += 1;
        Some(character)
    }

    fn skip(&mut self, text: &str) -> bool {
        let begins =
            text.chars().enumerate().all(|(index, character)| self.characters.get(self.at + index) == Some(&character));
        if begins {
            self.at += text.chars().count();
        }
        begins
    }

    fn until(&mut self, end: char) -> Option<String> {
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
        let rest: String = self.characters[self.at..].iter().take_while(|character| **character != '}').collect();
        let (least, most) = rest.split_once(',').unwrap_or((&rest, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_closed = self.characters.get(self.at + rest.chars().count()).is_some();
        (is_closed && !least.is_empty() && digits(least) && digits(most)).then_some(rest)
    }

    fn quantifier(&mut self, character: char) -> Result<(), Error> {
        if self.quantified {
            return Err(Error::Broken("nested quantifier"));
        }
        if self.written.is_empty() || self.written.ends_with(['|']) || self.written.ends_with("(?:") {
            return Err(Error::Broken("quantifier after nothing"));
        }
        self.written.push(character);
        if let Some(counts) = self.counts().filter(|_| character == '{') {
            let number = |text: &str| text.parse::<u32>().map_err(|_| Error::Broken("quantifier too great"));
            if let Some((least, most)) = counts.split_once(',').filter(|(_, most)| !most.is_empty())
                && number(least)? > number(most)?
            {
                return Err(Error::Broken("quantifier range in reverse order"));
            }
            self.at += counts.chars().count() + 1;
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
        let modes = self.modes.last().copied().unwrap_or_default();
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
                if name.is_empty() || !name.chars().all(|character| character.is_alphanumeric() || character == '_') {
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
    fn options(&mut self, (mut multiline, mut spaced): (bool, bool)) -> Result<(), Error> {
        let (mut on, mut off, mut is_on) = (String::new(), String::new(), true);
        loop {
            match self.next() {
                Some('-') => is_on = false,
                Some('+') => is_on = true,
                Some(mode @ ('i' | 'm' | 's' | 'x')) => {
                    match mode {
                        'm' => multiline = is_on,
                        'x' => spaced = is_on,
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
                    if end == ':' {
                        self.modes.push((multiline, spaced));
                        self.written.push_str(&format!("(?{on}{minus}{off}:"));
                    } else {
                        self.modes.pop();
                        self.modes.push((multiline, spaced));
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
                if more.is_empty() {
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

    /// What an escape means both in a class and outside.
    fn class_escape(&mut self, character: char) -> Result<Item, Error> {
        Ok(Item::Letter(match character {
            'd' | 'D' | 's' | 'S' => return Ok(Item::Set(format!(r"\{character}"))),
            'w' => return Ok(Item::Set(WORD.to_owned())),
            'W' => return Ok(Item::Set(format!("[^{WORD}]"))),
            'p' | 'P' => {
                let name = if self.skip("{") { self.until('}') } else { None };
                let name = name.ok_or(Error::Broken("incomplete \\p{X} character escape"))?;
                return match name.as_str() {
                    block if block.starts_with("Is") => Err(Error::Unsupported(format!("the block `{block}`"))),
                    name if CATEGORIES.split(' ').any(|known| known == name) => {
                        Ok(Item::Set(format!(r"\{character}{{{name}}}")))
                    }
                    _ => Err(Error::Broken("unknown property")),
                };
            }
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.hexadecimal(2)?,
            'u' => self.hexadecimal(4)?,
            'c' => match self.next().map(|character| character.to_ascii_uppercase()) {
                Some(character @ '@'..='_') => char::from(character as u8 - b'@'),
                _ => return Err(Error::Broken("unrecognized control character")),
            },
            '0'..='7' => {
                self.at -= 1;
                self.octal()
            }
            other if other.is_alphanumeric() || other == '_' => {
                return Err(Error::Broken("unrecognized escape sequence"));
            }
            other => other,
        }))
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<char, Error> {
        let text: String = self.characters[self.at..].iter().take(digits).collect();
        let is_whole = text.chars().count() == digits && text.chars().all(|digit| digit.is_ascii_hexdigit());
        let number = u32::from_str_radix(&text, 16).ok().filter(|_| is_whole);
        let number = number.ok_or(Error::Broken("insufficient hexadecimal digits"))?;
        self.at += digits;
        char::from_u32(number).ok_or_else(|| Error::Unsupported("half a character".to_owned()))
    }

    fn octal(&mut self) -> char {
        let digits = self.characters[self.at..].iter().take(3).map_while(|character| character.to_digit(8));
        let (length, number) = digits.fold((0, 0), |(length, number), digit| (length + 1, number * 8 + digit));
        self.at += length;
        char::from((number & 0xff) as u8)
    }

    /// A class, behind its bracket. Brackets in it mean themselves, but for `-[…]`, which takes away.
    fn class(&mut self) -> Result<String, Error> {
        const UNCLOSED: Error = Error::Broken("unterminated [] set");
        let negated = if self.skip("^") { "^" } else { "" };
        let mut items = String::new();
        let mut is_first = true;
        loop {
            let character = self.next().ok_or(UNCLOSED)?;
            if character == ']' && !is_first {
                return Ok(format!("[{negated}{items}]"));
            }
            if character == '-' && !is_first && self.skip("[") {
                let less = self.class()?;
                return if self.skip("]") {
                    Ok(format!("[[{negated}{items}]--{less}]"))
                } else {
                    Err(Error::Broken("a subtraction must be the last element in a character class"))
                };
            }
            is_first = false;
            let first = match self.class_item(character)? {
                Item::Set(set) => {
                    items.push_str(&set);
                    continue;
                }
                Item::Letter(first) => first,
            };
            let is_range = self.characters.get(self.at) == Some(&'-')
                && self.characters.get(self.at + 1).is_some_and(|next| *next != ']' && *next != '[');
            items.push_str(&literal(first));
            if is_range {
                self.at += 1;
                let character = self.next().ok_or(UNCLOSED)?;
                match self.class_item(character)? {
                    Item::Letter(last) if first <= last => items.push_str(&format!("-{}", literal(last))),
                    Item::Letter(_) => return Err(Error::Broken("[x-y] range in reverse order")),
                    Item::Set(_) => return Err(Error::Broken("cannot include a class in a range")),
                }
            }
        }
    }

    fn class_item(&mut self, character: char) -> Result<Item, Error> {
        if character != '\\' {
            return Ok(Item::Letter(character));
        }
        let escaped = self.next().ok_or(Error::Broken("illegal \\ at end of pattern"))?;
        self.class_escape(escaped)
    }
}

enum Item {
    Letter(char),
    Set(String),
}

/// A character as the engine takes it for itself, wherever it stands.
fn literal(character: char) -> String {
    if character.is_alphanumeric() { character.to_string() } else { format!(r"\x{{{:X}}}", u32::from(character)) }
}
