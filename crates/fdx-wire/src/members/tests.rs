use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use proptest::prelude::*;

use super::{Class, Found, NotUnderstood, Object, Value};
use crate::UnixTime;
use crate::json::{JsonNumber, JsonValue, Kind, Limits, RawJson, Rounding};

crate::members! {
    /// A message with a member of each class.
    mod message = "message" {
        Protective ISSUER = "issuer", "a text", "RFC 8414 section 2";
        Required NAME = "name", "a text", "RFC 8414 section 2";
        Informative COUNT = "count", "a whole number", "RFC 8414 section 2";
        Informative INNER = "list[].inner", "a text", "RFC 8414 section 2";
    }
}

fn object(json: &str) -> Object<'_> {
    Object::parse(json.as_bytes(), &Limits::default()).unwrap()
}

fn with_value<T>(json: &str, read: impl FnOnce(Value<'_>) -> T) -> T {
    let document = format!("{{\"name\":{json}}}");
    let object = object(&document);
    let (_, value) = object.iter().next().unwrap();
    read(value)
}

#[test]
fn rows_have_the_class_of_their_declaration() {
    let classes: Vec<_> = message::ROWS.iter().map(|row| row.class).collect();
    let expected = [Class::Protective, Class::Required, Class::Informative, Class::Informative];
    assert_eq!(classes, expected);
    assert_eq!(message::INNER.row().key(), "inner");
    assert_eq!(message::INNER.row().name, "list[].inner");
}

#[test]
fn required_member_is_named_with_its_place() {
    for (json, expected) in [
        ("{}", "member name is missing: expected a text"),
        ("{\n \"name\": null}", "member name is null, not a text (line 2, column 10)"),
        (r#"{"name":{}}"#, "member name is empty, not a text (line 1, column 9)"),
        (r#"{"name":[1]}"#, "member name is an array, not a text (line 1, column 9)"),
        (r#"{"name":"\ud800"}"#, "member name is a string, not a text (line 1, column 9)"),
    ] {
        let fault = object(json).required(&message::NAME, Value::to_text).unwrap_err();
        assert_eq!(fault.to_string(), expected);
        assert_eq!(fault.member(), "name");
        assert_eq!(fault.expected(), "a text");
    }
    let name = object(r#"{"n\u0061me":"x"}"#).required(&message::NAME, Value::to_text);
    assert_eq!(name.as_deref(), Ok("x"));
}

#[test]
fn informative_member_never_costs_the_message() {
    let read = |json: &str| {
        let mut not_understood = Vec::new();
        let count =
            object(json).informative(&message::COUNT, &mut not_understood, Value::to_whole_number);
        (count, not_understood)
    };
    for absent in
        ["{}", r#"{"count":null}"#, r#"{"count":""}"#, r#"{"count":[ ]}"#, r#"{"count":{}}"#]
    {
        assert_eq!(read(absent), (None, vec![]), "{absent}");
    }
    for value in ["-1", "1.5", "true", "[1]", r#"{"a":1}"#, r#""P60D""#, r#""\ud800""#] {
        let (count, not_understood) = read(&format!("{{\"count\":{value}}}"));
        assert_eq!(count, None);
        assert_eq!(not_understood, [NotUnderstood::new("count", value)]);
    }
    assert_eq!(read(r#"{"count":6e1}"#), (Some(60), vec![]));
}

#[test]
fn protective_member_is_returned_as_received() {
    assert!(object("{}").protective_as_received(&message::ISSUER).is_none());
    let null = object(r#"{"issuer":null}"#).protective_as_received(&message::ISSUER).unwrap();
    assert!(null.is_null());
}

#[test]
fn other_documents_are_not_objects() {
    for json in ["[]", "null", "7", r#""text""#] {
        let error = Object::parse(json.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Shape, "{json}");
    }
    let error = Object::parse(br#"{"a":1,"a":2}"#, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::DuplicateKey);
}

#[test]
fn reads_identifiers_and_whole_numbers_in_every_form() {
    let identifier = |json| with_value(json, |value| value.to_identifier().map(String::from));
    assert_eq!(identifier("77"), Some("77".into()));
    assert_eq!(identifier(r#""77""#), Some("77".into()));
    for other in ["7.0", "7e1", "true", "[]", "{}", "null", "18446744073709551616"] {
        assert_eq!(identifier(other), None, "{other}");
    }
    let number = |json| with_value(json, |value| value.to_whole_number());
    for sixty in ["60", "60.0", "6e1", r#""60""#] {
        assert_eq!(number(sixty), Some(60), "{sixty}");
    }
    for other in ["-1", "60.5", r#""""#, r#""+60""#, r#""60s""#, "1e30", "true"] {
        assert_eq!(number(other), None, "{other}");
    }
}

#[test]
fn a_time_is_in_seconds_and_not_in_milliseconds() {
    let time = |json| with_value(json, |value| value.to_unix_time().map(UnixTime::as_seconds));
    assert_eq!(time("1767607200"), Some(1_767_607_200));
    assert_eq!(time("253402207200"), Some(253_402_207_200));
    for other in ["253402207201", "1767607200000", "-1", "1767607200.5", "null"] {
        assert_eq!(time(other), None, "{other}");
    }
}

#[test]
fn replaces_lone_surrogates_in_texts_for_people() {
    let text = |json| with_value(json, |value| value.to_display_text());
    assert_eq!(text(r#""Budget \ud83d""#).as_deref(), Some("Budget \u{fffd}"));
    assert_eq!(
        text(r#""\ud83d\ude00\n\"\\\/\u0041\ude00b""#).as_deref(),
        Some("\u{1f600}\n\"\\/A\u{fffd}b")
    );
    assert_eq!(text("7"), None);
}

#[test]
fn debug_prints_no_values() {
    let printed = format!("{:?}", object(r#"{"name":"s3cret"}"#));
    assert_eq!(printed, r#"{"name"}"#);
    assert_eq!(with_value(r#""s3cret""#, |value| format!("{value:?}")), "Value(a string)");
    let not_understood = NotUnderstood::new("name", "s3cret");
    assert_eq!(format!("{not_understood:?}"), "NotUnderstood(name, [redacted])");
    assert_eq!(Found::Missing.to_string(), "missing");
}

proptest! {
    /// The members are those that a reader into a map finds.
    #[test]
    fn reads_the_same_members_as_a_map(
        members in prop::collection::btree_map(".{0,4}", -9..9_i32, 0..8),
    ) {
        let raw = RawJson::of(&members).unwrap();
        let object = Object::of_raw(&raw).unwrap();
        let read: alloc::collections::BTreeMap<String, i32> =
            object.iter().map(|(name, value)| (name.into(), value.read().unwrap())).collect();
        prop_assert_eq!(read, members);
    }

    #[test]
    fn rounds_as_floating_point_numbers_do(whole in 0..1_000_000_u32, thousandths in 0..1000_u32) {
        let json = format!("{whole}.{thousandths:03}");
        let Ok(JsonValue::Number(number)) = JsonValue::of_json(&json) else { panic!("{json}") };
        let down = u64::from(whole);
        let up = down + u64::from(thousandths > 0);
        prop_assert_eq!(number.to_u64_rounded(Rounding::Down), Some(down));
        prop_assert_eq!(number.to_u64_rounded(Rounding::Up), Some(up));
    }
}

#[test]
fn rounds_numbers_with_exponents() {
    let rounded = |json: &str, rounding| match JsonValue::of_json(json) {
        Ok(JsonValue::Number(number)) => JsonNumber::to_u64_rounded(&number, rounding),
        _ => None,
    };
    assert_eq!(rounded("1.7676075e9", Rounding::Down), Some(1_767_607_500));
    assert_eq!(rounded("1e-30", Rounding::Down), Some(0));
    assert_eq!(rounded("1e-30", Rounding::Up), Some(1));
    assert_eq!(rounded("-0.5", Rounding::Up), None);
    assert_eq!(rounded("1e400", Rounding::Down), None);
}
