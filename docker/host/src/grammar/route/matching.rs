//! How a path is held against a template: ASP.NET Core's `RoutePatternMatcher`.

use super::constraint::Constraint;
use super::pattern;
use super::segment::{Kind, Parameter, Part, Segment};
use super::template::Template;
use dotnet_text::letter_case::fold;

/// The parameters of a template in its order; `None` where one has no value.
pub type Values = Vec<(String, Option<String>)>;

impl Template {
    /// The values of all parameters if `path` (decoded, beginning with a slash) matches the template and its constraints.
    pub fn matches(&self, path: &str) -> Result<Option<Values>, pattern::Error> {
        let mut found: Vec<(&str, String)> = Vec::new();
        if self.match_segments(path, &mut found).is_none() {
            return Ok(None);
        }
        let mut values = Vec::new();
        for parameter in self.parameters() {
            let value = found.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| value.clone());
            let value = value.or_else(|| parameter.default.clone());
            if !satisfies(parameter, value.as_deref())? {
                return Ok(None);
            }
            values.push((parameter.name.clone(), value));
        }
        Ok(Some(values))
    }

    fn match_segments<'a>(&'a self, path: &str, found: &mut Vec<(&'a str, String)>) -> Option<()> {
        let path = path.strip_prefix('/')?;
        let (mut rest, slash) = path.strip_suffix('/').map_or((path, ""), |rest| (rest, "/"));
        let ends_in_two_slashes = rest.ends_with('/') || path == "/";
        let mut segments = self.segments.iter();
        while !rest.is_empty() {
            let segment = segments.next()?;
            if let [Part::Parameter(parameter)] = segment.parts.as_slice()
                && parameter.kind.is_catch_all()
            {
                found.push((&parameter.name, format!("{rest}{slash}")));
                return (!rest.starts_with('/')).then_some(());
            }
            // A doubled slash never matches, but for one within what a catch-all takes (recordings JX-route-star, Y08-0, Y08-1).
            let end = rest.bytes().position(|byte| byte == b'/').unwrap_or(rest.len());
            let (piece, others) = rest.split_at(end);
            if piece.is_empty() {
                return None;
            }
            match_segment(segment, piece, found)?;
            rest = others.strip_prefix('/').unwrap_or(others);
        }
        (!ends_in_two_slashes && segments.all(can_be_left_out)).then_some(())
    }
}

/// A request that ends before the template does matches when all that remains is optional or has a default.
fn can_be_left_out(segment: &Segment) -> bool {
    match segment.parts.as_slice() {
        [Part::Parameter(parameter)] => {
            parameter.kind == Kind::Optional || parameter.kind.is_catch_all() || parameter.default.is_some()
        }
        _ => false,
    }
}

