//! Classes of characters, and the escapes that stand in them and outside.

use super::error::Error;
use super::letter::{Item, literal};
use super::translation::Translation;

/// What .NET counts as a part of a word.
const WORD: &str = r"\p{L}\p{Mn}\p{Nd}\p{Pc}";

/// The names that .NET knows for categories of characters; those of blocks begin with `Is`.
const CATEGORIES: &str =
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cs Co Cn";

/// How many classes may stand one in another: each takes room on the stack, here and in the engine.
const MOST_DEEP: usize = 50;

impl Translation {
    /// What an escape means both in a class and outside.
    pub(super) fn class_escape(&mut self, character: char) -> Result<Item, Error> {
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
                        Ok(Item::Set(self.category(character, name)))
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

    /// A category of characters. Ignoring case, one of letters of one case is that of all of them.
    fn category(&self, p: char, name: &str) -> String {
        match (name, self.modes().ignoring_case, p) {
            ("Lu" | "Ll" | "Lt", true, 'p') => r"\p{Lu}\p{Ll}\p{Lt}".to_owned(),
            ("Lu" | "Ll" | "Lt", true, _) => r"[^\p{Lu}\p{Ll}\p{Lt}]".to_owned(),
            _ => format!(r"\{p}{{{name}}}"),
        }
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<char, Error> {
        let text: String = self.characters[self.at..].iter().take(digits).collect();
        let is_whole = text.chars().count() == digits && text.chars().all(|digit| digit.is_ascii_hexdigit());
        let number = u32::from_str_radix(&text, 16).ok().filter(|_| is_whole);
        let number = number.ok_or(Error::Broken("insufficient hexadecimal digits"))?;
        self.at += digits;
        char::from_u32(number).ok_or_else(|| Error::Unsupported("half a character".to_owned()))
    }

    pub(super) fn octal(&mut self) -> char {
        let digits = self.characters[self.at..].iter().take(3).map_while(|character| character.to_digit(8));
        let (length, number) = digits.fold((0, 0), |(length, number), digit| (length + 1, number * 8 + digit));
        self.at += length;
        char::from((number & 0xff) as u8)
    }

    /// A class, behind its bracket. Brackets in it mean themselves, but for `-[…]`, which takes away.
    pub(super) fn class(&mut self) -> Result<String, Error> {
        self.class_at(0)
    }

    fn class_at(&mut self, depth: usize) -> Result<String, Error> {
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
                if depth == MOST_DEEP {
                    return Err(Error::Unsupported(format!("more than {MOST_DEEP} classes, one in another")));
                }
                let less = self.class_at(depth + 1)?;
                return if self.skip("]") {
                    Ok(format!("[[{negated}{items}]--{less}]"))
                } else {
                    Err(Error::Broken("a subtraction must be the last element in a character class"))
                };
            }
            is_first = false;
            let is_hyphen = character == '\\' && self.characters.get(self.at) == Some(&'-');
            let first = match self.class_item(character)? {
                Item::Set(set) => {
                    items.push_str(&set);
                    continue;
                }
                Item::Letter(first) => first,
            };
            // An escaped hyphen is never the beginning of a range.
            let is_range = !is_hyphen
                && self.characters.get(self.at) == Some(&'-')
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
