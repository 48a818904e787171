//! The table of functions by URL (protocol.md#binding-keys and #function-routes).

use std::sync::Arc;

use crate::app::{App, AuthLevel, HttpMode, HttpTrigger, LoadedFunction};
use crate::grammar::route::{Template, full};

/// The functions of an app by the URLs that they answer.
#[derive(Debug, Clone, Default)]
pub struct Table {
    routes: Vec<Route>,
}

#[derive(Debug, Clone)]
struct Route {
    template: Template,
    http: HttpTrigger,
    function: Arc<LoadedFunction>,
    mode: HttpMode,
}

/// The function that a request is for, and what its route says about the request.
#[derive(Debug, Clone)]
pub struct Found {
    pub function: Arc<LoadedFunction>,
    /// Who may call it.
    pub level: AuthLevel,
    /// How the request reaches the handler.
    pub mode: HttpMode,
    /// Route parameters in the order of the template, defaults filled in; `None` where an optional parameter or a catch-all
    /// has nothing (protocol.md#http-trigger).
    pub values: Vec<(String, Option<String>)>,
}

impl Table {
    /// The routes of all loaded functions, disabled ones included. A template that does not parse is left out: it is one of
    /// the app's errors, and the host does not run.
    pub fn new(app: &App) -> Self {
        let prefix = &app.options.http.route_prefix;
        let routes = app
            .loaded()
            .filter_map(|function| {
                let http = function.http.clone()?;
                let template = Template::parse(&full(prefix, &http.route)).ok()?;
                let mode = function.http_mode(&app.options);
                Some(Route { template, http, function: Arc::new(function), mode })
            })
            .collect();
        Self { routes }
    }

    /// The first function, in the order of their names, whose template, constraints and methods match. `path` is decoded as
    /// Kestrel does it: percent escapes undone except `%2F`, dots resolved (recordings J09, JX-route-precedence).
    pub fn find(&self, method: &str, path: &str) -> Option<Found> {
        self.routes.iter().find_map(|route| {
            let takes = route
                .http
                .methods
                .as_ref()
                .is_none_or(|methods| methods.iter().any(|listed| listed.eq_ignore_ascii_case(method)));
            let values = if takes { route.template.matches(path)? } else { return None };
            let Route { http, function, mode, .. } = route;
            Some(Found { function: Arc::clone(function), level: http.level, mode: *mode, values })
        })
    }
}
