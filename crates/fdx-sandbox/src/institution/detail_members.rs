//! The members of each known type of authorization details.

use fdx_rar::FDX_V1_0;
use fdx_wire::json::{JsonValue, Limits, from_slice};

/// What a member holds.
enum Shape {
    Text,
    /// A whole number that is not negative.
    Count,
    List(&'static Self),
    /// An object with some of these members and no others.
    Members(&'static [(&'static str, Self)]),
}

/// The types that the institution understands, and the members of each.
const TYPES: [(&str, Shape); 1] = [(
    FDX_V1_0,
    // FDX defines none of the common members of RFC 9396 section 2.2 for its type.
    Shape::Members(&[("type", Shape::Text), ("consentRequest", CONSENT_REQUEST)]),
)];

/// FDX Consent API, ConsentRequest.
const CONSENT_REQUEST: Shape = Shape::Members(&[
    ("durationType", Shape::Text),
    ("durationPeriod", Shape::Count),
    ("lookbackPeriod", Shape::Count),
    ("resources", Shape::List(&RESOURCE)),
]);

/// FDX Consent API, ConsentRequestedResource. It has no `resourceId`: the customer chooses.
const RESOURCE: Shape =
    Shape::Members(&[("resourceType", Shape::Text), ("dataClusters", Shape::List(&Shape::Text))]);

/// Whether each detail of a known type has only members of that type, each of its kind (RFC 9396
/// section 5), at every level. Other rules refuse what is not a list of details of known types.
pub(crate) fn conform(authorization_details: &str) -> bool {
    let details =
        from_slice::<Vec<JsonValue>>(authorization_details.as_bytes(), &Limits::default());
    !details.is_ok_and(|details| details.iter().any(has_stray_member))
}

fn has_stray_member(detail: &JsonValue) -> bool {
    let JsonValue::Object(members) = detail else { return false };
    let Some(JsonValue::String(detail_type)) = members.get("type") else { return false };
    let shape = TYPES.iter().find(|(known, _)| *known == detail_type.as_str());
    shape.is_some_and(|(_, shape)| !shape.is_of(detail))
}

impl Shape {
    fn is_of(&self, value: &JsonValue) -> bool {
        match (self, value) {
            (Self::Text, JsonValue::String(_)) => true,
            (Self::Count, JsonValue::Number(number)) => number.to_u64().is_some(),
            (Self::List(element), JsonValue::Array(elements)) => {
                elements.iter().all(|value| element.is_of(value))
            }
            (Self::Members(known), JsonValue::Object(members)) => {
                members.iter().all(|(name, value)| {
                    let shape = known.iter().find(|(known, _)| *known == name.as_str());
                    shape.is_some_and(|(_, shape)| shape.is_of(value))
                })
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A detail with every known member.
    fn full() -> Value {
        json!([{ "type": "fdx_v1.0", "consentRequest": {
            "durationType": "TIME_BOUND", "durationPeriod": 90, "lookbackPeriod": 60,
            "resources": [{ "resourceType": "ACCOUNT", "dataClusters": ["BALANCES"] }],
        } }])
    }

    /// The places of all objects, as JSON Pointers, and of all members.
    fn places(value: &Value, at: &str, objects: &mut Vec<String>, members: &mut Vec<String>) {
        match value {
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    places(element, &format!("{at}/{index}"), objects, members);
                }
            }
            Value::Object(inner) => {
                objects.push(at.to_owned());
                for (name, value) in inner {
                    members.push(format!("{at}/{name}"));
                    places(value, &format!("{at}/{name}"), objects, members);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn unknown_member_does_not_conform_at_any_level() {
        assert!(conform(&full().to_string()));
        let (mut objects, mut members) = (Vec::new(), Vec::new());
        places(&full(), "", &mut objects, &mut members);
        assert_eq!((objects.len(), members.len()), (3, 8));
        // RFC 9396 2.2: common members exist only where a type defines them.
        for name in ["foo", "locations", "identifier", "resourceId", "Type", "type ", "paymentInfo"]
        {
            for at in &objects {
                for value in [json!(1), json!(null), json!("a"), json!([]), json!({})] {
                    let mut details = full();
                    details.pointer_mut(at).unwrap()[name] = value;
                    assert!(!conform(&details.to_string()), "{details}");
                }
            }
        }
    }

    #[test]
    fn member_of_another_kind_does_not_conform() {
        let (mut objects, mut members) = (Vec::new(), Vec::new());
        places(&full(), "", &mut objects, &mut members);
        for at in &members {
            for value in [
                json!(null),
                json!(true),
                json!(1.5),
                json!(-1),
                json!("60"),
                json!([1]),
                json!({ "a": 1 }),
            ] {
                let mut details = full();
                let member = details.pointer_mut(at).unwrap();
                let text = member.is_string();
                *member = value;
                // Other rules check what a text says, and whether there is a type.
                let conforms = text && member.is_string() || at == "/0/type";
                assert_eq!(conform(&details.to_string()), conforms, "{details}");
            }
        }
    }

    #[test]
    fn other_rules_refuse_what_is_no_list_of_known_details() {
        for other in
            ["", "{}", "[]", "[1]", "[{}]", r#"[{"type":"payment","a":1}]"#, r#"[{"type":1}]"#]
        {
            assert!(conform(other), "{other}");
        }
    }
}
