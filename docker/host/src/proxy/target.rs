//! Request targets as the proxy sends them: the decoded path is escaped anew, the query passes as it came but for what .NET's `Uri`
//! does to any; pure (protocol.md#proxying-request-line).

use dotnet_text::percent::{is_path_byte, push, push_normal};
use wire::Target;

/// The target towards the handler. A `%` that decoding has left in the path is escaped like any other character: `%2F` arrives as
/// `%252F` (recordings Y02-0, Y06-1). For the query see recordings Y10-5, Y11-0 and Y13-0.
pub fn to_handler(target: &Target<'_>, has_question_mark: bool) -> String {
    let mut sent = String::with_capacity(target.path.len() + target.query.len() + 1);
    // Most paths have nothing to escape.
    if target.path.bytes().all(is_path_byte) {
        sent.push_str(&target.path);
    } else {
        target.path.bytes().for_each(|byte| push(byte, is_path_byte(byte), &mut sent));
    }
    if has_question_mark {
        sent.push('?');
        push_normal(target.query, is_query_byte, &mut sent);
    }
    sent
}

const fn is_query_byte(byte: u8) -> bool {
    is_path_byte(byte) || matches!(byte, b'?' | b'[' | b']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_pass_as_recorded() {
        for (given, expected) in [
            ("/API/Hello/", "/API/Hello/"),
            ("/a%2fb", "/a%252fb"),
            ("/a%20b%5C%7C%22", "/a%20b%5C%7C%22"),
            ("/caf%C3%A9", "/caf%C3%A9"),
            ("/%E2%82", "/%25E2%2582"),
            ("/%53imple/%7E", "/Simple/~"),
            ("/[x]", "/%5Bx%5D"),
            ("/a;b=c!$&'()*+,:@", "/a;b=c!$&'()*+,:@"),
            ("/q?", "/q?"),
            ("/q?a=1&a=2&flag&=v&&x=", "/q?a=1&a=2&flag&=v&&x="),
            ("/q?a=%41%7E%2C%ff+b", "/q?a=A~%2C%ff+b"),
            ("/q?a[]=1&b=/:'?c", "/q?a[]=1&b=/:'?c"),
            ("/q?a=\"<>|^`{}#", "/q?a=%22%3C%3E%7C%5E%60%7B%7D%23"),
            ("/q?a=%zz", "/q?a=%25zz"),
            ("/q?%c3%a9=%f0%9f%8d%b5%c3%e9", "/q?%C3%A9=%F0%9F%8D%B5%c3%e9"),
        ] {
            let (path, query) = given.split_once('?').map_or((given, None), |(path, query)| (path, Some(query)));
            let target = Target::parse(path, query).expect("sound");
            assert_eq!(to_handler(&target, query.is_some()), expected, "{given}");
        }
    }
}
