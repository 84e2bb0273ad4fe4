use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn kind(text: &str) -> Option<Kind> {
    let limits = Limits { depth: 4, members: 9, ..Limits::bytes(1000) };
    scan(text.as_bytes(), &limits).err().map(|e| e.kind())
}

#[test]
fn rejects_duplicate_members_at_any_depth() {
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
fn one_member_of_the_outermost_object_may_have_the_same_string_twice() {
    let limits = Limits { repeatable: Some("iss"), ..Limits::default() };
    let read = |text: &str| from_slice::<BTreeMap<String, RawJson>>(text.as_bytes(), &limits);
    for text in [
        r#"{"iss":"a","iss":"a"}"#,
        r#" { "iss" : "a" , "x":[{"iss":"b"}], "iss" : "a" } "#,
        r#"{"x":"\"},","iss":"a","y":{"iss":1},"iss":"a","z":null}"#,
        r#"{"iss":"","iss":""}"#,
    ] {
        assert_eq!(kind(text), Some(Kind::DuplicateKey), "{text}");
        let members = read(text).unwrap();
        let once = text.replacen(r#""iss""#, r#""other""#, 1);
        let mut expected = read(&once).unwrap();
        expected.remove("other");
        assert_eq!(members, expected, "{text}");
    }
    for (text, expected) in [
        (r#"{"iss":"a","iss":"b"}"#, Kind::DuplicateKey),
        (r#"{"iss":"a","iss":"\u0061"}"#, Kind::DuplicateKey),
        (r#"{"iss":"a","\u0069ss":"a"}"#, Kind::DuplicateKey),
        (r#"{"iss":"a","iss":"a","iss":"a"}"#, Kind::DuplicateKey),
        (r#"{"iss":"a","iss":"a","iss":1}"#, Kind::DuplicateKey),
        (r#"{"iss":"a","iss":["a"]}"#, Kind::DuplicateKey),
        (r#"{"iss":1,"iss":1}"#, Kind::DuplicateKey),
        (r#"{"iss":["a"],"iss":["a"]}"#, Kind::DuplicateKey),
        (r#"{"iss":{"iss":"a"},"iss":{"iss":"a"}}"#, Kind::DuplicateKey),
        (r#"{"x":{"iss":"a","iss":"a"}}"#, Kind::DuplicateKey),
        (r#"[{"iss":"a","iss":"a"}]"#, Kind::DuplicateKey),
        (r#"{"state":"s","state":"s"}"#, Kind::DuplicateKey),
        (r#"{"state":"s","iss":"a","state":"s","iss":"a"}"#, Kind::DuplicateKey),
        (r#"{"iss":"a" "iss":"a"}"#, Kind::Syntax),
        (r#"{"iss":"a","a"}"#, Kind::Syntax),
        (r#"{"iss":"a",,"iss":"a"}"#, Kind::Syntax),
        (r#"{"iss":"a","iss":"a""#, Kind::Syntax),
        (r#"{"iss":"a","iss":"a"}{}"#, Kind::Syntax),
    ] {
        assert_eq!(read(text).unwrap_err().kind(), expected, "{text}");
    }
}

#[test]
fn bounds_hold_on_both_sides() {
    assert_eq!(kind("[[[[]]]]"), None);
    assert_eq!(kind("[[[[[]]]]]"), Some(Kind::TooDeep));
    assert_eq!(kind("[1,2,3,4,5,6,7,8,9]"), None);
    assert_eq!(kind("[1,2,3,4,5,6,7,8,9,10]"), Some(Kind::TooManyMembers));
    let limits = Limits { depth: 1, members: 1, ..Limits::bytes(2) };
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

/// The object that `serde_json` takes for JSON inside a text.
fn hidden(json: &str) -> String {
    format!(r#"{{"$serde_json::private::RawValue":{}}}"#, serde_json::to_string(json).unwrap())
}

#[test]
fn rejects_reserved_names_at_any_depth() {
    for text in [
        hidden("1"),
        format!("[[[{}]]]", hidden("1")),
        r#"{"a":{"$serde_json::private::Number":"1"}}"#.into(),
        r#"{"a":1,"\u0024serde_json\u003a:private::RawValue":"1"}"#.into(),
        r#"{"$serde_json::private::":1}"#.into(),
        r#"{"$serde_json::private::Later":1}"#.into(),
    ] {
        assert_eq!(kind(&text), Some(Kind::ReservedName), "{text}");
    }
    for text in [
        r#"{"$serde_json::private":1}"#,
        r#"{" $serde_json::private::RawValue":1}"#,
        r#"{"a":"$serde_json::private::RawValue"}"#,
        r#"["$serde_json::private::RawValue"]"#,
    ] {
        assert_eq!(kind(text), None, "{text}");
    }
}

/// Each text breaks a rule inside a text that `serde_json::Value` would parse.
#[test]
fn reads_nothing_that_is_hidden_from_the_scan() {
    let elements = format!("[{}1]", "1,".repeat(30_000));
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for inner in [deep.as_str(), &elements, r#"{"iss":"a","iss":"b"}"#, "true"] {
        for text in [hidden(inner), format!(r#"{{"iss":{}}}"#, hidden(inner))] {
            let limits = Limits::bytes(200_000);
            let refused = from_slice::<Value>(text.as_bytes(), &limits).unwrap_err();
            assert_eq!(refused.kind(), Kind::ReservedName);
            let refused = object_from_slice::<Value>(text.as_bytes(), &limits).unwrap_err();
            assert_eq!(refused.kind(), Kind::ReservedName);
        }
    }
}

#[test]
fn raw_json_that_was_never_scanned_is_scanned_when_it_is_read() {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for (text, expected) in [
        (hidden("[1]"), Kind::ReservedName),
        (hidden(&deep), Kind::ReservedName),
        (deep, Kind::TooDeep),
        (r#"{"a":1,"\u0061":2}"#.into(), Kind::DuplicateKey),
        (r#"{"\ud800":1}"#.into(), Kind::Syntax),
    ] {
        let raw: RawJson = serde_json::from_str(&text).unwrap();
        assert_eq!(raw.as_str(), text);
        assert_eq!(raw.read::<Value>().unwrap_err().kind(), expected, "{text}");
        assert_eq!(raw.read::<JsonValue>().unwrap_err().kind(), expected, "{text}");
        assert_eq!(raw.value().unwrap_err().kind(), expected, "{text}");
        assert!(serde_json::from_str::<JsonValue>(&text).is_err(), "{text}");
    }
}

/// The table in the module's documentation.
#[test]
fn a_lone_surrogate_costs_a_name_its_document_and_a_value_its_own_read() {
    #[derive(Debug, serde::Deserialize, PartialEq)]
    struct Known {
        a: u8,
    }
    #[derive(Debug, serde::Deserialize)]
    struct Informative {
        name: RawJson,
        a: u8,
    }
    let limits = Limits::default();
    for lone in [r"\ud800", r"\udfff", r"\ud800\ud800", r"\udc00\ud800", r"\uD83Dx", r"\ud800\n"] {
        let name = format!(r#"{{"a":1,"{lone}":2}}"#);
        let value = format!(r#"{{"a":1,"name":"{lone}"}}"#);
        let refused = scan(name.as_bytes(), &limits).unwrap_err();
        assert_eq!(refused.kind(), Kind::Syntax, "{name}");

        assert!(scan(value.as_bytes(), &limits).is_ok(), "{value}");
        assert_eq!(from_slice::<Known>(value.as_bytes(), &limits), Ok(Known { a: 1 }));
        let read: Informative = from_slice(value.as_bytes(), &limits).unwrap();
        assert_eq!((read.a, read.name.as_str()), (1, format!("\"{lone}\"").as_str()));
        let refusals = [
            read.name.read::<String>().map(drop),
            read.name.value().map(drop),
            read.name.read::<Value>().map(drop),
            from_slice::<JsonValue>(value.as_bytes(), &limits).map(drop),
            from_slice::<BTreeMap<String, Value>>(value.as_bytes(), &limits).map(drop),
        ];
        for refusal in refusals {
            assert_eq!(refusal.unwrap_err().kind(), Kind::Shape, "{value}");
        }
    }
    let pair = from_slice::<JsonValue>(br#"{"\ud83d\ude00":"\ud83d\ude00"}"#, &limits).unwrap();
    assert_eq!(pair, from_slice(r#"{"😀":"😀"}"#.as_bytes(), &limits).unwrap());
}

/// Whatever features serde_json has: the grammar alone decides between the two kinds.
#[test]
fn json_that_a_type_can_not_hold_is_of_another_shape() {
    for text in ["1e400", "-1e400", "1.5", "-1", "256", "1e2", r#""\ud800""#, "{}", "[1e999]"] {
        let refused = from_slice::<u8>(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Shape, "{text}");
    }
    for text in ["01", "1.", ".5", "1e", "+1", "--1", "1e400x", "1 1", "\"\n\"", r#""\x""#, "tru"] {
        let refused = from_slice::<u8>(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Syntax, "{text}");
        let refused = from_slice::<JsonValue>(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Syntax, "{text}");
    }
}

fn value(text: &str) -> JsonValue {
    from_slice(text.as_bytes(), &Limits::default()).unwrap()
}

#[test]
fn values_are_equal_however_they_are_written() {
    let equal: &[&[&str]] = &[
        &["0", "-0", "0.0", "0e5", "-0.00E-7", "0e99999999999999999999"],
        &["60", "60.0", "6e1", "6E+1", "0.6e2", "600e-1", "60.000"],
        &["-1.5", "-15e-1", "-0.15e1"],
        &["12345678901234567890123", "1.2345678901234567890123e22"],
        &["1e400", "10e399", "0.1E401"],
        &["1e9223372036854775807"],
        &["10e9223372036854775807"],
        &["1e99999999999999999999", "1E+0099999999999999999999", "1.0e99999999999999999999"],
        &["1e-99999999999999999999"],
        &["12345678901234567890124"],
        &["0.1"],
        &["0.10000000000000000001"],
        &["1"],
        &["-1"],
        &["true"],
        &["false"],
        &["null"],
        &[r#""1""#, r#""\u0031""#],
        &[r#""""#],
        &[r#""a\"b\\""#, r#""\u0061\u0022b\u005c""#],
        &["[]", " [\n] "],
        &["{}", "{ }"],
        &["[1,2]", "[ 1 , 2.0 ]"],
        &["[2,1]"],
        &["[[1],2]"],
        &[r#"{"a":1,"b":[{}]}"#, r#" { "b" : [ {} ] , "\u0061" : 1.0 } "#],
        &[r#"{"a":1,"b":[[]]}"#],
    ];
    for (place, texts) in equal.iter().enumerate() {
        for text in *texts {
            for (other_place, others) in equal.iter().enumerate() {
                for other in *others {
                    assert_eq!(value(text) == value(other), place == other_place, "{text} {other}");
                }
            }
        }
    }
}

#[test]
fn a_number_keeps_its_text_and_is_whole_if_it_is_worth_that() {
    for (text, whole) in [
        ("0", Some(0)),
        ("-0.0", Some(0)),
        ("60.0", Some(60)),
        ("6e1", Some(60)),
        ("18446744073709551615", Some(u64::MAX)),
        ("1844674407370955161.5e1", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("1e20", None),
        ("1e99999999999999999999", None),
        ("60.00000000000000000001", None),
        ("6e-1", None),
        ("-60", None),
    ] {
        let JsonValue::Number(number) = value(text) else { panic!("{text} is a number") };
        assert_eq!((number.as_str(), number.to_u64()), (text, whole));
    }
}

#[test]
fn raw_json_gives_its_text_away() {
    assert_eq!(RawJson::of("a").unwrap().into_string(), r#""a""#);
}

#[test]
fn what_has_no_json_form_is_not_written() {
    let map = BTreeMap::from([((), 1)]);
    assert_eq!(RawJson::of(&map).unwrap_err().kind(), Kind::Shape);
    assert_eq!(JsonValue::of(&map).unwrap_err().kind(), Kind::Shape);
    assert_eq!(JsonValue::of(&["a"]), Ok(value(r#"["a"]"#)));
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
fn measured(value: &JsonValue) -> [usize; 3] {
    let inner: Vec<_> = match value {
        JsonValue::Array(elements) => elements.iter().map(measured).collect(),
        JsonValue::Object(members) => members.values().map(measured).collect(),
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
        let limits = Limits { depth, members, ..Limits::bytes(bytes) };
        let refused = match from_slice::<JsonValue>(text.as_bytes(), &limits) {
            Ok(value) => {
                let [deepest, all, _] = measured(&value);
                prop_assert!(text.len() <= bytes && deepest <= depth && all <= members);
                return Ok(());
            }
            Err(error) => error.kind(),
        };
        let Ok(value) = from_slice(text.as_bytes(), &Limits::of_part()) else { return Ok(()) };
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

    /// Both read what was written, each in its own way.
    #[test]
    fn a_value_is_what_serde_json_makes_of_it(text in json()) {
        fn same(ours: &JsonValue, theirs: &Value) -> bool {
            match (ours, theirs) {
                (JsonValue::Null, Value::Null) => true,
                (JsonValue::Bool(a), Value::Bool(b)) => a == b,
                (JsonValue::Number(a), Value::Number(b)) => a.as_str() == format!("{b}"),
                (JsonValue::String(a), Value::String(b)) => a == b,
                (JsonValue::Array(a), Value::Array(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
                }
                (JsonValue::Object(a), Value::Object(b)) => {
                    let equal = |(name, a)| b.get(name).is_some_and(|b| same(a, b));
                    a.len() == b.len() && a.iter().all(equal)
                }
                _ => false,
            }
        }
        prop_assert!(same(&value(&text), &serde_json::from_str(&text).unwrap()), "{}", text);
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
