//! Route templates of ASP.NET (protocol.md#binding-keys and #function-routes).

mod constraint;
mod matching;
mod template;

pub use template::Template;

/// The whole template of a function: the app's prefix and its own route.
pub fn full(prefix: &str, route: &str) -> String {
    if prefix.is_empty() { route.to_owned() } else { format!("{prefix}/{route}") }
}

/// Why a template is not one, in the words of ASP.NET's parser.
pub fn fault(template: &str) -> Option<String> {
    let reason = Template::parse(template).err()?;
    let text = reason.rsplit_once("Microsoft.AspNetCore.Routing: ").map_or(reason.as_str(), |(_, text)| text);
    Some(text.to_owned())
}

/// Why ASP.NET's parser refuses a template by itself, in the words of its exception. Whether constraints are known is not its
/// business.
pub fn syntax_error(template: &str) -> Option<String> {
    const PARAMETER: &str = " (Parameter 'routeTemplate')";

    let reason = Template::parse(template).err()?;
    reason.contains(PARAMETER).then(|| format!("{}{PARAMETER}", fault(template).unwrap_or_default()))
}

/// The host error that a template causes: it takes the whole host down (protocol.md#discovery-and-names, recording JX-bad-DupParam).
pub fn host_error(function: &str, template: &str) -> Option<String> {
    let reason = Template::parse(template).err()?;
    Some(format!(
        "Microsoft.AspNetCore.Routing: An error occurred while creating the route with name '{function}' and template \
         '{template}'. {reason}"
    ))
}

/// Whether a part of a route begins or ends with a slash, which gives two in a row.
pub fn has_outer_slash(route: &str) -> bool {
    route.starts_with('/') || route.ends_with('/')
}
