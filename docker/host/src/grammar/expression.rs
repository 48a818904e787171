//! Binding expressions taken apart: `{name}` in the values of bindings (protocol.md#binding-expressions).

use super::error::Error;

/// A text with `{name}` expressions in it, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(crate) tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Literal(String),
    Expression(Expression),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// `a` and `b` of `{a.b}`.
    pub parts: Vec<String>,
    pub format: Option<String>,
    /// What it means if binding data has no such name.
    pub builtin: Option<Builtin>,
}

/// Names that have a value of their own where binding data has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// `{datetime}`: the time of the invocation.
    DateTime,
    /// `{rand-guid}`: a new one at every place.
    RandGuid,
}

impl Template {
    /// Takes a text apart. `{{` and `}}` mean one brace each.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (token, used) = next_token(text, rest)?;
            match (tokens.last_mut(), token) {
                (Some(Token::Literal(before)), Token::Literal(more)) => before.push_str(&more),
                (_, token) => tokens.push(token),
            }
            rest = &rest[used..];
        }
        Ok(Self { tokens })
    }

    /// The text, if there is no expression in it.
    pub fn literal(&self) -> Option<&str> {
        match self.tokens.as_slice() {
            [] => Some(""),
            [Token::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

impl Expression {
    fn parse(template: &str, text: &str) -> Result<Self, Error> {
        let builtin = Builtin::find(text);
        let (path, format) = match (builtin, text.split_once(':')) {
            // Only what stands before the first dot reaches a built-in value, its format included: binding data is asked for all of
            // that.
            (Some(_), _) => {
                let first = text.split('.').next().unwrap_or_default();
                (text, first.split_once(':').map(|(_, format)| format))
            }
            (None, Some((path, format))) if !path.is_empty() => (path, Some(format)),
            (None, _) => (text, None),
        };
        let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
        let invalid = |reason: String| Err(Error::Template(template.to_owned(), reason));
        if builtin.is_none() && !is_identifier(path) {
            return invalid(format!("Invalid template expression '{path}"));
        }
        if let Some(first) = parts.first().filter(|first| builtin.is_none() && first.contains('-')) {
            return invalid(format!("The parameter name '{first}' is invalid."));
        }
        if parts.iter().any(|part| part.trim().is_empty()) {
            return Err(Error::Illegal);
        }
        Ok(Self { parts, format: format.filter(|format| !format.trim().is_empty()).map(str::to_owned), builtin })
    }
}

/// An identifier of C#, in which dots and hyphens count as letters.
fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_alphanumeric() || "_-.".contains(letter))
}

impl Builtin {
    fn find(text: &str) -> Option<Self> {
        let begins = |name: &str| text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        let all = [("rand-guid", Self::RandGuid), ("datetime", Self::DateTime)];
        all.into_iter().find(|(name, _)| begins(name)).map(|(_, builtin)| builtin)
    }
}

/// The next token of `rest`, and how many bytes of it that is. `whole` is for messages.
fn next_token(whole: &str, rest: &str) -> Result<(Token, usize), Error> {
    for (pair, brace) in [("{{", "{"), ("}}", "}")] {
        if rest.starts_with(pair) {
            return Ok((Token::Literal(brace.to_owned()), pair.len()));
        }
    }
    let position = whole.len() - rest.len() + 1;
    let invalid = |mistake: String| Error::Template(whole.to_owned(), mistake);
    let unbalanced = |kind: &str| invalid(format!("Missing {kind} bracket at position {position}."));
    if rest.starts_with('}') {
        return Err(unbalanced("opening"));
    }
    let Some(inside) = rest.strip_prefix('{') else {
        let end = rest.find(['{', '}']).unwrap_or(rest.len());
        return Ok((Token::Literal(rest[..end].to_owned()), end));
    };
    let end =
        inside.find(['{', '}']).filter(|end| inside[*end..].starts_with('}')).ok_or_else(|| unbalanced("closing"))?;
    if end == 0 {
        return Err(invalid(format!("The parameter name at position {position} is empty.")));
    }
    Ok((Token::Expression(Expression::parse(whole, &inside[..end])?), end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_templates_are_refused() {
        for text in ["{", "x}", "{}", "{a", "{a{b}}", "{a b}", "{a..b}", "{a-b}", "{x/y}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
        for (text, message) in [
            ("{a b}", "Invalid template '{a b}'. Invalid template expression 'a b"),
            ("{1a:x}", "Invalid template '{1a:x}'. Invalid template expression '1a"),
            ("{:x}", "Invalid template '{:x}'. Invalid template expression ':x"),
            ("{a-b.c}", "Invalid template '{a-b.c}'. The parameter name 'a-b' is invalid."),
            ("{a..b}", "Illegal expression: System.String[]"),
            ("{datetime:d.}", "Illegal expression: System.String[]"),
        ] {
            assert_eq!(Template::parse(text).unwrap_err().to_string(), message);
        }
    }
}
