//! Pages of other origins that may call, as Core Tools' `--cors` has it: ASP.NET's CORS with any method and any header.

use std::sync::Arc;

use wire::{Caller, Headers, Name, Request, RequestHead, Response, Service, Warning};

use crate::app::Diagnostic;

const ANY: &str = "*";
const NO_CONTENT: u16 = 204;

/// Whose pages may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    origins: Vec<String>,
    has_credentials: bool,
}

impl Policy {
    /// The policy of a list of origins with commas between them; `*` is any.
    pub fn new(origins: &str, has_credentials: bool) -> Result<Self, Diagnostic> {
        let origins: Vec<String> = origins
            .split(',')
            .map(|origin| origin.trim().to_ascii_lowercase())
            .filter(|origin| !origin.is_empty())
            .collect();
        if let Some(wrong) = origins.iter().find(|origin| *origin != ANY && !is_origin(origin)) {
            let text = format!("`{wrong}` is not an origin, so no browser ever sends it");
            return Err(
                Diagnostic::of_whole(text).hint("scheme, host and port, with nothing behind: http://localhost:3000")
            );
        }
        let policy = Self { origins, has_credentials };
        if policy.allows_any() && has_credentials {
            let hint =
                "with `--cors-credentials`, or `CORSCredentials`, name the origins: --cors http://localhost:3000";
            return Err(Diagnostic::of_whole("browsers refuse cookies where any origin may call").hint(hint));
        }
        Ok(policy)
    }

    fn allows_any(&self) -> bool {
        self.origins.iter().any(|origin| origin == ANY)
    }

    /// What every response to this request says beside its own headers.
    fn headers(&self, head: &RequestHead) -> Headers {
        let mut headers = Headers::default();
        let origin =
            head.headers.named("Origin").and_then(|origin| std::str::from_utf8(origin).ok()).unwrap_or_default();
        if origin.is_empty() || !(self.allows_any() || self.origins.iter().any(|known| known == origin)) {
            return headers;
        }
        headers.push(Name::AccessControlAllowOrigin, if self.allows_any() { ANY } else { origin });
        if self.has_credentials {
            headers.push(Name::AccessControlAllowCredentials, "true");
        }
        if self.origins.len() > 1 {
            headers.push(Name::Vary, "Origin");
        }
        if let Some(method) = preflight(head) {
            if let Some(wanted) = head.headers.named("Access-Control-Request-Headers") {
                headers.push(Name::AccessControlAllowHeaders, wanted);
            }
            headers.push(Name::AccessControlAllowMethods, method);
        }
        headers
    }
}

/// The method that a browser asks about before it sends the request itself.
fn preflight(head: &RequestHead) -> Option<&[u8]> {
    let method = head.headers.named("Access-Control-Request-Method")?;
    head.method.eq_ignore_ascii_case("OPTIONS").then_some(method)
}

fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map_or("", |(_, host)| host);
    !host.is_empty() && !host.contains('/')
}

/// A service behind a policy; without one, the service as it is.
#[derive(Clone)]
pub struct WithCors<S> {
    pub service: S,
    pub policy: Option<Arc<Policy>>,
}

impl<S: Service> Service for WithCors<S> {
    async fn call(&self, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
        if let Some(policy) = &self.policy {
            let headers = policy.headers(request.head);
            if preflight(request.head).is_some() {
                return Some(Response { headers, ..Response::empty(NO_CONTENT) });
            }
            caller.add_headers(headers);
        }
        self.service.call(request, caller).await
    }

    fn warn(&self, warning: Warning) {
        self.service.warn(warning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(policy: &str, has_credentials: bool, method: &str, lines: &[(&str, &str)]) -> String {
        let mut head = RequestHead { method: method.to_owned(), ..RequestHead::default() };
        lines.iter().for_each(|(name, value)| head.headers.push(name, value));
        let headers = Policy::new(policy, has_credentials).unwrap().headers(&head);
        let lines = headers.iter().map(|line| format!("{}: {}", line.name(), String::from_utf8_lossy(line.value)));
        lines.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn known_origins_may_call() {
        let mine = [("Origin", "http://localhost:3000")];
        assert_eq!(
            added("http://localhost:3000", false, "GET", &mine),
            "Access-Control-Allow-Origin: http://localhost:3000"
        );
        assert_eq!(added("*", false, "GET", &mine), "Access-Control-Allow-Origin: *");
        assert_eq!(added("https://other", false, "GET", &mine), "");
        assert_eq!(added("*", false, "GET", &[]), "");
        assert_eq!(
            added("https://other,http://localhost:3000", true, "GET", &mine),
            "Access-Control-Allow-Origin: http://localhost:3000, Access-Control-Allow-Credentials: true, Vary: Origin"
        );
    }

    #[test]
    fn a_browser_that_asks_first_is_told_that_it_may() {
        let lines = [
            ("Origin", "https://a"),
            ("Access-Control-Request-Method", "PUT"),
            ("Access-Control-Request-Headers", "x-a,x-b"),
        ];
        let expected =
            "Access-Control-Allow-Origin: *, Access-Control-Allow-Headers: x-a,x-b, Access-Control-Allow-Methods: PUT";
        assert_eq!(added("*", false, "OPTIONS", &lines), expected);
    }

    #[test]
    fn what_no_browser_would_take_is_refused() {
        let refused = |origins, has_credentials| Policy::new(origins, has_credentials).unwrap_err().message;
        assert_eq!(refused("*", true), "browsers refuse cookies where any origin may call");
        for wrong in ["localhost:3000", "http://localhost:3000/", "http://a/b"] {
            assert_eq!(refused(wrong, false), format!("`{wrong}` is not an origin, so no browser ever sends it"));
        }
    }
}
