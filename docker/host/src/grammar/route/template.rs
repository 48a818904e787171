//! The grammar of ASP.NET Core's route templates, and the words of its parser for a template that breaks it.

use super::constraint::{Constraint, Fault};
use super::pattern;

#[derive(Debug, Clone)]
pub struct Template {
    pub(super) segments: Vec<Segment>,
}

/// What stands between two slashes: one part, or literals and parameters in turn.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Literal(String),
    Parameter(Parameter),
}

#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub name: String,
    pub optional: bool,
    pub catch_all: bool,
    pub default: Option<String>,
    pub constraints: Vec<Constraint>,
}

/// Why ASP.NET Core refuses a template, as the real host flattens its exceptions into one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The parser's exception is wrapped in an argument exception with the same text.
    #[error("Microsoft.AspNetCore.Routing: {0} (Parameter 'routeTemplate'). Microsoft.AspNetCore.Routing: {0}")]
    Syntax(String),
    #[error(
        "Microsoft.AspNetCore.Routing: The constraint entry '{name}' - '{constraint}' on the route '{template}' could not be \
         resolved by the constraint resolver of type 'DefaultInlineConstraintResolver'."
    )]
    Constraint { name: String, constraint: String, template: String },
    #[error(
        "Microsoft.AspNetCore.Routing: Could not find a constructor for constraint type '{0}' with the following number of \
         parameters: {1}."
    )]
    Arguments(&'static str, usize),
    #[error(
        "Microsoft.AspNetCore.Routing: An error occurred while trying to create an instance of \
         'Microsoft.AspNetCore.Routing.Constraints.{0}'."
    )]
    Values(&'static str),
}

impl Template {
    /// Parses a whole template such as `api/items/{id:int?}`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let trimmed = text.strip_prefix("~/").or_else(|| text.strip_prefix('/')).unwrap_or(text);
        if trimmed.starts_with('~') && trimmed.len() == text.len() {
            return Err(pattern_error(
                "The route template cannot start with a '~' character unless followed by a '/'.",
            ));
        }
        let mut parser = Parser { names: Vec::new(), template: text };
        let segments = parser.segments(trimmed)?;
        Ok(Self { segments })
    }

    /// The first expression in it that has no answer.
    pub(super) fn broken_pattern(&self) -> Option<&pattern::Error> {
        self.parameters().flat_map(|parameter| &parameter.constraints).find_map(|constraint| match constraint {
            Constraint::Pattern(pattern) => pattern.as_ref().err(),
            _ => None,
        })
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.segments.iter().flat_map(|segment| &segment.parts).filter_map(Part::parameter)
    }
}

impl Part {
    pub(super) fn parameter(&self) -> Option<&Parameter> {
        match self {
            Self::Parameter(parameter) => Some(parameter),
            Self::Literal(_) => None,
        }
    }
}

struct Parser<'a> {
    names: Vec<String>,
    template: &'a str,
}

