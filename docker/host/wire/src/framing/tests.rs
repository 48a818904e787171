use super::*;

fn headers(lines: &[(&'static str, &'static str)]) -> Headers {
    let mut headers = Headers::default();
    lines.iter().for_each(|(name, value)| headers.push(name, value));
    headers
}

/// The body, `None` if it does not end, and what is left of the bytes.
fn read(mut framing: BodyFraming, text: &str) -> Result<(Option<String>, String), FramingError> {
    let mut buffer = BytesMut::from(text);
    let mut body = Vec::new();
    loop {
        match framing.step(&mut buffer)? {
            Step::Piece(piece) => body.extend_from_slice(&piece),
            Step::NeedsMore => return Ok((None, String::from_utf8_lossy(&buffer).into_owned())),
            Step::End => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                return Ok((Some(text(&body)), text(&buffer)));
            }
        }
    }
}

#[test]
fn an_end_that_stands_behind_the_last_piece_is_taken_with_it() {
    for (text, has_ended) in [
        ("1\r\na\r\n0\r\n\r\n", true),
        ("1\r\na\r\n0\r\n", false),
        ("1\r\na\r\n0\r\nT: u\r\n\r\n", false),
        ("2\r\na", false),
    ] {
        let (mut framing, mut buffer) = (BodyFraming::Chunked(Chunk::Size, Reading::Lenient), BytesMut::from(text));
        assert!(matches!(framing.step(&mut buffer), Ok(Step::Piece(_))), "{text:?}");
        framing.take_end(&mut buffer);
        assert_eq!((framing.has_ended(), has_ended && buffer.is_empty()), (has_ended, has_ended), "{text:?}");
    }
}

#[test]
fn bodies_end_where_they_should() {
    let whole = |body: &str, rest: &str| Ok((Some(body.to_owned()), rest.to_owned()));
    let chunked = BodyFraming::Chunked(Chunk::Size, Reading::Strict);
    assert_eq!(read(BodyFraming::Length(3), "abcd"), whole("abc", "d"));
    assert_eq!(read(BodyFraming::NONE, "d"), whole("", "d"));
    assert_eq!(read(chunked, "2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\nd"), whole("abc", "d"));
    assert_eq!(read(chunked, "0\r\n\r\n"), whole("", ""));
    assert_eq!(read(chunked, "2\r\nab\r"), Ok((None, "\r".to_owned())));
    assert_eq!(read(BodyFraming::UntilClose, "abc"), Ok((None, String::new())));
    assert!(read(chunked, "2\r\nabc\r\n").is_err());
    assert!(read(chunked, "zz\r\n").is_err());
    assert!(read(chunked, "10000000000000000\r\n").is_err());
    assert!(read(chunked, &format!("0\r\n{}", "T: u\r\n".repeat(MAX_TRAILER_BYTES / 6 + 1))).is_err());
    assert!(read(chunked, &"1".repeat(MAX_CHUNK_LINE_BYTES + 1)).is_err());
}

#[test]
fn callers_and_handlers_are_held_to_rules_of_their_own() {
    let ends = |reading, text: &str| {
        read(BodyFraming::Chunked(Chunk::Size, reading), text).is_ok_and(|(body, _)| body.as_deref() == Some("hi"))
    };
    for text in
        ["2\nhi\n0\n\n", "2 \r\nhi\r\n0\r\n\r\n", "00000000000000002\r\nhi\r\n0\r\n\r\n", "2;a\nhi\n0\r\nT: u\n\n"]
    {
        assert!(ends(Reading::Lenient, text) && !ends(Reading::Strict, text), "{text}");
    }
    for text in [
        "\r\n2\r\nhi\r\n0\r\n\r\n",
        ";a\r\n\r\n",
        "0x2\r\nhi\r\n0\r\n\r\n",
        "2 x\r\nhi\r\n0\r\n\r\n",
        "2\r\r\nhi\r\n0\r\n\r\n",
        "+2\r\nhi\r\n0\r\n\r\n",
    ] {
        assert!(!ends(Reading::Lenient, text) && !ends(Reading::Strict, text), "{text}");
    }
    for text in ["2;a\rb\r\nhi\r\n0\r\n\r\n", "80000000\r\nhi", "2\r\nhi\r\n0\n\r\n"] {
        assert!(!ends(Reading::Strict, text), "{text}");
    }
    for (trailers, is_sound) in [
        ("T : u\r\n v\r\nW:\n", true),
        ("T: \0\r\nContent-Length: 5\r\n", true),
        ("no colon\r\n", false),
        (": u\r\n", false),
        ("T u: v\r\n", false),
        ("T\t: u\r\n", false),
        (" T: u\r\n", false),
        ("T@: u\r\n", false),
    ] {
        assert_eq!(ends(Reading::Lenient, &format!("2\r\nhi\r\n0\r\n{trailers}\r\n")), is_sound, "{trailers:?}");
    }
    for (trailers, is_sound) in [
        ("T: u\r\nContent-Length: 5\r\n", true),
        ("T:\nT@: \u{e9}\x01\n", true),
        ("no colon\r\n", false),
        (": u\r\n", false),
        ("T : u\r\n", false),
        ("T: u\r\n v\r\n", false),
        ("T: \0\r\n", false),
        ("T: u\rv\r\n", false),
    ] {
        assert_eq!(ends(Reading::Strict, &format!("2\r\nhi\r\n0\r\n{trailers}\r\n")), is_sound, "{trailers:?}");
    }
    let with_trailer = |length| format!("2\r\nhi\r\n0\r\nT: {}\r\n\r\n", "u".repeat(length));
    assert!(ends(Reading::Lenient, &with_trailer(60_000)));
    assert!(!ends(Reading::Lenient, &with_trailer(MAX_RESPONSE_TRAILER_BYTES)));
    assert!(ends(Reading::Strict, "2;a=b\r\nhi\r\n0\r\nT: u\r\n\r\n"));
}

