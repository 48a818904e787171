//! A request for a function.

use wire::Request;

use crate::envelope::http_request::Identity;
use crate::host::Host;
use crate::host::routes::Found;
use crate::host::running::Running;

/// A request for a function by one who may call it: made once, in the front. It has no invocation id, since a request that is
/// retried is several invocations: `Execution::begin` gives each its own.
#[derive(Debug)]
pub struct Call<'a> {
    pub host: &'a Host,
    pub running: &'a Running,
    /// The function, and the values of its route.
    pub found: Found,
    /// Head and decoded target.
    pub request: Request<'a>,
    /// The key that the caller presents, if it is right.
    pub identity: Option<Identity>,
}
