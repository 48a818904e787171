//! What a route template is made of.

use std::fmt;

use super::constraint::Constraint;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Standard,
    Optional,
    /// `{*name}`
    CatchAll,
    /// `{**name}`, which differs only where URLs are made.
    DoubleCatchAll,
}

#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub name: String,
    pub kind: Kind,
    pub default: Option<String>,
    /// The constraints as they are written, and as they are.
    pub inline: Vec<String>,
    pub constraints: Vec<Constraint>,
}

impl Part {
    pub(super) const fn parameter(&self) -> Option<&Parameter> {
        match self {
            Self::Parameter(parameter) => Some(parameter),
            Self::Literal(_) => None,
        }
    }
}

impl Kind {
    pub(super) const fn is_catch_all(self) -> bool {
        matches!(self, Self::CatchAll | Self::DoubleCatchAll)
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| part.fmt(f))
    }
}

/// As the parser's messages show it: of each constraint there is only the colon.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parameter { name, kind, default, inline, .. } = match self {
            Self::Literal(text) => return f.write_str(text),
            Self::Parameter(parameter) => parameter,
        };
        let (before, after) = match kind {
            Kind::Standard => ("", ""),
            Kind::Optional => ("", "?"),
            Kind::CatchAll => ("*", ""),
            Kind::DoubleCatchAll => ("**", ""),
        };
        write!(f, "{{{before}{name}{}", ":".repeat(inline.len()))?;
        if let Some(default) = default {
            write!(f, "={default}")?;
        }
        write!(f, "{after}}}")
    }
}
