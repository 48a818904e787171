//! Route templates of ASP.NET (protocol.md#binding-keys and #function-routes).

mod constraint;
mod date;
mod error;
mod guid;
mod matching;
mod parameter;
mod parser;
mod pattern;
mod segment;
mod template;

use error::Error;
pub use matching::Values;
pub use pattern::Error as PatternError;
pub use template::Template;

/// The whole template of a function: the app's prefix and its own route.
pub fn full(prefix: &str, route: &str) -> String {
    if prefix.is_empty() { route.to_owned() } else { format!("{prefix}/{route}") }
}

/// Why a template is not one, in the words of ASP.NET's parser.
pub fn error(template: &str) -> Option<String> {
    match Template::parse(template).err()? {
        Error::Syntax(text) => Some(text),
        error => Some(error.to_string().trim_start_matches("Microsoft.AspNetCore.Routing: ").replace('\n', " ")),
    }
}

/// Why ASP.NET's parser refuses a template by itself, in the words of its exception. Whether constraints are known is not its
/// business.
pub fn syntax_error(template: &str) -> Option<String> {
    parser::segments(template).err().map(|text| format!("{text} (Parameter 'routeTemplate')"))
}

/// Why the SDK cannot index a function though its whole template is in order: it reads the route alone, for the names of its
/// parameters. In the words of its exceptions, and the bare reason.
pub fn index_error(prefix: &str, route: &str) -> Option<(String, String)> {
    let reason = parser::segments(route).err().filter(|_| Template::parse(&full(prefix, route)).is_ok())?;
    Some((Error::Syntax(reason.clone()).to_string(), reason))
}

/// The host error that a template causes: it takes the whole host down (protocol.md#discovery-and-names, recording JX-bad-DupParam).
pub fn host_error(function: &str, template: &str) -> Option<String> {
    let reason = Template::parse(template).err()?;
    Some(format!(
        "Microsoft.AspNetCore.Routing: An error occurred while creating the route with name '{function}' and template \
         '{template}'. {reason}"
    ))
}

/// Why a template is one whose requests all end in an error: an expression in it that has no answer.
pub fn pattern_error(template: &str) -> Option<PatternError> {
    Template::parse(template).ok()?.broken_pattern().cloned()
}

/// Whether a part of a route begins or ends with a slash, which gives two in a row.
pub fn has_outer_slash(route: &str) -> bool {
    route.starts_with('/') || route.ends_with('/')
}
