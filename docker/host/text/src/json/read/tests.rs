//! What is read, and what is refused.

use super::*;
use crate::json::{object, to_compact};

fn read(text: &str) -> Json {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn takes_what_newtonsoft_takes() {
    let expected = object([("a", Json::Integer(1)), ("b", Json::Integer(2))]);
    for text in [
        r#"{"a":1,"b":2}"#,
        "{'a':1,/*c*/b:2}",
        "{a:1,b:2,}",
        "// first\n{ 'a' : 1 // then\n , b :/* two */ 2 } /* end */",
        "\u{feff} {a:1,b:2}",
        "\0{a:1,\0b:2}\0",
        "{\"a\":0,\"a\":1,b:2}",
        "{a:0x1,b:02}",
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    assert_eq!(to_compact(&read("[1,,2,]")), "[1,undefined,2]");
    assert_eq!(to_compact(&read("{a:,b:undefined}")), r#"{"a":undefined,"b":undefined}"#);
    assert_eq!(to_compact(&read("[1\0,true\0]")), "[1,true]");
    assert_eq!(read(r#"'it\'s \u00e9 \ud83d\ude00 \ud83d \/'"#), Json::from("it's é 😀 \u{fffd} /"));
    assert_eq!(read("\"a\nb\""), Json::from("a\nb"));
}

#[test]
fn a_member_given_again_is_where_it_was_given_last() {
    let text = "{a:1,b:2,c:3,a:4,b:5,a:{d:6,e:7,d:8},f:10,b:9}";
    assert_eq!(to_compact(&read(text)), r#"{"c":3,"a":{"e":7,"d":8},"f":10,"b":9}"#);
    let value = Reader::new(text, DEFAULT_MAX_DEPTH).with_first_places().value().unwrap();
    assert_eq!(to_compact(&value), r#"{"a":{"d":8,"e":7},"b":9,"c":3,"f":10}"#);
}

#[test]
fn refuses_what_newtonsoft_refuses() {
    for text in [
        "",
        " ",
        "{",
        "[",
        "{a}",
        "{a 1}",
        "{a:}",
        "[1 2]",
        "tru",
        "nullx",
        "{\"a\":",
        "\"a",
        r#""\x""#,
        "1.2.3",
        "--1",
        "1e",
        "/",
        "/* a",
        "{a:1} x",
        "{a-b:1}",
        "+1",
        "1 2",
        "<a/>",
        r#""\u12""#,
    ] {
        assert!(parse(text).is_err(), "{text}: {:?}", parse(text));
    }
}

#[test]
fn stops_at_its_limit_of_depth() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse(&nested(DEFAULT_MAX_DEPTH)).is_ok());
    assert!(parse(&nested(DEFAULT_MAX_DEPTH + 1)).is_err());
    assert!(parse_to_depth(&nested(130), RESULT_MAX_DEPTH).is_ok());
    assert!(parse_to_depth(&"[".repeat(1_000_000), RESULT_MAX_DEPTH).is_err());
}

#[test]
fn reads_without_expectations() {
    for (text, expected) in
        [("[1,2", "[1,2]"), ("[{b:[1", r#"[{"b":[1]}]"#), ("// c", "null"), ("", "null"), ("[1]", "[1]")]
    {
        assert_eq!(parse_untyped(text).map(|value| to_compact(&value)).as_deref(), Ok(expected), "{text}");
    }
    for text in ["[", "[1,", "{a:", "{a:1", "{a:[1", "{", "{a", "[1] 2", "/* c"] {
        assert!(parse_untyped(text).is_err(), "{text}");
    }
}

#[test]
fn ignores_what_follows_when_asked_for_one_value() {
    let mut reader = Reader::new("{\"a\":1} trailing", DEFAULT_MAX_DEPTH);
    assert_eq!(reader.value(), Ok(object([("a", Json::Integer(1))])));
    assert!(reader.end().is_err());
}

#[test]
fn passes_over_a_value() {
    let mut reader = Reader::new("[{a:[1,{b:2}]},3] 4", DEFAULT_MAX_DEPTH);
    assert_eq!(reader.skip(), Ok(()));
    assert_eq!(reader.value(), Ok(Json::Integer(4)));
    assert!(Reader::new("[{a:[1,}]", DEFAULT_MAX_DEPTH).skip().is_err());
}

#[test]
fn leaves_dates_alone_when_asked() {
    let text = "\"2020-01-01T00:00:00Z\"";
    assert!(matches!(read(text), Json::Date(_)));
    assert!(matches!(Reader::new(text, 1).value_without_dates(), Ok(Json::Text(_))));
}