#[test]
fn chunks_that_come_together_are_one_piece() {
    for (text, expected, rest) in [
        ("2\r\nhi\r\n1\r\n!\r\n0\r\n\r\nHTTP", Some("hi!"), "HTTP"),
        ("2\r\nhi\r\n3\r\n!", Some("hi!"), ""),
        ("2\r\nhi\r\n3", Some("hi"), "3"),
        ("2\r\nhi\r\n1\r\n!!\r\n", None, ""),
        ("2\r\nhi\r\n0\r\nno colon\r\n\r\n", None, ""),
    ] {
        let mut framing = BodyFraming::Chunked(Chunk::Size, Reading::Lenient);
        let mut buffer = BytesMut::from(text);
        let Ok(Step::Piece(mut piece)) = framing.step(&mut buffer) else { panic!("a piece") };
        let is_sound = framing.join(&mut piece, &mut buffer).is_ok();
        assert_eq!(Some(piece.as_ref()).filter(|_| is_sound), expected.map(str::as_bytes), "{text}");
        assert!(!is_sound || buffer == rest, "{text}");
    }
}

#[test]
fn a_request_has_one_length_or_chunks() {
    for (lines, expected) in [
        (&[][..], Some(BodyFraming::NONE)),
        (&[("content-length", "5")], Some(BodyFraming::Length(5))),
        (&[("Content-Length", "5"), ("content-length", "5")], None),
        (&[("Content-Length", "+5")], Some(BodyFraming::Length(5))),
        (&[("Content-Length", "++5")], None),
        (&[("Content-Length", "9223372036854775807")], Some(BodyFraming::Length(9_223_372_036_854_775_807))),
        (&[("Content-Length", "9223372036854775808")], None),
        (&[("Transfer-Encoding", "chunked ,,")], Some(BodyFraming::Chunked(Chunk::Size, Reading::Strict))),
        (&[("Transfer-Encoding", "chunked, gzip")], None),
        (&[("Transfer-Encoding", "gzip, Chunked")], Some(BodyFraming::Chunked(Chunk::Size, Reading::Strict))),
        (
            &[("Transfer-Encoding", "chunked"), ("Content-Length", "3")],
            Some(BodyFraming::Chunked(Chunk::Size, Reading::Strict)),
        ),
        (&[("Transfer-Encoding", "gzip")], None),
    ] {
        assert_eq!(BodyFraming::of_request(&headers(lines)).ok(), expected, "{lines:?}");
    }
}

#[test]
fn a_response_without_a_sound_length_ends_with_the_connection() {
    for (lines, expected) in [
        (&[][..], BodyFraming::UntilClose),
        (&[("Content-Length", "2")], BodyFraming::Length(2)),
        (&[("Content-Length", "abc")], BodyFraming::UntilClose),
        (&[("Content-Length", "2"), ("Transfer-Encoding", "identity")], BodyFraming::Length(2)),
        (&[("Transfer-Encoding", "gzip")], BodyFraming::UntilClose),
        (&[("Content-Length", "9223372036854775808")], BodyFraming::UntilClose),
        (&[("Transfer-Encoding", "chunked")], BodyFraming::Chunked(Chunk::Size, Reading::Lenient)),
        (&[("Transfer-Encoding", "chunked, gzip")], BodyFraming::Chunked(Chunk::Size, Reading::Lenient)),
    ] {
        assert_eq!(BodyFraming::of_response(&headers(lines), 200, false), expected, "{lines:?}");
        assert_eq!(BodyFraming::of_response(&headers(lines), 200, true), BodyFraming::NONE);
        assert_eq!(BodyFraming::of_response(&headers(lines), 204, false), BodyFraming::NONE);
    }
}