impl Parser<'_> {
    fn segments(&mut self, text: &str) -> Result<Vec<Segment>, Error> {
        let mut pieces = split_segments(text);
        if pieces.last().is_some_and(String::is_empty) {
            pieces.pop();
        }
        let count = pieces.len();
        let mut segments = Vec::with_capacity(count);
        for (index, piece) in pieces.iter().enumerate() {
            if piece.is_empty() {
                return Err(pattern_error(
                    "The route template separator character '/' cannot appear consecutively. \
                     It must be separated by either a parameter or a literal value.",
                ));
            }
            let segment = self.segment(piece)?;
            let catch_all = segment.parts.iter().filter_map(Part::parameter).any(|parameter| parameter.catch_all);
            if catch_all && segment.parts.len() > 1 {
                return Err(pattern_error(
                    "A path segment that contains more than one section, such as a literal section or a parameter, \
                     cannot contain a catch-all parameter.",
                ));
            }
            if catch_all && index + 1 < count {
                return Err(pattern_error(
                    "A catch-all parameter can only appear as the last segment of the route template.",
                ));
            }
            segments.push(segment);
        }
        Ok(segments)
    }

    fn segment(&mut self, piece: &str) -> Result<Segment, Error> {
        let mut parts: Vec<Part> = Vec::new();
        let mut literal = String::new();
        let mut characters = piece.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '{' if characters.next_if_eq(&'{').is_some() => literal.push('{'),
                '}' if characters.next_if_eq(&'}').is_some() => literal.push('}'),
                '}' => return Err(pattern_error(INCOMPLETE)),
                '{' => {
                    let content = parameter_content(&mut characters)?;
                    push_literal(&mut parts, &mut literal)?;
                    if parts.last().is_some_and(|part| part.parameter().is_some()) {
                        return Err(pattern_error(
                            "A path segment cannot contain two consecutive parameters. \
                             They must be separated by a '/' or by a literal string.",
                        ));
                    }
                    let parameter = self.parameter(&content)?;
                    parts.push(Part::Parameter(parameter));
                }
                other => literal.push(other),
            }
        }
        push_literal(&mut parts, &mut literal)?;
        check_optional(piece, &parts)?;
        Ok(Segment { parts })
    }

    fn parameter(&mut self, content: &str) -> Result<Parameter, Error> {
        let (catch_all, content) = match content.strip_prefix("**").or_else(|| content.strip_prefix('*')) {
            Some(rest) => (true, rest),
            None => (false, content),
        };
        let (optional, content) = match content.strip_suffix('?') {
            Some(rest) => (true, rest),
            None => (false, content),
        };
        let end = content.find([':', '=']).unwrap_or(content.len());
        let (name, rest) = content.split_at(end);
        if name.is_empty() || name.contains(['{', '}', '/', '?', '*']) {
            return Err(pattern_error(&format!(
                "The route parameter name '{name}' is invalid. Route parameter names must be non-empty and cannot contain these \
                 characters: '{{', '}}', '/'. The '?' character marks a parameter as optional, and can occur only at the end of \
                 the parameter. The '*' character marks a parameter as catch-all, and can occur only at the start of the parameter."
            )));
        }
        if self.names.iter().any(|taken| taken.eq_ignore_ascii_case(name)) {
            return Err(pattern_error(&format!(
                "The route parameter name '{name}' appears more than one time in the route template."
            )));
        }
        self.names.push(name.to_owned());
        let (inline, default) = constraints_and_default(rest);
        if optional && catch_all {
            return Err(pattern_error("A catch-all parameter cannot be marked optional."));
        }
        if optional && default.is_some() {
            return Err(pattern_error("An optional parameter cannot have default value."));
        }
        let constraints = inline
            .into_iter()
            .map(|text| {
                Constraint::parse(&text).map_err(|fault| match fault {
                    Fault::Unknown => Error::Constraint {
                        name: name.to_owned(),
                        constraint: text,
                        template: self.template.to_owned(),
                    },
                    Fault::Arguments(type_name, count) => Error::Arguments(type_name, count),
                    Fault::Values(type_name) => Error::Values(type_name),
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Parameter { name: name.to_owned(), optional, catch_all, default, constraints })
    }
}

const INCOMPLETE: &str = "There is an incomplete parameter in the route template. Check that each '{' character has a matching '}' character.";

fn pattern_error(text: &str) -> Error {
    Error::Syntax(text.to_owned())
}

/// Splits at the slashes that are not inside a parameter.
fn split_segments(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut depth = 0_usize;
    for character in text.chars() {
        match character {
            '/' if depth == 0 => {
                pieces.push(String::new());
                continue;
            }
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
    }
    pieces
}

/// What stands between `{` (already taken) and its `}`, with doubled braces undone.
fn parameter_content(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, Error> {
    let mut content = String::new();
    while let Some(character) = characters.next() {
        match character {
            '{' if characters.next_if_eq(&'{').is_some() => content.push('{'),
            '{' => return Err(pattern_error("In a route parameter, '{' and '}' must be escaped with '{{' and '}}'.")),
            '}' if characters.next_if_eq(&'}').is_some() => content.push('}'),
            '}' => return Ok(content),
            other => content.push(other),
        }
    }
    Err(pattern_error(INCOMPLETE))
}

fn push_literal(parts: &mut Vec<Part>, literal: &mut String) -> Result<(), Error> {
    if literal.is_empty() {
        return Ok(());
    }
    if literal.contains('?') {
        return Err(pattern_error(&format!(
            "The literal section '{literal}' is invalid. Literal sections cannot contain the '?' character."
        )));
    }
    parts.push(Part::Literal(std::mem::take(literal)));
    Ok(())
}

/// An optional parameter beside other parts must be last and follow a full stop (protocol.md#binding-keys).
fn check_optional(piece: &str, parts: &[Part]) -> Result<(), Error> {
    for (index, part) in parts.iter().enumerate() {
        let Some(parameter) = part.parameter().filter(|parameter| parameter.optional) else { continue };
        if index + 1 < parts.len() {
            return Err(pattern_error(&format!(
                "An optional parameter must be at the end of the segment. In the segment '{piece}', optional parameter '{}' is \
                 followed by '{}'.",
                parameter.name,
                match &parts[index + 1] {
                    Part::Literal(text) => text,
                    Part::Parameter(next) => &next.name,
                }
            )));
        }
        if let Some(Part::Literal(before)) = index.checked_sub(1).and_then(|before| parts.get(before))
            && before != "."
        {
            return Err(pattern_error(&format!(
                "In the segment '{piece}', the optional parameter '{}' is preceded by an invalid segment '{before}'. \
                 Only a period (.) can precede an optional parameter.",
                parameter.name
            )));
        }
    }
    Ok(())
}

/// Takes `:int:range(1,10)=5` apart. Inside parentheses a colon or an equals sign is part of the argument.
fn constraints_and_default(text: &str) -> (Vec<String>, Option<String>) {
    let mut constraints: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '=' if depth == 0 => return (constraints, Some(text[at + 1..].to_owned())),
            ':' if depth == 0 => {
                constraints.push(String::new());
                continue;
            }
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(constraint) = constraints.last_mut() {
            constraint.push(character);
        }
    }
    constraints.retain(|constraint| !constraint.is_empty());
    (constraints, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(template: &str) -> String {
        Template::parse(template).unwrap_err().to_string()
    }

    #[test]
    fn faults_have_the_words_of_asp_net() {
        assert_eq!(
            error("api/x/{a}/{a}"),
            "Microsoft.AspNetCore.Routing: The route parameter name 'a' appears more than one time in the route template. \
             (Parameter 'routeTemplate'). Microsoft.AspNetCore.Routing: The route parameter name 'a' appears more than one time \
             in the route template."
        );
        for (template, part) in [
            ("api/x/{id", "incomplete parameter"),
            ("api/x?y=1", "cannot contain the '?' character"),
            ("api//lead", "cannot appear consecutively"),
            ("~t/{id}", "cannot start with a '~' character"),
            ("api/{*rest}/x", "only appear as the last segment"),
            ("api/a{*rest}", "cannot contain a catch-all"),
            ("api/{a}{b}", "two consecutive parameters"),
            ("api/{}", "parameter name '' is invalid"),
            ("api/{a?}b", "must be at the end of the segment"),
            ("api/x-{a?}", "Only a period (.)"),
            ("api/{id:nosuch}", "'id' - 'nosuch' on the route 'api/{id:nosuch}'"),
        ] {
            assert!(error(template).contains(part), "{template}: {}", error(template));
        }
        assert!(["~/t", "/~t", "a/~t"].iter().all(|template| Template::parse(template).is_ok()));
    }

    #[test]
    fn constraints_and_defaults_are_taken_apart() {
        assert_eq!(
            constraints_and_default(":alpha:length(3)=a:b"),
            (vec!["alpha".to_owned(), "length(3)".to_owned()], Some("a:b".to_owned()))
        );
        assert_eq!(constraints_and_default(":regex(^a=b:c$)").0, ["regex(^a=b:c$)"]);
    }
}
