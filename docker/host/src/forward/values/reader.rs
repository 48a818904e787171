//! Reads one header value from left to right, in the units of HTTP's grammar, as the parsers of .NET's client do; pure.

use dotnet_text::media_type::{is_token, is_token_byte};

/// How many comments may stand in one another.
const MAX_COMMENT_DEPTH: usize = 6;

#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// ASCII.
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub const fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    pub const fn at(&self) -> usize {
        self.at
    }

    pub fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes this byte, if it is next.
    pub fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes any one byte.
    pub fn skip(&mut self) {
        self.at += usize::from(!self.is_at_end());
    }

    /// Passes spaces and tabs, and says whether there were any.
    pub fn blanks(&mut self) -> bool {
        !self.take(|byte| matches!(byte, b' ' | b'\t')).is_empty()
    }

    /// Whether the last byte that was passed is a space or a tab.
    pub fn is_behind_blank(&self) -> bool {
        self.text[..self.at].ends_with([' ', '\t'])
    }

    /// Passes what may stand between two elements of a list, and says whether there was a comma.
    pub fn separators(&mut self) -> bool {
        self.take(|byte| matches!(byte, b' ' | b'\t' | b',')).contains(',')
    }

    pub fn token(&mut self) -> Option<&'a str> {
        Some(self.take(is_token_byte)).filter(|token| !token.is_empty())
    }

    pub fn digits(&mut self) -> Option<&'a str> {
        Some(self.take(|byte| byte.is_ascii_digit())).filter(|digits| !digits.is_empty())
    }

    /// As many digits as there are, and no more than so many.
    pub fn up_to_digits(&mut self, most: usize) -> &'a str {
        let start = self.at;
        while self.at - start < most && self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip();
        }
        self.since(start)
    }

    pub fn letters(&mut self) -> Option<&'a str> {
        Some(self.take(|byte| byte.is_ascii_alphabetic())).filter(|letters| !letters.is_empty())
    }

    /// A text in quotes, which stay.
    pub fn quoted(&mut self) -> Option<&'a str> {
        self.enclosed(b'"', b'"')
    }

    /// A text in parentheses, which stay.
    pub fn comment(&mut self) -> Option<&'a str> {
        self.enclosed(b'(', b')')
    }

    /// The value of a parameter.
    pub fn value(&mut self) -> Option<&'a str> {
        self.token().or_else(|| self.quoted())
    }

    /// A host with or without a port, or another name for one.
    pub fn host(&mut self) -> Option<&'a str> {
        let host = self.take(|byte| !matches!(byte, b' ' | b'\t' | b','));
        let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
        let is_address = name.starts_with('[') && name.ends_with(']');
        (!host.contains('/') && (is_token(name) || is_address)).then_some(host)
    }

    fn take(&mut self, fits: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        self.at += self.text.as_bytes()[start..].iter().take_while(|byte| fits(**byte)).count();
        self.since(start)
    }

    fn enclosed(&mut self, open: u8, close: u8) -> Option<&'a str> {
        let start = self.at;
        let mut depth = usize::from(self.eat(open));
        while depth > 0 && depth <= MAX_COMMENT_DEPTH {
            let byte = self.peek()?;
            self.skip();
            match byte {
                b'\\' => self.skip(),
                _ if byte == close => depth -= 1,
                _ if byte == open => depth += 1,
                _ => {}
            }
        }
        (depth == 0 && self.at > start).then(|| self.since(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_one_after_the_other() {
        let mut reader = Reader::new("a/1 (b (c\\) d)) \"e\\\"f\" , 07");
        assert_eq!(reader.token(), Some("a"));
        assert!(reader.eat(b'/') && !reader.eat(b'/'));
        assert_eq!(reader.digits(), Some("1"));
        assert!(reader.blanks() && reader.is_behind_blank());
        assert_eq!(reader.comment(), Some("(b (c\\) d))"));
        assert!(reader.blanks());
        assert_eq!(reader.value(), Some("\"e\\\"f\""));
        assert!(reader.separators());
        assert_eq!(reader.value(), Some("07"));
        assert!(reader.is_at_end() && reader.value().is_none());
    }

    #[test]
    fn what_is_open_or_too_deep_is_not_read() {
        for text in ["\"a", "a\"", "\"a\\\"", ""] {
            assert_eq!(Reader::new(text).quoted(), None, "{text}");
        }
        assert_eq!(Reader::new("(((((((a)))))))").comment(), None);
    }

    #[test]
    fn hosts() {
        for (text, host) in [("a:80 x", Some("a:80")), ("[::1]:80", Some("[::1]:80")), ("a/b", None), ("a(c)", None)] {
            assert_eq!(Reader::new(text).host(), host, "{text}");
        }
    }
}