/// An absent optional parameter is not held against its constraints; a catch-all without a value is.
fn satisfies(parameter: &Parameter, value: Option<&str>) -> Result<bool, pattern::Error> {
    let Some(value) = value else {
        return Ok(parameter.kind == Kind::Optional || parameter.constraints.iter().all(Constraint::accepts_nothing));
    };
    for constraint in &parameter.constraints {
        if !constraint.accepts(value)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn match_segment<'a>(segment: &'a Segment, piece: &str, found: &mut Vec<(&'a str, String)>) -> Option<()> {
    match segment.parts.as_slice() {
        [Part::Literal(literal)] => equal(literal, piece).then_some(()),
        [Part::Parameter(parameter)] => {
            found.push((&parameter.name, piece.to_owned()));
            Some(())
        }
        parts => match_parts_with_optional_end(parts, piece, found),
    }
}

/// `{name}.{ext?}`: tried with the extension, then without it and its full stop (protocol.md#binding-keys).
fn match_parts_with_optional_end<'a>(parts: &'a [Part], piece: &str, found: &mut Vec<(&'a str, String)>) -> Option<()> {
    if let Some(values) = match_parts(parts, piece) {
        found.extend(values);
        return Some(());
    }
    let (Part::Parameter(last), rest) = parts.split_last()? else { return None };
    let (Part::Literal(separator), rest) = rest.split_last()? else { return None };
    if last.kind != Kind::Optional || piece.ends_with(separator.as_str()) {
        return None;
    }
    found.extend(match_parts(rest, piece)?);
    Some(())
}

/// Matches from the right, literals as far right as they go, each parameter taking at least one character.
fn match_parts<'a>(parts: &'a [Part], piece: &str) -> Option<Vec<(&'a str, String)>> {
    let mut found = Vec::new();
    let mut end = piece.len();
    let mut pending: Option<&Parameter> = None;
    for (index, part) in parts.iter().enumerate().rev() {
        match part {
            Part::Parameter(parameter) => pending = Some(parameter),
            Part::Literal(literal) => {
                let limit = if pending.is_some() { previous(piece, end)? } else { end };
                let start = rfind(&piece[..limit], literal)?;
                let after = start + literal_length(&piece[start..], literal)?;
                if index + 1 == parts.len() && after != piece.len() {
                    return None;
                }
                if let Some(parameter) = pending.take() {
                    found.push((parameter.name.as_str(), value(&piece[after..end])?));
                }
                end = start;
            }
        }
    }
    match pending {
        Some(parameter) => found.push((parameter.name.as_str(), value(&piece[..end])?)),
        None if end != 0 => return None,
        None => {}
    }
    Some(found)
}

fn value(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn previous(text: &str, end: usize) -> Option<usize> {
    text[..end].char_indices().next_back().map(|(at, _)| at)
}

fn rfind(text: &str, literal: &str) -> Option<usize> {
    text.char_indices().map(|(at, _)| at).rev().find(|at| literal_length(&text[*at..], literal).is_some())
}

/// How many bytes of `text` the literal takes when it stands at the beginning, ignoring case.
fn literal_length(text: &str, literal: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    for wanted in literal.chars() {
        let (_, character) = characters.next()?;
        if character != wanted && fold(character) != fold(wanted) {
            return None;
        }
    }
    Some(characters.next().map_or(text.len(), |(at, _)| at))
}

fn equal(literal: &str, piece: &str) -> bool {
    // Most are written as in the template, which is quicker to see.
    literal == piece || literal.eq_ignore_ascii_case(piece) || literal_length(piece, literal) == Some(piece.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(template: &str, path: &str) -> Option<Vec<(String, Option<String>)>> {
        Template::parse(template).unwrap().matches(path).unwrap()
    }

    fn matches(template: &str, path: &str) -> bool {
        values(template, path).is_some()
    }

    fn pairs(expected: &[(&str, Option<&str>)]) -> Option<Vec<(String, Option<String>)>> {
        Some(expected.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect())
    }

    #[test]
    fn literals_ignore_letter_case_and_a_trailing_slash() {
        assert!(matches("api/grüße/{x}", "/API/GRÜßE/1/"));
        assert!(matches("api/with blank/x", "/api/with blank/x"));
        assert!(matches("api/trail/", "/api/trail"));
        assert!(!matches("api/a", "/api/a/b"));
        assert!(!matches("api/a", "/api//a"));
        assert!(!matches("api/{*rest}", "/api//a/b"));
        assert!(!matches("api/{x}", "/api/a//"));
        assert!(matches("api/{*rest}", "/api/a//b"));
        for template in ["{x}", "{x?}", "{*x}", "{x=1}"] {
            assert!(!matches(template, "//"), "{template}");
        }
    }

    #[test]
    fn parameters_take_defaults_or_nothing() {
        assert_eq!(values("api/d/{x=7}", "/api/d"), pairs(&[("x", Some("7"))]));
        assert_eq!(values("api/h/{n}/{l?}", "/api/h/Ana"), pairs(&[("n", Some("Ana")), ("l", None)]));
        assert_eq!(values("api/{*all}", "/api/"), pairs(&[("all", None)]));
        assert_eq!(values("{*all}", "/a/b"), pairs(&[("all", Some("a/b"))]));
        assert_eq!(values("{**all}", "/a//b//"), pairs(&[("all", Some("a//b//"))]));
        assert_eq!(values("api/{*all}", "/api/a/"), pairs(&[("all", Some("a/"))]));
        assert!(matches("api/{*all:nonfile}", "/api/") && !matches("api/{*all:nonfile}", "/api/a.b"));
        assert!(!matches("api/om/{a?}/b", "/api/om/b"));
        assert!(!matches("api/s/{*n:int}", "/api/s"));
        assert!(matches("api/s/{*n:int}", "/api/s/5"));
    }

    #[test]
    fn a_segment_of_several_parts_splits_at_the_last_literal() {
        assert_eq!(values("{name}.{ext}", "/a.b.txt"), pairs(&[("name", Some("a.b")), ("ext", Some("txt"))]));
        assert!(!matches("{name}.{ext}", "/a"));
        assert_eq!(values("{name}.{ext?}", "/a"), pairs(&[("name", Some("a")), ("ext", None)]));
        assert!(!matches("{name}.{ext?}", "/a."));
        assert_eq!(values("{a}-{b}", "/1-2-3"), pairs(&[("a", Some("1-2")), ("b", Some("3"))]));
        assert_eq!(values("v{n}", "/V10"), pairs(&[("n", Some("10"))]));
        assert!(!matches("v{n}", "/w10"));
        assert!(!matches("{a}x", "/ay"));
    }
}
