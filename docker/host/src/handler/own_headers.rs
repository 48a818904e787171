//! The headers that the host puts on every request to the handler.

use uuid::Uuid;
use wire::{Headers, Name};

/// The version that this host says it is: that of the recorded host.
pub const VERSION: &str = "4.1054.0.0";
/// How the host names itself to the handler.
const AGENT: &str = "Azure-Functions-Host/4.1054.0.0";

/// Adds the headers that the host puts on every request of its own: version, id and agent (protocol.md#envelope-request). A caller's
/// are kept, with the host's values behind them.
pub fn append(headers: &mut Headers, invocation: Uuid) {
    headers.append("X-Azure-Functions-HostVersion", ", ", VERSION);
    headers.append(
        "X-Azure-Functions-InvocationId",
        ", ",
        invocation.hyphenated().encode_lower(&mut Uuid::encode_buffer()),
    );
    headers.append(Name::UserAgent, " ", AGENT);
}
