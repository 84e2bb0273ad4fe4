//! JSON from clients, read strictly into documents that the institution can change and return.

use fdx_wire::json::{self, JsonValue, Limits};
use serde_json::{Map, Number, Value};

/// Reads a body by the rules of the strict reader. serde_json's own reader of its values would
/// parse text that was not scanned.
pub(crate) fn read(json: &[u8], limits: &Limits) -> Option<Value> {
    json::from_slice(json, limits).ok().map(of_value)
}

/// Reads a body that must be a JSON object.
pub(crate) fn read_object(json: &[u8], limits: &Limits) -> Option<Map<String, Value>> {
    match read(json, limits) {
        Some(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// The same value. A number beyond 64 bits is the nearest double, or `null` where there is none.
pub(crate) fn of_value(value: JsonValue) -> Value {
    match value {
        JsonValue::Array(elements) => elements.into_iter().map(of_value).collect(),
        JsonValue::Bool(bool) => Value::Bool(bool),
        JsonValue::Null => Value::Null,
        JsonValue::Number(number) => {
            let text = number.as_str();
            let unsigned = text.parse::<u64>().map(Number::from).ok();
            let signed = || text.parse::<i64>().map(Number::from).ok();
            let double = || text.parse().ok().and_then(Number::from_f64);
            unsigned.or_else(signed).or_else(double).map(Value::Number).unwrap_or_default()
        }
        JsonValue::Object(members) => {
            Value::Object(members.into_iter().map(|(name, it)| (name, of_value(it))).collect())
        }
        JsonValue::String(text) => Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_sent_value() {
        let json = br#"{"a":[1,-2,0.5,true,null],"b":{"c":"\u0064"}}"#;
        let expected = serde_json::json!({ "a": [1, -2, 0.5, true, null], "b": { "c": "d" } });
        assert_eq!(read(json, &Limits::default()), Some(expected));
        assert_eq!(read(b"[1e400]", &Limits::default()), Some(serde_json::json!([null])));
    }

    #[test]
    fn rejects_what_the_strict_reader_rejects() {
        for json in [
            r#"{"a":1,"a":2}"#,
            r#"{"$serde_json::private::RawValue":"true"}"#,
            r#"{"a":{"\u0024serde_json::private::RawValue":"[1]"}}"#,
            "{",
        ] {
            assert_eq!(read(json.as_bytes(), &Limits::default()), None, "{json}");
        }
    }
}
