//! The table of functions by URL (protocol.md#binding-keys and #function-routes).

use std::sync::Arc;

use crate::app::{App, Function, HttpMode};
use crate::grammar::route::{Template, full};

/// The functions of an app by the URLs that they answer.
#[derive(Debug, Clone, Default)]
pub struct Table {
    routes: Vec<Route>,
}

#[derive(Debug, Clone)]
struct Route {
    template: Template,
    function: Arc<Function>,
    mode: HttpMode,
}

/// The function that a request is for, and what its route says about the request.
#[derive(Debug, Clone)]
pub struct Found {
    /// The function.
    pub function: Arc<Function>,
    /// How the request reaches the handler.
    pub mode: HttpMode,
    /// Route parameters in the order of the template, defaults filled in; `None` where an optional parameter or a catch-all
    /// has nothing (protocol.md#http-trigger).
    pub values: Vec<(String, Option<String>)>,
}

impl Table {
    /// The routes of all loaded functions, disabled ones included. A template that does not parse is left out: it is one of
    /// the app's errors, and the host does not run.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let prefix = &app.options.http.route_prefix;
        let routes = app
            .functions
            .iter()
            .filter(|function| function.is_loaded())
            .filter_map(|function| {
                let template = Template::parse(&full(prefix, &function.http.as_ref()?.route)).ok()?;
                let mode = function.http_mode(&app.options);
                Some(Route { template, function: Arc::clone(function), mode })
            })
            .collect();
        Self { routes }
    }

    /// The first function, in the order of their names, whose template, constraints and methods match. `path` is decoded as
    /// Kestrel does it: percent escapes undone except `%2F`, dots resolved (recordings J09, JX-route-precedence).
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<Found> {
        self.routes.iter().find_map(|route| {
            let methods = route.function.http.as_ref()?.methods.as_ref();
            let takes = methods.is_none_or(|methods| methods.iter().any(|listed| listed.eq_ignore_ascii_case(method)));
            let values = if takes { route.template.matches(path)? } else { return None };
            Some(Found { function: Arc::clone(&route.function), mode: route.mode, values })
        })
    }
}
