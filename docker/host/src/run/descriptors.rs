//! How many connections this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many connections are open at most, whatever the system allows.
const MAX_CONNECTIONS: u64 = 16 * 1024;
/// Descriptors that are kept for the handler's pipes, storage and files, where there are enough.
const KEPT_DESCRIPTORS: u64 = 256;
/// A caller's connection, and the one to the handler for its request.
const DESCRIPTORS_A_CONNECTION: u64 = 2;

/// Raises the limit on descriptors as far as it goes, as .NET does. How many connections from callers that leaves room for.
pub fn connection_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // A system that refuses goes on with what it has.
    let descriptors = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    connections(descriptors.unwrap_or(u64::MAX))
}

fn connections(descriptors: u64) -> usize {
    let left = descriptors - KEPT_DESCRIPTORS.min(descriptors / 2);
    usize::try_from((left / DESCRIPTORS_A_CONNECTION).clamp(1, MAX_CONNECTIONS)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        assert_eq!([64, 1024, 4096, u64::MAX].map(connections), [16, 384, 1920, 16 * 1024]);
    }
}
