//! What passes between a caller and a handler in forwarding mode, byte for byte (protocol.md#forwarding and #what-kestrel-answers).
//!
//! Both ends are raw sockets of the test: the handler's process only says which port it was given, and the test listens there. A
//! row of a table names the recording, or the recording whose rule it follows with an ending of its own, and holds both messages
//! with `\n` for the end of a line. What is compared is [`Message`]: letter case and order count for the names that begin with
//! `X-`; the others are known to .NET, which writes them in its own spelling and before those.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/raw.rs"]
mod raw;

use std::time::{Duration, Instant};

use raw::{Bench, Message, Response, crlf};

const OK: &str = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok";
const OK_REPLY: &str = "HTTP/1.1 200 OK\ncontent-length: 2\n\nok";
const GET: &str = "GET /api/F HTTP/1.1\nHost: t\n\n";
const FAILED: &str = "HTTP/1.1 500 Internal Server Error\ncontent-length: 0\n\n";
const FAILED_AND_CLOSED: &str = "HTTP/1.1 500 Internal Server Error\nconnection: close\ncontent-length: 0\n\n";

#[test]
fn responses_reach_the_caller() {
    let keep = |text: &str| Response::Keep(crlf(text));
    let end = |text: &str| Response::End(crlf(text));
    let bench = Bench::forwarding();
    let rows = [
        ("FX-ans-empty-200", keep("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), "HTTP/1.1 200 OK\ncontent-length: 0\n\n"),
        ("FX-ans-no-type", keep(OK), OK_REPLY),
        (
            "FX-ans-chunked",
            keep("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n1;a=b\n!\n0\n\n"),
            "HTTP/1.1 200 OK\ncontent-length: 6\n\nhello!",
        ),
        (
            "FX-ans-chunked (empty, other letters)",
            keep("HTTP/1.1 200 OK\ntransfer-encoding: Chunked\n\n0\n\n"),
            "HTTP/1.1 200 OK\ncontent-length: 0\n\n",
        ),
        (
            "FX-ans-trailers",
            keep("HTTP/1.1 200 OK\nTrailer: X-T\nTransfer-Encoding: chunked\n\n5\nhello\n0\nX-T: v\n\n"),
            "HTTP/1.1 200 OK\ncontent-length: 5\ntrailer: X-T\n\nhello",
        ),
        (
            "FX-ans-close",
            end("HTTP/1.1 200 OK\nConnection: close\n\nuntil close"),
            "HTTP/1.1 200 OK\nconnection: close\ncontent-length: 11\n\nuntil close",
        ),
        ("FX-ans-close (silent)", end("HTTP/1.1 200 OK\n\nend"), "HTTP/1.1 200 OK\ncontent-length: 3\n\nend"),
        ("FX-ans-http10", end("HTTP/1.0 200 OK\n\nold"), "HTTP/1.1 200 OK\ncontent-length: 3\n\nold"),
        (
            "FX-ans-http10 (length)",
            keep("HTTP/1.0 200 OK\nContent-Length: 3\n\nold"),
            "HTTP/1.1 200 OK\ncontent-length: 3\n\nold",
        ),
        ("FX-ans-lf", Response::End(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok".to_vec()), OK_REPLY),
        ("FX-ans-204", keep("HTTP/1.1 204 No Content\nX-A: 1\n\n"), "HTTP/1.1 204 No Content\nX-A: 1\n\n"),
        (
            "FX-ans-204 (length 0)",
            keep("HTTP/1.1 204 No Content\nContent-Length: 0\n\n"),
            "HTTP/1.1 204 No Content\n\n",
        ),
        ("FX-ans-204-body", end("HTTP/1.1 204 No Content\nContent-Length: 1\n\nx"), FAILED),
        (
            "FX-ans-205",
            keep("HTTP/1.1 205 Reset Content\nContent-Length: 0\n\n"),
            "HTTP/1.1 205 Reset Content\ncontent-length: 0\n\n",
        ),
        ("FX-ans-205 (body)", keep("HTTP/1.1 205 Reset Content\nContent-Length: 1\n\nx"), FAILED),
        (
            "FX-ans-304",
            keep("HTTP/1.1 304 Not Modified\nETag: \"a\"\n\n"),
            "HTTP/1.1 304 Not Modified\ncontent-length: 0\netag: \"a\"\n\n",
        ),
        (
            "FX-ans-301",
            keep("HTTP/1.1 301 Moved Permanently\nLocation: /x\nContent-Length: 0\n\n"),
            "HTTP/1.1 301 Moved Permanently\ncontent-length: 0\nlocation: /x\n\n",
        ),
        (
            "FX-ans-401",
            keep("HTTP/1.1 401 Unauthorized\nWWW-Authenticate: A\nWWW-Authenticate: B\nContent-Length: 0\n\n"),
            "HTTP/1.1 401 Unauthorized\ncontent-length: 0\nwww-authenticate: A\nwww-authenticate: B\n\n",
        ),
        ("FX-ans-299", keep("HTTP/1.1 299 Odd\nContent-Length: 1\n\nb"), "HTTP/1.1 299 Odd\ncontent-length: 1\n\nb"),
        (
            "FX-ans-400",
            keep("HTTP/1.1 400 Status\nContent-Length: 1\n\nb"),
            "HTTP/1.1 400 Status\ncontent-length: 1\n\nb",
        ),
        ("FX-ans-599", keep("HTTP/1.1 599 Odd\nContent-Length: 1\n\nb"), "HTTP/1.1 599 Odd\ncontent-length: 1\n\nb"),
        ("FX-ans-999", keep("HTTP/1.1 999 Odd\nContent-Length: 1\n\nb"), "HTTP/1.1 999 Odd\ncontent-length: 1\n\nb"),
        ("FX-ans-099", end("HTTP/1.1 99 Odd\nContent-Length: 1\n\nb"), FAILED),
        ("FX-ans-099 (four)", end("HTTP/1.1 1000 Odd\nContent-Length: 1\n\nb"), FAILED),
        ("FX-ans-garbage", end("this is not HTTP\n\n"), FAILED),
        ("FX-ans-garbage (short)", end("x"), FAILED),
        ("FX-ans-garbage (header)", end("HTTP/1.1 200 OK\nno colon\n\n"), FAILED),
        ("FX-ans-100", keep(&format!("HTTP/1.1 100 Continue\n\n{OK}")), OK_REPLY),
        (
            "FX-ans-103",
            keep(&format!("HTTP/1.1 102 Processing\n\nHTTP/1.1 103 Early Hints\nLink: </a>\n\n{OK}")),
            OK_REPLY,
        ),
        (
            "FX-ans-101",
            end("HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: websocket\n\n"),
            "HTTP/1.1 101 Switching Protocols\nconnection: Upgrade\nupgrade: websocket\n\n",
        ),
        (
            "FX-ans-101 (no Connection)",
            end("HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n"),
            "HTTP/1.1 101 Switching Protocols\nupgrade: websocket\n\n",
        ),
        (
            "FX-ans-reason",
            keep("HTTP/1.1 200 Every Thing  Fine\nContent-Length: 0\n\n"),
            "HTTP/1.1 200 Every Thing  Fine\ncontent-length: 0\n\n",
        ),
        (
            "FX-ans-reason-empty",
            keep("HTTP/1.1 203 \nContent-Length: 0\n\n"),
            "HTTP/1.1 203 Non-Authoritative Information\ncontent-length: 0\n\n",
        ),
        (
            "FX-ans-reason-empty (no blank)",
            keep("HTTP/1.1 200\nContent-Length: 0\n\n"),
            "HTTP/1.1 200 OK\ncontent-length: 0\n\n",
        ),
        (
            "FX-ans-reason-empty (unknown)",
            keep("HTTP/1.1 299 \nContent-Length: 0\n\n"),
            "HTTP/1.1 299 \ncontent-length: 0\n\n",
        ),
        (
            "FX-ans-custom-headers",
            keep(
                "HTTP/1.1 200 OK\nx-lower: a\nX-Rep: 1\nX-ZZ: z\nX-Rep: 2\nX-Comma: a, b\nX-Empty:\nX-AA: \t a \t\n\
                 Content-Length: 0\n\n",
            ),
            "HTTP/1.1 200 OK\ncontent-length: 0\nx-lower: a\nX-Rep: 1\nX-Rep: 2\nX-ZZ: z\nX-Comma: a, b\nX-AA: a\n\n",
        ),
        (
            "FX-ans-cookies",
            keep("HTTP/1.1 200 OK\nSet-Cookie: b=2; Path=/\nSet-Cookie: a=1\nContent-Length: 0\n\n"),
            "HTTP/1.1 200 OK\ncontent-length: 0\nset-cookie: b=2; Path=/\nset-cookie: a=1\n\n",
        ),
        (
            "FX-ans-type-twice",
            keep("HTTP/1.1 200 OK\nContent-Type: a/b\nContent-Type: c/d\nContent-Length: 0\n\n"),
            "HTTP/1.1 200 OK\ncontent-length: 0\ncontent-type: a/b\ncontent-type: c/d\n\n",
        ),
        (
            "FX-ans-type-bad, -expires-0, -content-headers",
            keep(
                "HTTP/1.1 200 OK\nContent-Type: nonsense\nExpires: 0\nAllow: GET\nContent-Encoding: gzip\n\
                 Content-Length: 1\n\nx",
            ),
            "HTTP/1.1 200 OK\nallow: GET\ncontent-encoding: gzip\ncontent-length: 1\ncontent-type: nonsense\nexpires: 0\n\nx",
        ),
        (
            "FX-ans-connection",
            keep("HTTP/1.1 200 OK\nConnection: keep-alive\nKeep-Alive: timeout=5\nUpgrade: h2c\nContent-Length: 0\n\n"),
            "HTTP/1.1 200 OK\nconnection: keep-alive\ncontent-length: 0\nkeep-alive: timeout=5\nupgrade: h2c\n\n",
        ),
        (
            "FX-ans-header-utf8",
            keep("HTTP/1.1 200 Fine\nX-U: é\nContent-Length: 0\n\n"),
            "HTTP/1.1 500 Fine\ncontent-length: 0\n\n",
        ),
        (
            "FX-ans-header-utf8 (behind others)",
            keep("HTTP/1.1 200 OK\nX-A: 1\nContent-Language: de\nX-U: é\nX-B: 2\nContent-Length: 0\n\n"),
            "HTTP/1.1 500 OK\ncontent-length: 0\nX-A: 1\n\n",
        ),
        (
            "FX-ans-header-utf8 (standard)",
            keep("HTTP/1.1 200 OK\nX-U: é\nContent-Length: 0\n\n"),
            "HTTP/1.1 500 OK\ncontent-length: 0\n\n",
        ),
        (
            "FX-ans-cl-short",
            end("HTTP/1.1 200 OK\nContent-Length: 3\n\nhello"),
            "HTTP/1.1 200 OK\ncontent-length: 3\n\nhel",
        ),
        ("FX-ans-cl-long", end("HTTP/1.1 200 OK\nContent-Length: 50\n\nhello"), FAILED),
        ("FX-ans-half (head)", end("HTTP/1.1 200 OK\nContent-Len"), FAILED),
        ("FX-ans-chunk-broken", end("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nZZ\nhello\n0\n\n"), FAILED),
        ("FX-ans-chunk-broken (cut)", end("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhel"), FAILED),
        ("FX-ans-chunk-broken (no last)", end("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n"), FAILED),
        (
            "FX-ans-te-and-cl",
            end("HTTP/1.1 200 OK\nContent-Length: 3\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n"),
            FAILED_AND_CLOSED,
        ),
        (
            "FX-ans-te-and-cl (equal)",
            end("HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n"),
            "HTTP/1.1 200 OK\ncontent-length: 5\n\nhello",
        ),
        (
            "PX2-raw-fwd-gzip-chunked",
            keep("HTTP/1.1 200 OK\nTransfer-Encoding: gzip,Chunked\n\n5\nhello\n0\n\n"),
            "HTTP/1.1 200 OK\ncontent-length: 5\ntransfer-encoding: gzip\ntransfer-encoding: Chunked\n\nhello",
        ),
        (
            "PX2-raw-fwd-identity (gzip)",
            keep("HTTP/1.1 200 OK\nTransfer-Encoding: gzip\nContent-Length: 5\n\nhello"),
            "HTTP/1.1 200 OK\nconnection: close\ncontent-length: 5\ntransfer-encoding: gzip\n\nhello",
        ),
        (
            "PX2-raw-fwd-identity (chunks before it)",
            keep("HTTP/1.1 200 OK\nTransfer-Encoding: chunked, gzip\n\n5\nhello\n0\n\n"),
            "HTTP/1.1 200 OK\nconnection: close\ncontent-length: 5\ntransfer-encoding: chunked\ntransfer-encoding: gzip\n\n\
             hello",
        ),
        (
            "PX2-raw-fwd-gzip-chunked (204)",
            keep("HTTP/1.1 204 No Content\nTransfer-Encoding: gzip, chunked\n\n"),
            FAILED,
        ),
        ("FX-ans-reset", Response::Reset, FAILED),
        (
            "FX-ans-json-like-default",
            keep("HTTP/1.1 200 OK\nContent-Length: 14\n\n{\"Outputs\":{}}"),
            "HTTP/1.1 200 OK\ncontent-length: 14\n\n{\"Outputs\":{}}",
        ),
    ];
    let failures = rows.into_iter().filter_map(|(id, response, expected)| {
        bench.respond(response);
        let reply = Message::of(&bench.ask(GET));
        let deliveries = bench.seen().len();
        let is_right = reply == Message::of(&crlf(expected)) && deliveries == 1;
        (!is_right).then(|| format!("{id}, {deliveries} deliveries\n  expected {expected:?}\n  got      {reply:?}"))
    });
    report(failures.collect());
}

#[test]
fn odd_lengths_of_responses_count_as_none() {
    let bench = Bench::forwarding();
    let failures = ["abc", "-1", "+5", "5, 5", "", "99999999999999999999"].into_iter().filter_map(|length| {
        bench.respond(Response::End(crlf(&format!("HTTP/1.1 200 OK\nContent-Length: {length}\n\nhello"))));
        let reply = Message::of(&bench.ask(GET));
        let expected = Message::of(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        (reply != expected).then(|| format!("FX-ans-cl-bad `{length}`\n  got {reply:?}"))
    });
    report(failures.collect());
}

#[test]
fn a_length_that_the_handler_says_with_a_304_passes() {
    let bench = Bench::forwarding();
    bench.respond(Response::Keep(crlf("HTTP/1.1 304 Not Modified\nContent-Length: 5\n\n")));
    let mut caller = bench.caller();
    caller.send(&crlf(GET));
    let expected = "HTTP/1.1 304 Not Modified\ncontent-length: 5\n\n";
    assert_eq!(Message::of(&caller.head()), Message::of(&crlf(expected)), "FX-ans-304");
}

#[test]
fn responses_to_head_have_no_body() {
    let bench = Bench::forwarding();
    let rows = [
        ("FX-head-answer", "HTTP/1.1 200 OK\nContent-Length: 10\n\n", "HTTP/1.1 200 OK\ncontent-length: 10\n\n"),
        ("FX-head-cl0", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\ncontent-length: 0\n\n"),
        ("FX-head-cl0 (204)", "HTTP/1.1 204 No Content\nContent-Length: 0\n\n", "HTTP/1.1 204 No Content\n\n"),
        (
            "FX-head (404)",
            "HTTP/1.1 404 Not Found\nContent-Length: 7\n\n",
            "HTTP/1.1 404 Not Found\ncontent-length: 7\n\n",
        ),
        (
            "FX-ans-te-and-cl (HEAD)",
            "HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n",
            "HTTP/1.1 200 OK\ncontent-length: 5\n\n",
        ),
    ];
    let failures = rows.into_iter().filter_map(|(id, response, expected)| {
        bench.respond(Response::Keep(crlf(response)));
        // Twice on one connection: a body would stand where the second response is expected.
        let replies = bench.ask_all(&["HEAD /api/F HTTP/1.1\nHost: t\n\n"; 2]);
        let replies: Vec<_> = replies.iter().map(|reply| Message::of(reply)).collect();
        let expected = Message::of(&crlf(expected));
        (replies != [expected.clone(), expected]).then(|| format!("{id}\n  got {replies:?}"))
    });
    report(failures.collect());
}

#[test]
fn requests_reach_the_handler() {
    let bench = Bench::forwarding();
    bench.respond(Response::Keep(crlf(OK)));
    let failures = REQUESTS.iter().filter_map(|(id, request, expected)| {
        let reply = Message::of(&bench.ask(request));
        let seen = bench.seen();
        let wanted = (!expected.is_empty()).then(|| Message::of(&crlf(expected)));
        let expected_reply = if wanted.is_some() { OK_REPLY } else { FAILED };
        let is_right = reply == Message::of(&crlf(expected_reply))
            && seen.iter().map(|seen| seen.message()).collect::<Vec<_>>() == wanted.into_iter().collect::<Vec<_>>();
        (!is_right).then(|| {
            let seen: Vec<_> = seen.iter().map(|seen| seen.message()).collect();
            format!("{id}\n  reply    {reply:?}\n  expected {expected:?}\n  seen     {seen:?}")
        })
    });
    report(failures.collect());
}

/// Request, and what the handler sees; nothing where the caller gets a 500 instead. The host's own headers are left out where they
/// say nothing but what they always say.
const REQUESTS: &[(&str, &str, &str)] = &[
    ("F01", "GET /api/F?name=a HTTP/1.1\nHost: t\n\n", "GET /api/F?name=a HTTP/1.1\nhost: t\n\n"),
    (
        "F03",
        "GET /api/F HTTP/1.1\nHost: t\nUser-Agent: t/1\n\n",
        "GET /api/F HTTP/1.1\nhost: t\nuser-agent: t/1 AGENT\n\n",
    ),
    ("F04", "GET /api/F HTTP/1.1\nHost: example.test:81\n\n", "GET /api/F HTTP/1.1\nhost: example.test:81\n\n"),
    ("F05", "GET /API/f/ HTTP/1.1\nHost: t\n\n", "GET /API/f/ HTTP/1.1\nhost: t\n\n"),
    (
        "F06",
        "GET /api/F?a=1&a=2&flag&code=K HTTP/1.1\nHost: t\n\n",
        "GET /api/F?a=1,2&flag=&code=K HTTP/1.1\nhost: t\n\n",
    ),
    (
        "F07",
        "POST /api/F HTTP/1.1\nHost: t\nContent-Type: text/plain\nContent-Length: 5\n\nhello",
        "POST /api/F HTTP/1.1\ncontent-length: 5\ncontent-type: text/plain\nhost: t\n\nhello",
    ),
    ("F08", "GET /api/F HTTP/1.1\nHost: t\nContent-Type: a/b\n\n", "GET /api/F HTTP/1.1\nhost: t\n\n"),
    (
        "F08b",
        "GET /api/F HTTP/1.1\nHost: t\nContent-Type: a/b\nContent-Length: 0\n\n",
        "GET /api/F HTTP/1.1\nhost: t\n\n",
    ),
    (
        "F09",
        "POST /api/F HTTP/1.1\nHost: t\nContent-Encoding: gzip\nContent-Length: 1\n\nx",
        "POST /api/F HTTP/1.1\ncontent-length: 1\nhost: t\n\nx",
    ),
    ("F10", "POST /api/F HTTP/1.1\nHost: t\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n", ""),
    ("FX-req-chunked-empty", "POST /api/F HTTP/1.1\nHost: t\nTransfer-Encoding: chunked\n\n0\n\n", ""),
    (
        "FX-req-put",
        "PUT /api/F HTTP/1.1\nHost: t\nContent-Length: 1\n\nb",
        "PUT /api/F HTTP/1.1\ncontent-length: 1\nhost: t\n\nb",
    ),
    (
        "FX-req-patch",
        "PATCH /api/F HTTP/1.1\nHost: t\nContent-Length: 1\n\nb",
        "PATCH /api/F HTTP/1.1\ncontent-length: 1\nhost: t\n\nb",
    ),
    (
        "FX-req-delete-body",
        "DELETE /api/F HTTP/1.1\nHost: t\nContent-Length: 1\n\nb",
        "DELETE /api/F HTTP/1.1\ncontent-length: 1\nhost: t\n\nb",
    ),
    (
        "FX-req-get-body",
        "GET /api/F HTTP/1.1\nHost: t\nContent-Length: 1\n\nb",
        "GET /api/F HTTP/1.1\ncontent-length: 1\nhost: t\n\nb",
    ),
    ("FX-req-delete", "DELETE /api/F HTTP/1.1\nHost: t\n\n", "DELETE /api/F HTTP/1.1\nhost: t\n\n"),
    ("FX-req-options", "OPTIONS /api/F HTTP/1.1\nHost: t\n\n", "OPTIONS /api/F HTTP/1.1\nhost: t\n\n"),
    ("FX-req-trace", "TRACE /api/F HTTP/1.1\nHost: t\n\n", "TRACE /api/F HTTP/1.1\ncontent-length: 0\nhost: t\n\n"),
    ("FX-req-custom", "FOO /api/F HTTP/1.1\nHost: t\n\n", "FOO /api/F HTTP/1.1\ncontent-length: 0\nhost: t\n\n"),
    ("FX-req-lower", "get /api/F HTTP/1.1\nHost: t\n\n", "GET /api/F HTTP/1.1\nhost: t\n\n"),
    ("FX-req-lower (put)", "Put /api/F HTTP/1.1\nHost: t\n\n", "PUT /api/F HTTP/1.1\ncontent-length: 0\nhost: t\n\n"),
    ("JX-methods-odd", "foo /api/F HTTP/1.1\nHost: t\n\n", "foo /api/F HTTP/1.1\ncontent-length: 0\nhost: t\n\n"),
    (
        "FX-req-post-nolength",
        "POST /api/F HTTP/1.1\nHost: t\n\n",
        "POST /api/F HTTP/1.1\ncontent-length: 0\nhost: t\n\n",
    ),
    (
        "FX-req-post-empty",
        "POST /api/F HTTP/1.1\nHost: t\nContent-Type: a/b\nContent-Length: 0\n\n",
        "POST /api/F HTTP/1.1\ncontent-length: 0\nhost: t\n\n",
    ),
    (
        "FX-req-absolute (agrees)",
        "GET http://a.test/api/F?x HTTP/1.1\nHost: a.test\n\n",
        "GET /api/F?x= HTTP/1.1\nhost: a.test\n\n",
    ),
    (
        "FX-req-absolute (port)",
        "GET http://a.test/api/F HTTP/1.1\nHost: a.test:80\n\n",
        "GET /api/F HTTP/1.1\nhost: a.test:80\n\n",
    ),
    (
        "FX-req-absolute (user)",
        "GET http://u:p@a.test:81/api/F HTTP/1.1\nHost: a.test:81\n\n",
        "GET /api/F HTTP/1.1\nhost: a.test:81\n\n",
    ),
    ("FX-req-percent-letters", "GET /api/%46 HTTP/1.1\nHost: t\n\n", "GET /api/F HTTP/1.1\nhost: t\n\n"),
    ("FX-req-path-plus", "GET /api/all/a+b%2B HTTP/1.1\nHost: t\n\n", "GET /api/all/a+b+ HTTP/1.1\nhost: t\n\n"),
    (
        "FX-req-path-question",
        "GET /api/all/a%3Fb?q=1 HTTP/1.1\nHost: t\n\n",
        "GET /api/all/a?q=1 HTTP/1.1\nhost: t\n\n",
    ),
    ("FX-req-path-hash", "GET /api/all/a%23b HTTP/1.1\nHost: t\n\n", "GET /api/all/a HTTP/1.1\nhost: t\n\n"),
    ("FX-req-path-double", "GET /api/all/a%2520b HTTP/1.1\nHost: t\n\n", "GET /api/all/a%20b HTTP/1.1\nhost: t\n\n"),
    (
        "FX-req-path-brackets",
        "GET /api/all/%5Ba%5D%7Bb%7D%7C%5E HTTP/1.1\nHost: t\n\n",
        "GET /api/all/[a]%7Bb%7D%7C%5E HTTP/1.1\nhost: t\n\n",
    ),
    ("FX-req-path-all-slash", "GET /api/all/a%2Fb HTTP/1.1\nHost: t\n\n", "GET /api/all/a%2Fb HTTP/1.1\nhost: t\n\n"),
    (
        "FX-req-path-dot-escaped",
        "GET /api/all/x/%2e%2e/y/../z/. HTTP/1.1\nHost: t\n\n",
        "GET /api/all/z/ HTTP/1.1\nhost: t\n\n",
    ),
    (
        "FX-req-query-noeq",
        "GET /api/F?flag&=v&&x= HTTP/1.1\nHost: t\n\n",
        "GET /api/F?flag=&=v&x= HTTP/1.1\nhost: t\n\n",
    ),
    ("FX-req-query-empty", "GET /api/F? HTTP/1.1\nHost: t\n\n", "GET /api/F HTTP/1.1\nhost: t\n\n"),
    (
        "FX-req-query-escapes",
        "GET /api/F?a=b+c%2Bd&e=%zz&f==g HTTP/1.1\nHost: t\n\n",
        "GET /api/F?a=b%20c%2Bd&e=%25zz&f=%3Dg HTTP/1.1\nhost: t\n\n",
    ),
    ("FX-req-fragment", "GET /api/F?a=1#frag HTTP/1.1\nHost: t\n\n", "GET /api/F?a=1%23frag HTTP/1.1\nhost: t\n\n"),
    (
        "FX-req-headers",
        "GET /api/F HTTP/1.1\nx-lower: l\nHost: t\nX-Z: z\nAccept: a/b\nX-A: a\nCookie: a=1\nTE: trailers\nX-AbC: \t v  \n\n",
        "GET /api/F HTTP/1.1\naccept: a/b\ncookie: a=1\nhost: t\nte: trailers\nx-lower: l\nX-Z: z\nX-A: a\nX-AbC: v\n\n",
    ),
    (
        "FX-req-header-repeat",
        "GET /api/F HTTP/1.1\nHost: t\nX-R: 1\nCookie: a=1\nX-S: s\nx-r: 2\nCookie: b=2\nAccept: a/b\nAccept: c/d\n\n",
        "GET /api/F HTTP/1.1\naccept: a/b, c/d\ncookie: a=1; b=2\nhost: t\nX-R: 1, 2\nX-S: s\n\n",
    ),
    (
        "FX-req-header-empty",
        "GET /api/F HTTP/1.1\nHost: t\nX-Empty:\n\n",
        "GET /api/F HTTP/1.1\nhost: t\nX-Empty: \n\n",
    ),
    (
        "FX-req-header-odd",
        "GET /api/F HTTP/1.1\nHost: t\nAccept: ;;\nDate: never\nIf-Match: x\n\n",
        "GET /api/F HTTP/1.1\naccept: ;;\ndate: never\nhost: t\nif-match: x\n\n",
    ),
    (
        "FX-req-connection-custom, -upgrade",
        "GET /api/F HTTP/1.1\nHost: t\nConnection: Upgrade, X-A\nUpgrade: websocket\nX-A: 1\n\n",
        "GET /api/F HTTP/1.1\nconnection: Upgrade\nhost: t\nupgrade: websocket\nX-A: 1\n\n",
    ),
    ("FX-req-header-utf8", "GET /api/F HTTP/1.1\nHost: t\nX-U: é\n\n", ""),
    (
        "FX-req-content-headers",
        "POST /api/F HTTP/1.1\nHost: t\nAllow: GET\nContent-Disposition: x\nContent-Language: de\nContent-Location: /\n\
         Content-MD5: x\nContent-Range: x\nExpires: 0\nLast-Modified: x\nX-Kept: 1\nContent-Type: a/b\nContent-Length: 1\n\nx",
        "POST /api/F HTTP/1.1\ncontent-length: 1\ncontent-type: a/b\nhost: t\nX-Kept: 1\n\nx",
    ),
    (
        "FX-req-own-invocation-id",
        "GET /api/F HTTP/1.1\nHost: t\nX-Azure-Functions-InvocationId: mine\nX-Azure-Functions-HostVersion: 1\n\n",
        "GET /api/F HTTP/1.1\nhost: t\nx-azure-functions-hostversion: 1, VERSION\nx-azure-functions-invocationid: mine, ID\n\n",
    ),
    (
        "FX-req-traceparent",
        "GET /api/F HTTP/1.1\nHost: t\ntraceparent: 00-a-b-01\ntracestate: a=b\nRequest-Id: |x.1.\nbaggage: k=v\n\n",
        "GET /api/F HTTP/1.1\nbaggage: k=v\nhost: t\nrequest-id: |x.1.\ntraceparent: 00-a-b-01\ntracestate: a=b\n\n",
    ),
    (
        "FX-req-empty-type",
        "POST /api/F HTTP/1.1\nHost: t\nContent-Type:\nContent-Length: 1\n\nx",
        "POST /api/F HTTP/1.1\ncontent-length: 1\nhost: t\n\nx",
    ),
    ("FX-req-bad-type", "POST /api/F HTTP/1.1\nHost: t\nContent-Type: nonsense\nContent-Length: 1\n\nx", ""),
    (
        "FX-req-type-params",
        "POST /api/F HTTP/1.1\nHost: t\nContent-Type: text/plain ;  charset=\"UTF-8\";x=y\nContent-Length: 1\n\nx",
        "POST /api/F HTTP/1.1\ncontent-length: 1\ncontent-type: text/plain; charset=\"UTF-8\"; x=y\nhost: t\n\nx",
    ),
    (
        "FX-req-expect-other",
        "POST /api/F HTTP/1.1\nHost: t\nExpect: much\nContent-Length: 1\n\nx",
        "POST /api/F HTTP/1.1\ncontent-length: 1\nexpect: much\nhost: t\n\nx",
    ),
];

#[test]
fn a_caller_who_speaks_an_old_http_is_answered_and_closed() {
    let bench = Bench::forwarding();
    bench.respond(Response::Keep(crlf(OK)));
    for request in ["GET /api/F HTTP/1.0\nHost: t\n\n", "GET /api/F HTTP/1.0\nHost: t\nX-A: 1\n\n"] {
        let mut caller = bench.caller();
        caller.send(&crlf(request));
        let expected = Message::of(&crlf("HTTP/1.1 200 OK\nconnection: close\ncontent-length: 2\n\nok"));
        assert_eq!(Message::of(&caller.rest()), expected, "FX-req-http10: {request:?}");
    }
    let seen = Message::of(&crlf("GET /api/F HTTP/1.1\nhost: t\nX-A: 1\n\n"));
    assert_eq!(bench.seen()[1].message(), seen, "FX-req-http10");
}

#[test]
fn heads_may_end_their_lines_with_a_line_feed_alone() {
    let bench = Bench::forwarding();
    bench.respond(Response::Keep(crlf(OK)));
    let mut caller = bench.caller();
    caller.send(b"POST /api/F HTTP/1.1\nHost: t\nX-MiXed: 1\nContent-Length: 2\n\nok");
    assert_eq!(Message::of(&caller.reply()), Message::of(&crlf(OK_REPLY)));
    let expected = "POST /api/F HTTP/1.1\ncontent-length: 2\nhost: t\nX-MiXed: 1\n\nok";
    assert_eq!(bench.seen()[0].message(), Message::of(&crlf(expected)));
}

#[test]
fn what_the_web_server_refuses_reaches_no_function() {
    let bench = Bench::forwarding();
    let bad = "HTTP/1.1 400 Bad Request\nconnection: close\ncontent-length: 0\n\n";
    let long = format!("GET /api/F?{} HTTP/1.1\nHost: t\n\n", "a".repeat(8300));
    let many = format!("GET /api/F HTTP/1.1\nHost: t\n{}\n", "X-A: 1\n".repeat(101));
    let large = format!("GET /api/F HTTP/1.1\nHost: t\nX-A: {}\n\n", "x".repeat(33_000));
    let too_large = "HTTP/1.1 431 Request Header Fields Too Large\nconnection: close\ncontent-length: 0\n\n";
    let rows = [
        ("FX-req-bad-line", "GARBAGE\n\n", bad),
        ("FX-req-bad-line (no version)", "GET /api/F\nHost: t\n\n", bad),
        ("FX-req-bad-line (method)", "G@T /api/F HTTP/1.1\nHost: t\n\n", bad),
        ("FX-req-bad-header", "GET /api/F HTTP/1.1\nHost: t\nno colon here\n\n", bad),
        ("FX-req-bad-header (blank)", "GET /api/F HTTP/1.1\nHost: t\nX-Y : 1\n\n", bad),
        ("FX-req-bad-header (NUL)", "GET /api/F HTTP/1.1\nHost: t\nX-Y: a\0b\n\n", bad),
        ("FX-req-obs-fold", "GET /api/F HTTP/1.1\nHost: t\nX-A: 1\n  2\n\n", bad),
        ("FX-req-nohost", "GET /api/F HTTP/1.1\n\n", bad),
        ("FX-req-two-hosts", "GET /api/F HTTP/1.1\nHost: t\nHost: t\n\n", bad),
        ("FX-req-bad-host", "GET /api/F HTTP/1.1\nHost: a b\n\n", bad),
        ("FX-req-absolute", "GET http://example.test/api/F HTTP/1.1\nHost: t\n\n", bad),
        ("FX-req-connect", "CONNECT example.test:80 HTTP/1.1\nHost: example.test:80\n\n", bad),
        ("FX-req-cl-twice", "POST /api/F HTTP/1.1\nHost: t\nContent-Length: 3\nContent-Length: 5\n\nhello", bad),
        ("FX-req-cl-twice (letters)", "POST /api/F HTTP/1.1\nHost: t\nContent-Length: abc\n\nhello", bad),
        ("FX-req-cl-twice (sign)", "POST /api/F HTTP/1.1\nHost: t\nContent-Length: -5\n\nhello", bad),
        ("FX-req-path-nul", "GET /api/all/a%00b HTTP/1.1\nHost: t\n\n", bad),
        ("FX-req-path-raw-utf8", "GET /api/all/é HTTP/1.1\nHost: t\n\n", bad),
        ("FX-req-query-unicode", "GET /api/F?a=é HTTP/1.1\nHost: t\n\n", bad),
        ("FX-req-line-long", long.as_str(), "HTTP/1.1 414 URI Too Long\nconnection: close\ncontent-length: 0\n\n"),
        ("FX-req-header-many", many.as_str(), too_large),
        ("FX-req-header-toolarge", large.as_str(), too_large),
        (
            "FX-req-te-and-cl",
            "POST /api/F HTTP/1.1\nHost: t\nContent-Length: 5\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n",
            FAILED_AND_CLOSED,
        ),
        // Refused by the length alone: no byte of the body is sent.
        ("F23", "POST /api/F HTTP/1.1\nHost: t\nContent-Length: 104857601\n\n", FAILED_AND_CLOSED),
    ];
    let failures = rows.into_iter().filter_map(|(id, request, expected)| {
        let reply = Message::of(&bench.ask(request));
        let is_right = reply == Message::of(&crlf(expected)) && bench.seen().is_empty();
        (!is_right).then(|| format!("{id}\n  expected {expected:?}\n  got      {reply:?}"))
    });
    report(failures.collect());
}

#[test]
fn what_no_function_matches_is_not_found_and_the_connection_stays() {
    let bench = Bench::forwarding();
    bench.respond(Response::Keep(crlf(OK)));
    let unknown = [
        "GET /api/nothing HTTP/1.1\nHost: t\n\n",
        "GET /nothing HTTP/1.1\nHost: t\n\n",
        "GET //api/F HTTP/1.1\nHost: t\n\n",
        "GET /api/all//x HTTP/1.1\nHost: t\n\n",
        "OPTIONS * HTTP/1.1\nHost: t\n\n",
        "POST /api/nothing HTTP/1.1\nHost: t\nContent-Length: 1\n\nx",
        "DELETE /api/G HTTP/1.1\nHost: t\n\n",
        GET,
    ];
    let replies: Vec<_> = bench.ask_all(&unknown).iter().map(|reply| Message::of(reply)).collect();
    let (last, others) = replies.split_last().unwrap();
    for (request, reply) in unknown.iter().zip(others) {
        assert_eq!(
            *reply,
            Message::of(&crlf("HTTP/1.1 404 Not Found\ncontent-length: 0\n\n")),
            "FX-unknown: {request:.60}"
        );
    }
    assert_eq!(*last, Message::of(&crlf(OK_REPLY)));
    assert_eq!(bench.seen().len(), 1);
}

#[test]
fn a_large_body_that_nobody_wants_does_not_cost_the_connection() {
    let bench = Bench::forwarding();
    bench.respond(Response::Keep(crlf(OK)));
    let body = "x".repeat(100_000);
    let posted = format!("POST /api/nothing HTTP/1.1\nHost: t\nContent-Length: {}\n\n{body}", body.len());
    let replies: Vec<_> = bench.ask_all(&[&posted, GET]).iter().map(|reply| Message::of(reply).first).collect();
    assert_eq!(replies, ["HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK"], "FX-unknown");
}

#[test]
fn a_request_that_is_dropped_is_sent_again_where_it_has_no_body() {
    let bench = Bench::forwarding();
    let post = "POST /api/F HTTP/1.1\nHost: t\nContent-Length: 1\n\nx";
    let empty_post = "POST /api/F HTTP/1.1\nHost: t\nContent-Length: 0\n\n";
    let [drop, response, half] =
        [Response::End(Vec::new()), Response::Keep(crlf(OK)), Response::End(crlf("HTTP/1.1 2"))];
    for (id, request, responses, expected, deliveries) in [
        ("F17", GET, vec![drop.clone()], FAILED, 4),
        ("D21d", GET, vec![drop.clone(), response.clone()], OK_REPLY, 2),
        ("D21d (fourth)", GET, vec![drop.clone(), drop.clone(), drop.clone(), response.clone()], OK_REPLY, 4),
        ("F17 (no body)", empty_post, vec![drop.clone(), response.clone()], OK_REPLY, 2),
        ("RX-frame-drop", post, vec![drop.clone(), response.clone()], FAILED, 1),
        ("FX-ans-reset", GET, vec![Response::Reset, response.clone()], FAILED, 1),
        ("FX-ans-half", GET, vec![half, response.clone()], FAILED, 1),
    ] {
        bench.respond_in_turn(responses);
        let reply = Message::of(&bench.ask(request));
        let seen = bench.seen();
        assert_eq!((reply, seen.len()), (Message::of(&crlf(expected)), deliveries), "{id}");
        let ids: Vec<_> = seen.iter().map(|seen| seen.header("x-azure-functions-invocationid")).collect();
        assert!(ids.iter().all(|id| id.len() == 36 && *id == ids[0]), "{id}: {ids:?}");
        let connections: Vec<_> = seen.iter().map(|seen| seen.connection).collect();
        assert!(connections.windows(2).all(|pair| pair[0] != pair[1]), "{id}: {connections:?}");
    }
}

#[test]
fn connections_to_the_handler_are_kept_while_they_can_be() {
    let bench = Bench::forwarding();
    bench.respond(Response::Keep(crlf(OK)));
    for _ in 0..5 {
        bench.ask(GET);
    }
    let seen = bench.seen();
    assert!(seen.iter().all(|request| request.connection == seen[0].connection), "FX-keepalive: {seen:?}");

    let closing = "HTTP/1.1 200 OK\nConnection: close\nContent-Length: 2\n\nok";
    let more_than_announced = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok and more";
    for (id, response) in [
        ("closing", Response::End(crlf(closing))),
        ("ends after the response", Response::End(crlf(OK))),
        ("extra bytes", Response::Keep(crlf(more_than_announced))),
    ] {
        bench.respond_in_turn(vec![response, Response::Keep(crlf(OK))]);
        bench.ask(GET);
        assert_eq!(Message::of(&bench.ask(GET)), Message::of(&crlf(OK_REPLY)), "{id}");
        let seen = bench.seen();
        assert_eq!(seen.len(), 2, "{id}");
        assert_ne!(seen[0].connection, seen[1].connection, "{id}");
    }
}

#[test]
fn callers_may_send_several_requests_on_one_connection() {
    let bench = Bench::forwarding();
    bench.respond(Response::Echo);
    let post = |n: usize| format!("POST /api/F?n={n} HTTP/1.1\nHost: t\nX-N{n}: x\nContent-Length: 3\n\n{n}23");
    let requests: Vec<String> = (0..5).map(post).collect();
    let mut caller = bench.caller();
    caller.send(&crlf(&requests.concat()));
    for n in 0..5 {
        assert_eq!(Message::of(&caller.reply()).body, format!("{n}23").into_bytes(), "FX-req-pipeline");
    }
    let targets: Vec<_> = bench.seen().iter().map(|seen| seen.message().first).collect();
    let expected: Vec<_> = (0..5).map(|n| format!("POST /api/F?n={n} HTTP/1.1")).collect();
    assert_eq!(targets, expected);

    // A head that comes byte by byte, after a pause, on the same connection.
    for byte in crlf(GET) {
        caller.send(&[byte]);
    }
    assert_eq!(Message::of(&caller.reply()).first, "HTTP/1.1 200 OK");
    // `Connection: close` of the caller.
    caller.send(&crlf("GET /api/F HTTP/1.1\nHost: t\nConnection: close\n\n"));
    assert_eq!(Message::of(&caller.rest()).first, "HTTP/1.1 200 OK", "FX-req-connection-close");
}

#[test]
fn a_caller_is_closed_when_the_handler_says_so() {
    let bench = Bench::forwarding();
    bench.respond(Response::End(crlf("HTTP/1.1 200 OK\nConnection: close\nContent-Length: 2\n\nok")));
    let mut caller = bench.caller();
    caller.send(&crlf(GET));
    let expected = Message::of(&crlf("HTTP/1.1 200 OK\nconnection: close\ncontent-length: 2\n\nok"));
    assert_eq!(Message::of(&caller.rest()), expected, "FX-ans-close");
}

/// As Kestrel does when even an empty body is written where there cannot be one.
#[test]
fn a_response_that_cannot_have_a_body_ends_the_connection() {
    let bench = Bench::forwarding();
    for (id, status) in [("FX-ans-204", "204 No Content"), ("FX-ans-304", "304 Not Modified")] {
        bench.respond(Response::Keep(crlf(&format!("HTTP/1.1 {status}\nX-A: 1\n\n"))));
        let mut caller = bench.caller();
        caller.send(&crlf(GET));
        let rest = Message::of(&caller.rest());
        assert_eq!(rest.first, format!("HTTP/1.1 {status}"), "{id}");
        assert!(!rest.known.iter().any(|line| line.starts_with("connection")), "{id}");
    }
}

#[test]
fn a_body_waits_for_continue_but_not_for_long() {
    let bench = Bench::forwarding();
    let head = "POST /api/F HTTP/1.1\nHost: t\nExpect: 100-continue\nContent-Length: 4\n\n";
    let seen = "POST /api/F HTTP/1.1\ncontent-length: 4\nexpect: 100-continue\nhost: t\n\nbody";
    for (id, handler_says_it, least) in [("FX-req-expect-answered", true, 0), ("FX-expect-ignored", false, 900)] {
        bench.respond(if handler_says_it { Response::Continue(crlf(OK)) } else { Response::Keep(crlf(OK)) });
        let begun = Instant::now();
        let mut caller = bench.caller();
        caller.send(&crlf(head));
        assert_eq!(caller.head(), b"HTTP/1.1 100 Continue\r\n\r\n", "{id}");
        caller.send(b"body");
        assert_eq!(Message::of(&caller.reply()), Message::of(&crlf(OK_REPLY)), "{id}");
        assert_eq!(bench.seen()[0].message(), Message::of(&crlf(seen)), "{id}");
        let took = begun.elapsed().as_millis();
        // That it is not long is told by the response: it comes.
        assert!(took >= least, "{id}: {took} ms");
    }
    bench.respond(Response::Continue(crlf(OK)));
    let reply = Message::of(&bench.ask(&format!("{head}body")));
    assert_eq!(
        reply,
        Message::of(&crlf(OK_REPLY)),
        "FX-expect-no-wait: no interim response for one who has begun to send"
    );
}

#[test]
fn large_bodies_and_headers_pass_both_ways() {
    let bench = Bench::forwarding();
    bench.respond(Response::Echo);
    for length in [1 << 20, (8 << 20) + 1] {
        let body: Vec<u8> = (0..length).map(|index: usize| (index % 251) as u8).collect();
        let mut caller = bench.caller();
        caller.send(format!("POST /api/F HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n\r\n").as_bytes());
        // As much as is taken while the response is not read: the host reads on whatever the handler does.
        caller.send(&body);
        let reply = Message::of(&caller.reply());
        assert!(reply.body == body, "FX-req-20mib, FX-ans-20mib: {length} bytes");
    }
    let large = "x".repeat(20_000);
    bench.respond(Response::Keep(crlf(&format!("HTTP/1.1 200 OK\nX-Large: {large}\nContent-Length: 0\n\n"))));
    let reply = Message::of(&bench.ask(&format!("GET /api/F HTTP/1.1\nHost: t\nX-Large: {large}\n\n")));
    assert_eq!(reply.custom, [format!("X-Large: {large}")], "FX-ans-header-large");
    assert_eq!(bench.seen()[0].message().custom, [format!("X-Large: {large}")], "FX-req-header-large");
    let huge = "x".repeat(100_000);
    bench.respond(Response::Keep(crlf(&format!("HTTP/1.1 200 OK\nX-Huge: {huge}\nContent-Length: 0\n\n"))));
    assert_eq!(Message::of(&bench.ask(GET)), Message::of(&crlf(FAILED)), "FX-ans-header-huge");
    let query = "q".repeat(6000);
    bench.respond(Response::Keep(crlf(OK)));
    bench.ask(&format!("GET /api/F?{query} HTTP/1.1\nHost: t\n\n"));
    assert_eq!(bench.seen()[0].message().first, format!("GET /api/F?{query}= HTTP/1.1"), "FX-req-query-long");
}

#[test]
fn a_response_is_passed_on_when_it_is_complete() {
    let bench = Bench::forwarding();
    let pause = Duration::from_millis(100);
    let pieces = ["HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", "3\none\n", "3\ntwo\n", "5\nthree\n0\n\n"];
    bench.respond(Response::Slowly(pause, pieces.iter().map(|piece| crlf(piece)).collect()));
    let mut caller = bench.caller();
    let begun = Instant::now();
    caller.send(&crlf(GET));
    let first = caller.head();
    assert!(begun.elapsed() >= pause * 3, "F16: the head came after {:?}", begun.elapsed());
    let text = String::from_utf8_lossy(&first).to_ascii_lowercase();
    assert!(text.contains("content-length: 11\r\n"), "F16: {text}");
    assert_eq!(caller.take(11), b"onetwothree");
}

#[test]
fn an_early_response_passes_while_the_body_is_still_being_sent() {
    let bench = Bench::forwarding();
    bench.respond(Response::Early(crlf("HTTP/1.1 413 Too Large\nContent-Length: 3\n\nbig")));
    let body = "x".repeat(200_000);
    let reply = bench.ask(&format!("POST /api/F HTTP/1.1\nHost: t\nContent-Length: {}\n\n{body}", body.len()));
    let expected = "HTTP/1.1 413 Too Large\ncontent-length: 3\n\nbig";
    assert_eq!(Message::of(&reply), Message::of(&crlf(expected)), "FX-late-body");
}

#[test]
fn a_caller_who_goes_away_harms_nobody() {
    let bench = Bench::forwarding();
    let pause = Duration::from_millis(150);
    bench.respond(Response::Slowly(pause, vec![Vec::new(), crlf(OK)]));
    let mut caller = bench.caller();
    caller.send(&crlf(GET));
    bench.wait_for_requests(1);
    drop(caller);
    bench.wait_for("the handler's response to be taken", |state| state.responded == 1);
    assert_eq!(bench.seen()[0].connection_error, None, "PX-client-abort");

    // A body that is cut: the handler sees its beginning, and the end of its connection.
    bench.respond(Response::Keep(crlf(OK)));
    let mut caller = bench.caller();
    caller.send(&crlf("POST /api/F HTTP/1.1\nHost: t\nContent-Length: 10\n\nabc"));
    drop(caller);
    bench.wait_for("the end of the body", |state| state.cut_bodies == 1);
    assert!(bench.seen().is_empty(), "FX-req-cl-short-close");
    assert_eq!(Message::of(&bench.ask(GET)), Message::of(&crlf(OK_REPLY)), "the next request is fine");
}

#[test]
#[cfg(target_os = "linux")]
fn callers_who_go_away_leave_no_descriptor_behind() {
    const CALLERS: usize = 20;
    let post = "POST /api/F HTTP/1.1\nHost: t\nContent-Length: 3\n\nabc";
    for bench in [Bench::forwarding(), Bench::default_mode()] {
        bench.respond(Response::Slowly(Duration::from_secs(600), vec![crlf(OK)]));
        for request in [GET, post] {
            let before = bench.descriptors();
            let mut callers: Vec<_> = (0..CALLERS).map(|_| bench.caller()).collect();
            callers.iter_mut().for_each(|caller| caller.send(&crlf(request)));
            bench.wait_for_requests(CALLERS);
            _ = bench.seen();
            drop(callers);
            // Those to the handler: it is still asked, as by the real host.
            bench.wait_for_descriptors(before + CALLERS);
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "slow: half a minute"]
fn memory_goes_back_after_a_peak() {
    const CALLERS: usize = 4;
    const LARGE_BYTES: usize = 32 * 1024 * 1024;
    const ALLOWED_MEGABYTES: u64 = 16;
    let text = "x".repeat(LARGE_BYTES);
    let response = |kind: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    };
    let whole = response("text/plain", &text);
    let wrapped = response("application/json", &format!(r#"{{"Outputs": {{"res": {{"body": "{text}"}}}}}}"#));
    let post = format!("POST /api/F HTTP/1.1\r\nHost: t\r\nContent-Length: {LARGE_BYTES}\r\n\r\n{text}");
    for (bench, response) in [(Bench::forwarding(), whole), (Bench::default_mode(), wrapped)] {
        let before = bench.resident_megabytes();
        for request in [crlf(GET), post.clone().into_bytes()] {
            bench.respond(Response::Keep(response.clone()));
            let mut callers: Vec<_> = (0..CALLERS).map(|_| bench.caller()).collect();
            callers.iter_mut().for_each(|caller| caller.send(&request));
            bench.wait_for("the responses to be taken", |state| state.responded == CALLERS);
            let peak = bench.resident_megabytes();
            callers.iter_mut().for_each(|caller| drop(caller.head()));
            drop(callers);
            bench.wait_for_megabytes(before + ALLOWED_MEGABYTES);
            println!(
                "{before} MB before, {peak} MB with {CALLERS} large responses, {} MB after",
                bench.resident_megabytes()
            );
        }
        let mut callers: Vec<_> = (0..1_000).map(|_| bench.caller()).collect();
        callers.iter_mut().for_each(|caller| caller.send(&crlf("GET /none HTTP/1.1\nHost: t\n\n")));
        callers.iter_mut().for_each(|caller| drop(caller.head()));
        println!("{} MB with {} callers", bench.resident_megabytes(), callers.len());
        drop(callers);
        bench.wait_for_megabytes(before + ALLOWED_MEGABYTES);
    }
}

#[test]
fn ids_differ_and_cookies_are_not_kept() {
    let bench = Bench::forwarding();
    bench.respond(Response::Keep(crlf("HTTP/1.1 200 OK\nSet-Cookie: a=1; Path=/\nContent-Length: 0\n\n")));
    bench.ask(GET);
    bench.ask(GET);
    let seen = bench.seen();
    let ids: Vec<_> = seen.iter().map(|seen| seen.header("x-azure-functions-invocationid")).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "F02: {ids:?}");
    assert!(
        ids.iter().flat_map(|id| id.chars()).all(|it| it == '-' || it.is_ascii_digit() || ('a'..='f').contains(&it)),
        "F02"
    );
    let version = seen[0].header("x-azure-functions-hostversion");
    assert_eq!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 4, "F02: {version}");
    assert_eq!(seen[0].header("user-agent"), format!("Azure-Functions-Host/{version}"), "F02");
    assert_eq!(seen[1].header("cookie"), "", "F15");
}

#[test]
fn redirects_are_followed_in_default_mode_only() {
    let bench = Bench::default_mode();
    let outputs = r#"{"Outputs":{"res":{"statusCode":201,"body":"r"}}}"#;
    let length = outputs.len();
    let last = format!("HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: {length}\n\n{outputs}");
    for (id, status, location, line, has_body) in [
        ("FX-redirect-default-mode", 302, "/Elsewhere?q=1", "GET /Elsewhere?q=1 HTTP/1.1", false),
        ("FX-redirect-307-default-mode", 307, "/Elsewhere", "POST /Elsewhere HTTP/1.1", true),
        ("FX-redirect-default-mode (303)", 303, "/Elsewhere#part", "GET /Elsewhere HTTP/1.1", false),
        ("FX-redirect-307-default-mode (308)", 308, "Elsewhere", "POST /Elsewhere HTTP/1.1", true),
        ("FX-redirect-default-mode (query)", 301, "?q=1", "GET /F?q=1 HTTP/1.1", false),
    ] {
        let redirect = format!("HTTP/1.1 {status} Moved\nLocation: {location}\nContent-Length: 0\n\n");
        bench.respond_in_turn(vec![Response::Keep(crlf(&redirect)), Response::Keep(crlf(&last))]);
        let reply = Message::of(&bench.ask(GET));
        assert_eq!(reply.first, "HTTP/1.1 201 Created", "{id}");
        let seen = bench.seen();
        assert_eq!(seen.len(), 2, "{id}");
        assert_eq!(seen[1].message().first, line, "{id}");
        assert_eq!(!seen[1].body.is_empty(), has_body, "{id}");
        assert!(!has_body || seen[0].body == seen[1].body, "{id}");
        assert_eq!(seen[1].header("transfer-encoding").is_empty(), !has_body, "{id}");
    }
    bench.respond(Response::Keep(crlf("HTTP/1.1 302 Found\nLocation: /F\nContent-Length: 0\n\n")));
    assert_eq!(Message::of(&bench.ask(GET)), Message::of(&crlf(FAILED)));
    assert_eq!(bench.seen().len(), 51, "fifty redirects at most");
}

fn report(failures: Vec<String>) {
    assert!(failures.is_empty(), "{} rows differ:\n{}", failures.len(), failures.join("\n"));
}
