//! The table of functions by URL (protocol.md#binding-keys and #function-routes).

use std::sync::Arc;

use crate::app::{App, AuthLevel, Function, HttpMode, HttpTrigger, LoadedFunction};
use crate::grammar::route::{PatternError, Template, Values, full};

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
    mode: Option<HttpMode>,
}

/// The function that a request is for, and what its route says about the request.
#[derive(Debug, Clone)]
pub struct Found {
    pub function: Arc<LoadedFunction>,
    pub level: AuthLevel,
    /// `None` if the SDK does not know the function.
    pub mode: Option<HttpMode>,
    /// Route parameters in the order of the template, defaults filled in; `None` where an optional parameter or a catch-all
    /// has nothing (protocol.md#http-trigger).
    pub values: Values,
}

impl Table {
    /// The routes of all loaded functions, disabled ones included, and of those that the SDK could not index. A template that does
    /// not parse is left out: it is one of the app's errors, and the host does not run.
    pub fn new(app: &App) -> Self {
        let prefix = &app.options.http.route_prefix;
        let routes = app
            .functions
            .iter()
            .filter_map(Function::routed)
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
    /// Kestrel does it: percent escapes undone except `%2F`, dots resolved (recordings J09, JX-route-precedence). A constraint
    /// on the way that is an expression without an answer is an error, as in the real host (recording PX2-regex-broken).
    pub fn find(&self, method: &str, path: &str) -> Result<Option<Found>, PatternError> {
        for route in &self.routes {
            let Route { http, function, mode, .. } = route;
            let is_listed = |methods: &Vec<String>| methods.iter().any(|listed| listed.eq_ignore_ascii_case(method));
            if http.methods.as_ref().is_none_or(is_listed)
                && let Some(values) = route.template.matches(path)?
            {
                let function = Arc::clone(function);
                return Ok(Some(Found { function, level: http.level, mode: *mode, values }));
            }
        }
        Ok(None)
    }
}
