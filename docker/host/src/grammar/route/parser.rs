//! ASP.NET Core's parser of route templates (`RoutePatternParser`): what it takes, and its words for what it does not.

use dotnet_text::letter_case::same_name;

use super::parameter;
use super::segment::{Kind, Parameter, Part, Segment};

const INCOMPLETE: &str = "There is an incomplete parameter in the route template. Check that each '{' character has a matching '}' character.";
const UNESCAPED: &str = "In a route parameter, '{' and '}' must be escaped with '{{' and '}}'.";
const TILDE: &str = "The route template cannot start with a '~' character unless followed by a '/'.";
const SEPARATORS: &str = "The route template separator character '/' cannot appear consecutively. \
                          It must be separated by either a parameter or a literal value.";
const CATCH_ALL_BESIDE: &str = "A path segment that contains more than one section, such as a literal section or a parameter, \
                                cannot contain a catch-all parameter.";
const CATCH_ALL_LAST: &str = "A catch-all parameter can only appear as the last segment of the route template.";
const TWO_PARAMETERS: &str = "A path segment cannot contain two consecutive parameters. \
                              They must be separated by a '/' or by a literal string.";

/// The segments of a template, their constraints unread. It reads from left to right, and the first mistake is the one that counts.
pub(super) fn segments(template: &str) -> Result<Vec<Segment>, String> {
    let rest = template.strip_prefix("~/").or_else(|| template.strip_prefix('/')).unwrap_or(template);
    if rest.len() == template.len() && rest.starts_with('~') {
        return Err(TILDE.to_owned());
    }
    let mut parser = Parser { rest, names: Vec::new() };
    let mut segments = Vec::new();
    while !parser.rest.is_empty() {
        if parser.rest.starts_with('/') {
            return Err(SEPARATORS.to_owned());
        }
        segments.push(parser.segment()?);
        parser.rest = parser.rest.strip_prefix('/').unwrap_or(parser.rest);
    }
    let before_last = segments.split_last().map_or_else(Default::default, |(_, before)| before);
    if before_last.iter().any(has_catch_all) {
        return Err(CATCH_ALL_LAST.to_owned());
    }
    Ok(segments)
}

struct Parser<'a> {
    rest: &'a str,
    /// Of the parameters so far.
    names: Vec<String>,
}

impl<'a> Parser<'a> {
    fn segment(&mut self) -> Result<Segment, String> {
        let mut parts = Vec::new();
        while !self.rest.is_empty() && !self.rest.starts_with('/') {
            let part = if self.rest.starts_with('{') && !self.rest.starts_with("{{") {
                Part::Parameter(self.parameter()?)
            } else {
                Part::Literal(self.literal()?)
            };
            parts.push(part);
        }
        let segment = Segment { parts };
        check(&segment)?;
        Ok(segment)
    }

    fn literal(&mut self) -> Result<String, String> {
        let bytes = self.rest.as_bytes();
        let mut end = 0;
        while let Some(byte) = bytes.get(end) {
            match (byte, bytes.get(end + 1)) {
                (b'/', _) => break,
                (b'{', Some(b'{')) | (b'}', Some(b'}')) => end += 1,
                (b'{', Some(_)) => break,
                (b'{' | b'}', _) => return Err(INCOMPLETE.to_owned()),
                _ => {}
            }
            end += 1;
        }
        let literal = unescaped(self.take(end));
        if literal.contains('?') {
            return Err(format!(
                "The literal section '{literal}' is invalid. Literal sections cannot contain the '?' character."
            ));
        }
        Ok(literal)
    }

    fn parameter(&mut self) -> Result<Parameter, String> {
        let end = end_of_parameter(self.rest)?;
        let text = self.take(end);
        let inside = unescaped(&text[1..text.len() - 1]);
        let parameter = parameter::parse(&inside);
        if inside.starts_with('*') && inside.ends_with('?') {
            return Err("A catch-all parameter cannot be marked optional.".to_owned());
        }
        if parameter.kind == Kind::Optional && parameter.default.is_some() {
            return Err("An optional parameter cannot have default value.".to_owned());
        }
        let name = &parameter.name;
        if name.is_empty() || name.contains(['/', '{', '}', '?', '*']) {
            return Err(format!(
                "The route parameter name '{name}' is invalid. Route parameter names must be non-empty and cannot contain these \
                 characters: '{{', '}}', '/'. The '?' character marks a parameter as optional, and can occur only at the end of \
                 the parameter. The '*' character marks a parameter as catch-all, and can occur only at the start of the parameter."
            ));
        }
        if self.names.iter().any(|taken| same_name(taken, name)) {
            return Err(format!("The route parameter name '{name}' appears more than one time in the route template."));
        }
        self.names.push(name.clone());
        Ok(parameter)
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// How far a parameter reaches that begins with the brace at the beginning.
fn end_of_parameter(text: &str) -> Result<usize, String> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'{', Some(b'{')) | (b'}', Some(b'}')) => at += 1,
            (b'{', Some(_)) => return Err(UNESCAPED.to_owned()),
            (b'{', None) => break,
            (b'}', _) => return Ok(at + 1),
            _ => {}
        }
        at += 1;
    }
    Err(INCOMPLETE.to_owned())
}

fn unescaped(text: &str) -> String {
    text.replace("}}", "}").replace("{{", "{")
}

fn has_catch_all(segment: &Segment) -> bool {
    segment.parts.iter().filter_map(Part::parameter).any(|parameter| parameter.kind.is_catch_all())
}

/// What may stand beside what in one segment (protocol.md#binding-keys).
fn check(segment: &Segment) -> Result<(), String> {
    if has_catch_all(segment) && segment.parts.len() > 1 {
        return Err(CATCH_ALL_BESIDE.to_owned());
    }
    for (index, part) in segment.parts.iter().enumerate() {
        let Some(parameter) = part.parameter().filter(|it| it.kind == Kind::Optional) else { continue };
        let name = &parameter.name;
        if let Some(next) = segment.parts.get(index + 1) {
            return Err(format!(
                "An optional parameter must be at the end of the segment. In the segment '{segment}', optional parameter '{name}' is \
                 followed by '{next}'."
            ));
        }
        let before = index.checked_sub(1).and_then(|before| segment.parts.get(before));
        if let Some(before) = before.filter(|before| !matches!(before, Part::Literal(text) if text == ".")) {
            return Err(format!(
                "In the segment '{segment}', the optional parameter '{name}' is preceded by an invalid segment '{before}'. \
                 Only a period (.) can precede an optional parameter."
            ));
        }
    }
    let is_pair = |pair: &[Part]| pair.iter().all(|part| part.parameter().is_some());
    if segment.parts.windows(2).any(is_pair) { Err(TWO_PARAMETERS.to_owned()) } else { Ok(()) }
}
