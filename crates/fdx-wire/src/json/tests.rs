use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn kind(text: &str) -> Option<Kind> {
    scan(text.as_bytes(), &Limits { bytes: 1000, depth: 4, members: 9 }).err().map(|e| e.kind())
}

#[test]
fn duplicate_members_are_refused_wherever_they_stand() {
    for text in [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"x":{"b":1,"c":[{}],"b":2}}"#,
        r#"[{"\ud83d\ude00":1,"😀":2}]"#,
        r#"{"":1,"":2}"#,
        r#"{"a\n":1,"a\u000a":2}"#,
    ] {
        assert_eq!(kind(text), Some(Kind::DuplicateKey), "{text}");
    }
}

#[test]
fn a_two_character_escape_is_the_character_that_it_stands_for() {
    // RFC 8259 section 7 has these eight beside \uXXXX, and no others.
    for (short, char) in [
        ('"', '"'),
        ('\\', '\\'),
        ('/', '/'),
        ('b', '\u{8}'),
        ('f', '\u{c}'),
        ('n', '\n'),
        ('r', '\r'),
        ('t', '\t'),
    ] {
        let text = format!(r#"{{"\{short}":1,"\u{:04x}":2}}"#, u32::from(char));
        assert_eq!(kind(&text), Some(Kind::DuplicateKey), "{text}");
    }
    for other in ('!'..='~').filter(|char| !r#""\/bfnrtu"#.contains(*char)) {
        let text = format!(r#"{{"\{other}":1}}"#);
        assert_eq!(kind(&text), Some(Kind::Syntax), "{text}");
    }
}

#[test]
fn equal_names_in_different_objects_are_allowed() {
    for text in [r#"{"a":{"a":{"a":1}}}"#, r#"[{"a":1},{"a":1}]"#, r#"{"a":"a","b":"a"}"#] {
        assert_eq!(kind(text), None, "{text}");
    }
}

#[test]
fn bounds_hold_on_both_sides() {
    assert_eq!(kind("[[[[]]]]"), None);
    assert_eq!(kind("[[[[[]]]]]"), Some(Kind::TooDeep));
    assert_eq!(kind("[1,2,3,4,5,6,7,8,9]"), None);
    assert_eq!(kind("[1,2,3,4,5,6,7,8,9,10]"), Some(Kind::TooManyMembers));
    let limits = Limits { bytes: 2, depth: 1, members: 1 };
    assert!(scan(b"{}", &limits).is_ok());
    assert_eq!(scan(b"{} ", &limits).unwrap_err().kind(), Kind::TooLarge);
}

#[test]
fn ten_thousand_levels_are_refused_at_the_limit() {
    let text = "[".repeat(10_000);
    let error = scan(text.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!((error.kind(), error.column()), (Kind::TooDeep, 33));
}

#[test]
fn an_error_names_its_place_and_not_its_text() {
    let error =
        from_slice::<BTreeMap<String, u8>>(b"{\n \"token\":\"s3cret\"}", &Limits::default())
            .unwrap_err();
    assert_eq!((error.kind(), error.line()), (Kind::Shape, 2));
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[test]
fn a_place_is_a_line_and_a_column_in_bytes() {
    for (bytes, place) in [
        ("}".as_bytes(), "not JSON at line 1, column 1"),
        (b"{\n}\n }", "not JSON at line 3, column 2"),
        (b"[", "not JSON at line 1, column 2"),
        (b"[\n", "not JSON at line 2, column 1"),
        (b"\xff", "not UTF-8 at line 1, column 1"),
        (b"\n\n\"\xc3\xa9\xff", "not UTF-8 at line 3, column 4"),
        (b"{\"a\":1,\n\"a\":2}", "an object has the same member twice at line 2, column 6"),
    ] {
        let error = scan(bytes, &Limits::default()).unwrap_err();
        assert_eq!(format!("{error}"), place);
    }
}

#[test]
fn raw_json_compares_and_prints_as_its_text() {
    // Some are equal as values; who compares values reads them first.
    let texts = ["[1]", "[1 ]", "[1.0]", r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, r#"{"\u0061":1}"#];
    for a in texts {
        let raw: RawJson = serde_json::from_str(a).unwrap();
        assert_eq!(format!("{raw:?}"), a);
        for b in texts {
            assert_eq!(raw == serde_json::from_str(b).unwrap(), a == b, "{a} {b}");
        }
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    assert_eq!(scan(b"{\"a\":\"\xff\"}", &Limits::default()).unwrap_err().kind(), Kind::NotUtf8);
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".into()),
        any::<i32>().prop_map(|n| format!("{n}")),
        any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|map| {
                let member = |(k, v)| format!("{} : {v}", serde_json::to_string(&k).unwrap());
                format!("{{{}}}", map.into_iter().map(member).collect::<Vec<_>>().join(" , "))
            }),
        ]
    })
}

/// How deep a document nests, how many members and elements it has, and how many empty objects and
/// arrays, told from what serde made of it.
fn measured(value: &Value) -> [usize; 3] {
    let inner: Vec<_> = match value {
        Value::Array(elements) => elements.iter().map(measured).collect(),
        Value::Object(members) => members.values().map(measured).collect(),
        _ => return [0, 0, 0],
    };
    let sum = |which: usize| inner.iter().map(|it| it[which]).sum::<usize>();
    let deepest = inner.iter().map(|it| it[0]).max().unwrap_or_default();
    [deepest + 1, inner.len() + sum(1), usize::from(inner.is_empty()) + sum(2)]
}

proptest! {
    /// And what is refused for its size is that large: an empty object counts like one member.
    #[test]
    fn what_is_read_is_within_its_bounds(
        text in prop_oneof![json(), r#"[\[\]{}",:\\ua0-9 ]{0,40}"#],
        (bytes, depth, members) in (0..200usize, 0..5usize, 0..12usize),
    ) {
        let limits = Limits { bytes, depth, members };
        let refused = match from_slice::<Value>(text.as_bytes(), &limits) {
            Ok(value) => {
                let [deepest, all, _] = measured(&value);
                prop_assert!(text.len() <= bytes && deepest <= depth && all <= members);
                return Ok(());
            }
            Err(error) => error.kind(),
        };
        let Ok(value) = serde_json::from_str(&text) else { return Ok(()) };
        let [deepest, all, empty] = measured(&value);
        match refused {
            Kind::TooLarge => prop_assert!(text.len() > bytes),
            Kind::TooDeep => prop_assert!(deepest > depth),
            Kind::TooManyMembers => prop_assert!(all + empty > members),
            other => prop_assert_eq!(other, Kind::DuplicateKey),
        }
    }

    #[test]
    fn raw_json_is_read_back_as_the_text_that_it_was(members: BTreeMap<String, Vec<i64>>) {
        let raw = RawJson::of(&members).unwrap();
        let json = serde_json::to_string(&raw).unwrap();
        prop_assert_eq!(&json, raw.as_str());
        prop_assert_eq!(&serde_json::from_str::<RawJson>(&json).unwrap(), &raw);
        prop_assert_eq!(raw.read::<BTreeMap<String, Vec<i64>>>().unwrap(), members);
    }

    #[test]
    fn every_document_without_duplicates_passes(text in json()) {
        prop_assert!(scan(text.as_bytes(), &Limits::default()).is_ok(), "{}", text);
    }

    #[test]
    fn a_repeated_member_is_found_however_it_is_escaped(name: String, value in json()) {
        let plain = serde_json::to_string(&name).unwrap();
        let escaped: String = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let text = format!("{{{plain}:{value},\"{escaped}\":0}}");
        let error = scan(text.as_bytes(), &Limits::default()).unwrap_err();
        prop_assert_eq!(error.kind(), Kind::DuplicateKey);
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = from_slice::<BTreeMap<String, RawJson>>(&bytes, &Limits::default());
    }

    #[test]
    fn no_near_json_panics(text in r#"[\[\]{}",:\\ua0-9 ]{0,40}"#) {
        let _ = from_slice::<BTreeMap<String, RawJson>>(text.as_bytes(), &Limits::default());
    }
}
