//! How header values are read, and whether they are written already as .NET's client would write them: nearly all are, and to see that costs
//! less than to read them and to write them anew. Pure.

use dotnet_text::media_type::{self, is_token_byte};
use wire::headers::Line;
use wire::{Headers, Name};

use super::elements::{self, Element};
use super::{date, location, single};

/// How the lines of one name are read.
pub enum Form {
    /// One value; of several lines the others pass as they came.
    One(fn(&str) -> Option<String>),
    /// A list, of which each element becomes a line.
    List(Element),
    Products,
    CacheControl,
    AsGiven,
}

/// Whether every value is in form and has a name of its own. False may be wrong, true is not.
pub fn are_kept(headers: &Headers) -> bool {
    let is_in_form = |line: Line<'_>| !line.value.is_empty() && line.value.is_ascii() && form(&line).1(line.value);
    !headers.may_repeat_a_name() && headers.iter().all(is_in_form)
}

/// How a line is read, and how to see that its value is in form, or cannot be read, which keeps it as well.
pub fn form(line: &Line<'_>) -> (Form, fn(&[u8]) -> bool) {
    use Name::{
        AcceptRanges, Age, Allow, AltSvc, CacheControl, Connection, ContentDisposition, ContentEncoding,
        ContentLanguage, ContentLocation, ContentMd5, ContentRange, ContentType, Date, ETag, Expires, LastModified,
        Location, Pragma, ProxyAuthenticate, RetryAfter, Server, Trailer, TransferEncoding, Upgrade, Vary, Via,
        Warning, WwwAuthenticate,
    };
    match line.known {
        Some(AcceptRanges | Allow | Connection | ContentEncoding | ContentLanguage | Trailer | Vary) => {
            (Form::List(elements::token), stands_alone)
        }
        Some(Pragma) => (Form::List(elements::pair), stands_alone),
        Some(TransferEncoding) => (Form::List(elements::with_parameters), stands_alone),
        Some(Upgrade) => (Form::List(elements::product), stands_alone),
        Some(AltSvc) => (Form::List(elements::service), never),
        Some(ProxyAuthenticate | WwwAuthenticate) => (Form::List(elements::challenge), never),
        Some(Via) => (Form::List(elements::via), never),
        Some(Warning) => (Form::List(elements::warning), never),
        Some(Server) => (Form::Products, stands_alone),
        Some(CacheControl) => (Form::CacheControl, is_directive),
        Some(Date | Expires | LastModified) => (Form::One(date::written), is_date),
        Some(ContentType) => (Form::One(media_type::normal), has_parameters),
        Some(ContentDisposition) => (Form::One(single::disposition), has_parameters),
        Some(ETag) => (Form::One(single::tag), is_tag),
        Some(Age) => (Form::One(single::seconds), never),
        Some(RetryAfter) => (Form::One(single::seconds_or_date), never),
        Some(ContentLocation | Location) => (Form::One(location::written), never),
        Some(ContentMd5) => (Form::One(single::bytes), never),
        Some(ContentRange) => (Form::One(single::range), never),
        _ => (Form::AsGiven, |_| true),
    }
}

fn never(_: &[u8]) -> bool {
    false
}

fn stands_alone(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, b' ' | b'\t' | b',' | b';'))
}

fn is_directive(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-')
}

fn is_tag(value: &[u8]) -> bool {
    value.starts_with(b"\"") || value.starts_with(b"W/\"")
}

/// A date in today's form, be there such a day or not. Nearly every response has one: a pattern costs more.
fn is_date(value: &[u8]) -> bool {
    const FORM: &[u8] = b"___, 00 ___ 0000 00:00:00 GMT";
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    let fits = |(byte, form): (&u8, &u8)| match form {
        b'_' => true,
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    let is_one_of = |names: &[&str], name: &[u8]| names.iter().any(|known| known.as_bytes() == name);
    value.len() == FORM.len()
        && value.iter().zip(FORM).all(fits)
        && is_one_of(&DAYS, &value[..3])
        && is_one_of(&date::MONTHS, &value[8..11])
}

/// Tokens alone, with one space behind every semicolon.
fn has_parameters(value: &[u8]) -> bool {
    let mut last = b' ';
    value.iter().all(|byte| {
        let is_sound = match byte {
            b' ' => last == b';',
            b'/' | b'=' | b';' => true,
            byte => last != b';' && is_token_byte(*byte),
        };
        last = *byte;
        is_sound
    })
}
