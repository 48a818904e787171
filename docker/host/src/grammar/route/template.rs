//! A route template: what ASP.NET Core's parser makes of it, and its words where it makes nothing.

use super::constraint::Constraint;
use super::error::Error;
use super::segment::{Parameter, Part, Segment};
use super::{parser, pattern};

#[derive(Debug, Clone)]
pub struct Template {
    pub(super) segments: Vec<Segment>,
}

impl Template {
    /// Parses a whole template such as `api/items/{id:int?}`. Constraints are made when all of it is read.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut segments = parser::segments(text).map_err(Error::Syntax)?;
        for part in segments.iter_mut().flat_map(|segment| &mut segment.parts) {
            let Part::Parameter(parameter) = part else { continue };
            parameter.constraints = constraints(parameter, text)?;
        }
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

fn constraints(parameter: &Parameter, template: &str) -> Result<Vec<Constraint>, Error> {
    let unknown = |constraint: &String| {
        let (name, template) = (parameter.name.clone(), template.to_owned());
        Error::Constraint { name, constraint: constraint.clone(), template }
    };
    parameter.inline.iter().map(|text| Constraint::parse(text)?.ok_or_else(|| unknown(text))).collect()
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
            // The parser has read all of it before constraints are made.
            ("api/{id:nosuch}//x", "cannot appear consecutively"),
            ("api/{id:nosuch}?", "literal section '?' is invalid"),
            ("api/{*rest}//x", "cannot appear consecutively"),
            ("{{//x", "cannot appear consecutively"),
            ("{a:int}-{b:long:min(1)?}", "In the segment '{a:}-{b::?}', the optional parameter 'b' is preceded"),
            ("{a?}{b=1}", "In the segment '{a?}{b=1}', optional parameter 'a' is followed by '{b=1}'"),
            ("{a", "incomplete parameter"),
            ("{a{", "incomplete parameter"),
            ("{a{b}", "must be escaped"),
            ("{é}/{É}", "name 'É' appears more than one time"),
            ("{*a?}", "catch-all parameter cannot be marked optional"),
            ("{a=1?}", "optional parameter cannot have default value"),
            (
                "{a:min(x)}",
                "Constraints.MinRouteConstraint'. System.Private.CoreLib: The input string 'x' was not in a correct",
            ),
            (
                "{a:regex}",
                "Constraints.RegexInlineRouteConstraint'. System.Private.CoreLib: Exception has been thrown by the",
            ),
        ] {
            assert!(error(template).contains(part), "{template}: {}", error(template));
        }
        assert!(["~/t", "/~t", "a/~t", "{{/{b}"].iter().all(|template| Template::parse(template).is_ok()));
    }
}
