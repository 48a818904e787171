//! Whether header values are written already as .NET's client would write them: nearly all are, and to see that costs less than to read
//! them and to write them anew. Pure.

use dotnet_text::media_type::is_token_byte;
use wire::headers::Line;
use wire::{Headers, Name};

/// A head with more names that are not known is not looked through.
const MAX_UNKNOWN_NAMES: usize = 16;
const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Whether every value is in form and has a name of its own. False may be wrong, true is not.
pub fn are_kept(headers: &Headers) -> bool {
    let (mut known, mut others) = (0, Vec::new());
    headers.iter().all(|line| {
        let is_new = match line.known {
            Some(name) => known & name.bit() == 0,
            None => {
                let is_same = |other: &&[u8]| other.eq_ignore_ascii_case(line.name);
                others.len() < MAX_UNKNOWN_NAMES && !others.iter().any(is_same)
            }
        };
        match line.known {
            Some(name) => known |= name.bit(),
            None => others.push(line.name),
        }
        is_new && !line.value.is_empty() && line.value.is_ascii() && is_kept(&line)
    })
}

/// Whether a value is in form, or cannot be read, which keeps it as well.
fn is_kept(line: &Line<'_>) -> bool {
    use Name::{
        AcceptRanges, Age, Allow, AltSvc, CacheControl, Connection, ContentDisposition, ContentEncoding,
        ContentLanguage, ContentLocation, ContentMd5, ContentRange, ContentType, Date, ETag, Expires, LastModified,
        Location, Pragma, ProxyAuthenticate, RetryAfter, Server, Trailer, TransferEncoding, Upgrade, Vary, Via,
        Warning, WwwAuthenticate,
    };
    let value = line.value;
    let is_one_of_list = || !value.iter().any(|byte| matches!(byte, b' ' | b'\t' | b',' | b';'));
    match line.known {
        Some(AcceptRanges | Allow | Connection | ContentEncoding | ContentLanguage) => is_one_of_list(),
        Some(Pragma | Server | Trailer | TransferEncoding | Upgrade | Vary) => is_one_of_list(),
        Some(CacheControl) => value.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-'),
        Some(ContentType | ContentDisposition) => has_parameters(value),
        Some(Date | Expires | LastModified) => is_date(value),
        Some(ETag) => value.starts_with(b"\"") || value.starts_with(b"W/\""),
        Some(Age | AltSvc | ContentLocation | ContentMd5 | ContentRange | Location) => false,
        Some(ProxyAuthenticate | RetryAfter | Via | Warning | WwwAuthenticate) => false,
        _ => true,
    }
}

/// A date in today's form, be there such a day or not.
fn is_date(value: &[u8]) -> bool {
    const FORM: &[u8] = b"___, 00 ___ 0000 00:00:00 GMT";

    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'_' => true,
        _ => byte == form,
    };
    value.len() == FORM.len()
        && value.iter().zip(FORM).all(fits)
        && DAYS.contains(&&value[..3])
        && MONTHS.contains(&&value[8..11])
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
