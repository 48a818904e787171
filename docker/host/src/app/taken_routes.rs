//! Which function has a route that several want (protocol.md#function-routes).

use std::collections::HashMap;

use dotnet_text::letter_case::fold_case;

use super::diagnostic::Diagnostic;
use super::function::Function;

/// The routes that functions have, in the order of the names of these: a route that two want is the first one's.
#[derive(Default)]
pub(super) struct TakenRoutes(HashMap<String, Vec<Taken>>);

struct Taken {
    owner: String,
    methods: Option<Vec<String>>,
}

impl TakenRoutes {
    /// From now on the route is this function's.
    pub(super) fn take(&mut self, function: &Function) {
        if let Some(http) = &function.http {
            let taken = Taken { owner: function.name.clone(), methods: http.methods.clone() };
            self.0.entry(bare(&http.route)).or_default().push(taken);
        }
    }

    /// A route that is the host's own, or taken (recordings J10b to J10f). As in the real host, slashes around a route do not count
    /// here, an empty list of methods means all of them, and the names of methods are compared with their case: `GET` and `get` do
    /// not overlap, and the first function gets both.
    pub(super) fn conflict(&self, function: &Function) -> Option<Diagnostic> {
        let http = function.http.as_ref()?;
        let at = function.trigger_binding()?.at("route");
        let route = bare(&http.route);
        if let Some(reserved) = ["admin", "runtime"].into_iter().find(|name| route.starts_with(&fold_case(name))) {
            let hint = if function.is_implicit() {
                format!(
                    "below `/{reserved}` the host answers by itself: remove this route; a catch-all does not get those paths either"
                )
            } else {
                format!("no route may begin with `{reserved}`; without `route` the function's name is the route")
            };
            let text = "The specified route conflicts with one or more built in routes.";
            return Some(Diagnostic::new(text, at).hint(hint));
        }
        let overlaps = |taken: &&Taken| match (&http.methods, &taken.methods) {
            (Some(mine), Some(theirs)) if !mine.is_empty() && !theirs.is_empty() => {
                mine.iter().any(|method| theirs.contains(method))
            }
            _ => true,
        };
        let owner = &self.0.get(&route)?.iter().find(overlaps)?.owner;
        let text = format!("The route specified conflicts with the route defined by function '{owner}'.");
        Some(Diagnostic::new(text, at).hint("give one of the two another `route`, or methods that do not overlap"))
    }
}

fn bare(route: &str) -> String {
    fold_case(route.trim_matches('/'))
}
