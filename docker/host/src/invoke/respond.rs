//! From the response of a default-mode invocation to what its caller gets (protocol.md#named-http-output and #http-return-value).

use wire::response::Framing;
use wire::{Name, Response};

pub fn respond(mut response: Response, is_to_head: bool) -> Response {
    let is_interim = (100..200).contains(&response.status);
    if is_interim && response.framing == Framing::Length && response.length() > 0 {
        // A measured body has a length, which Kestrel refuses beside such a status.
        return Response::empty(500);
    }
    let has_no_length = is_interim || response.status == 204;
    let lines = response.headers.iter().len();
    if has_no_length {
        response.headers.retain(|line| !(line.has_name(Name::ContentLength) && line.value == b"0"));
    }
    let is_measured_as_nothing = response.headers.iter().len() < lines;
    let length = response.headers.text(Name::ContentLength);
    let is_lacking = response.length() == 0 && response.status != 304;
    if length.is_some_and(|length| length != "0") && (is_lacking || has_no_length) && !is_to_head {
        // A length is announced and there is no body, or must be none: Kestrel notices before it writes anything.
        return Response::empty(500);
    }
    // Kestrel writes nothing of a body that is longer than announced (protocol.md#named-http-output).
    if length.is_some_and(|length| length.parse().is_ok_and(|length: usize| length < response.length())) {
        response.body.clear();
    }
    let is_coded = response.headers.contains(Name::TransferEncoding);
    if is_coded && matches!(response.status, 204 | 205 | 304) {
        // Kestrel refuses it beside a status without a body, and the host answers with the same headers instead.
        response.status = 500;
    }
    if is_measured_as_nothing && response.status == 101 {
        // What has a length does not end with the connection.
        response.framing = Framing::Length;
    } else if response.status == 101 || is_coded || response.headers.contains(Name::ContentLength) {
        response.framing = Framing::AsGiven;
    }
    response
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use wire::response::Ending;

    use super::*;

    fn written(framing: Framing, status: i32, headers: &[(&str, &str)], body: &'static str) -> (String, Ending) {
        let body = vec![Bytes::from_static(body.as_bytes())];
        let mut response = Response { status, body, framing, ..Response::default() };
        for (name, value) in [("Date", "now"), ("Server", "x")].iter().chain(headers) {
            response.headers.push(name, value);
        }
        let response = respond(response, false);
        let ending = response.ending(false);
        let mut bytes = Vec::new();
        response.write_head(false, &mut bytes);
        response.written_body(false).iter().for_each(|piece| bytes.extend_from_slice(piece));
        bytes.extend_from_slice(response.tail(false));
        (String::from_utf8_lossy(&bytes).replace("Date: now\r\nServer: x\r\n", ""), ending)
    }

    #[test]
    fn writes_what_was_recorded() {
        for (status, headers, body, expected, ending) in [
            (200, &[][..], "x", "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", Ending::Keep),
            (999, &[], "", "999 \r\nContent-Length: 0\r\n\r\n", Ending::Keep),
            (200, &[("content-length", "1")], "x", "200 OK\r\nContent-Length: 1\r\n\r\nx", Ending::Keep),
            (-1, &[], "x", "-1 \r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", Ending::Keep),
            (1000, &[], "", "1000 \r\nContent-Length: 0\r\n\r\n", Ending::Keep),
            (101, &[], "x", "101 Switching Protocols\r\nConnection: close\r\n\r\nx", Ending::Close),
            (
                100,
                &[],
                "x",
                "100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                Ending::WaitForCaller,
            ),
            (199, &[], "", "199 \r\n\r\n", Ending::WaitForCaller),
            (101, &[("Content-Length", "0")], "", "101 Switching Protocols\r\n\r\n", Ending::Keep),
            (200, &[("Content-Length", "50")], "x", "200 OK\r\nContent-Length: 50\r\n\r\nx", Ending::Close),
            (200, &[("Content-Length", "1")], "xy", "200 OK\r\nContent-Length: 1\r\n\r\n", Ending::Close),
            (200, &[("Content-Length", "1")], "", "500 Internal Server Error\r\nContent-Length: 0\r\n", Ending::Keep),
            (101, &[("Content-Length", "1")], "x", "500 Internal Server Error\r\nContent-Length: 0\r\n", Ending::Keep),
            (204, &[("Content-Length", "0")], "", "204 No Content\r\n\r\n", Ending::Keep),
            (304, &[("Content-Length", "1")], "", "304 Not Modified\r\nContent-Length: 1\r\n\r\n", Ending::Keep),
            (
                204,
                &[("Transfer-Encoding", "x")],
                "",
                "500 Internal Server Error\r\nConnection: close\r\nTransfer-Encoding: x\r\n\r\n",
                Ending::Close,
            ),
            (
                200,
                &[("Transfer-Encoding", "chunked")],
                "x",
                "200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx",
                Ending::WaitForCaller,
            ),
            (
                200,
                &[("Transfer-Encoding", "gzip")],
                "x",
                "200 OK\r\nConnection: close\r\nTransfer-Encoding: gzip\r\n\r\nx",
                Ending::Close,
            ),
        ] {
            let (text, found) = written(Framing::Chunked, status, headers, body);
            assert!(text.starts_with(&format!("HTTP/1.1 {expected}")), "{text}");
            assert_eq!(found, ending, "{text}");
        }
        let (text, _) = written(Framing::Length, 199, &[], "x");
        assert!(text.starts_with("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n"), "{text}");
        let (text, ending) = written(Framing::Length, 99, &[], "x");
        assert_eq!((text.as_str(), ending), ("HTTP/1.1 99 \r\nContent-Length: 1\r\n\r\nx", Ending::Keep));
    }
}
