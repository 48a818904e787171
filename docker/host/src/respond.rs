//! From the reply of a default-mode invocation to the web server's response (protocol sections 5.4 and 5.5).

use hyper::ext::ReasonPhrase;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::http::Extensions;
use hyper::{Response, StatusCode};

use crate::body::ResponseBody;
use crate::invocation::reason;
use crate::invocation::reply::{Framing, Reply};
use crate::verbatim::{Message, Verbatim};

/// The response that says `reply`. One that the web server would not write goes past it, by the way that `request` carries.
pub fn respond(reply: Reply, is_head: bool, request: &Extensions) -> Response<ResponseBody> {
    let declared = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if declared.is_some_and(|(_, length)| length.parse().is_ok_and(|length: usize| length < reply.body.len())) {
        // More than was announced: Kestrel writes nothing of it.
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    }
    if Message::is_needed(&reply)
        && let Some(verbatim) = request.get::<Verbatim>()
    {
        verbatim.say(Message::new(&reply, is_head));
        let mut instead = empty(StatusCode::OK);
        instead.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return instead;
    }
    let status = u16::try_from(reply.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let Some(status) = status else { return empty(StatusCode::INTERNAL_SERVER_ERROR) };
    let is_chunked = reply.framing == Framing::Chunked && declared.is_none() && !is_head;
    // To `HEAD` the length of what is not sent is said, but not that of nothing.
    let length = Some(reply.body.len()).filter(|length| reply.framing == Framing::Length && is_head == (*length > 0));

    let mut response = Response::new(if is_head { ResponseBody::empty() } else { ResponseBody::new(vec![reply.body]) });
    *response.status_mut() = status;
    if let Ok(phrase) = ReasonPhrase::try_from(reason::phrase(reply.status).as_bytes()) {
        response.extensions_mut().insert(phrase);
    }
    let headers = response.headers_mut();
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    if is_chunked {
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    } else if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

fn empty(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = status;
    response
}
