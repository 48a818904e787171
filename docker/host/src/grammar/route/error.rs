//! Why a route template is not one.

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
         'Microsoft.AspNetCore.Routing.Constraints.{0}'. {1}"
    )]
    Values(&'static str, String),
}
