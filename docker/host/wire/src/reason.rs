//! The reason phrases of the web server of the real host.

use http::StatusCode;

/// The phrase for a status; empty if ASP.NET Core does not know it (recordings RX-sc-418, -1000).
pub fn phrase(status: i32) -> &'static str {
    match status {
        // Where ASP.NET Core's table is not everybody's.
        103 | 425 => "",
        203 => "Non-Authoritative Information",
        306 => "Switch Proxy",
        419 => "Authentication Timeout",
        499 => "Client Closed Request",
        other => {
            let status = u16::try_from(other).ok().and_then(|code| StatusCode::from_u16(code).ok());
            status.and_then(|status| status.canonical_reason()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_asp_net_core() {
        let known: Vec<i32> = (-1000..70_000).filter(|status| !phrase(*status).is_empty()).collect();
        let spans = [100..=102, 200..=208, 226..=226, 300..=308, 400..=419, 421..=424, 426..=426, 428..=429, 431..=431];
        let spans = spans.into_iter().chain([451..=451, 499..=499, 500..=508, 510..=511]);
        assert_eq!(known, spans.flatten().collect::<Vec<i32>>());
        for (status, text) in [
            (203, "Non-Authoritative Information"),
            (302, "Found"),
            (306, "Switch Proxy"),
            (413, "Payload Too Large"),
            (414, "URI Too Long"),
            (416, "Range Not Satisfiable"),
            (418, "I'm a teapot"),
            (419, "Authentication Timeout"),
            (422, "Unprocessable Entity"),
            (499, "Client Closed Request"),
        ] {
            assert_eq!(phrase(status), text);
        }
    }
}
