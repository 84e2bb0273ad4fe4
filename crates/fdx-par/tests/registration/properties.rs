use fdx_par::Registration;
use fdx_rar::{DurationType, Scopes};
use fdx_testkit::Setup;
use fdx_wire::json::RawJson;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::scene::{answered, everything, recipient, registrar, world};

/// Generates the JSON value of a member.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_description_is_sent_unchanged(
        name in ".{0,20}",
        description in ".{0,20}",
        contacts in prop::collection::vec(".{1,12}", 0..3),
        period in any::<u32>(),
        extra in any_json(),
    ) {
        let setup = Setup::default();
        let mut described = Registration::new(&name)
            .scope(Scopes::parse("openid").unwrap())
            .description(&description)
            .duration_type(DurationType::parse(&name))
            .duration_period(period)
            .extra("x", RawJson::of(&extra).unwrap())
            .unwrap();
        for contact in &contacts {
            described = described.contact(contact);
        }
        let registrar = registrar(&mut world(setup), recipient(setup), &described);
        let sent: Value = serde_json::from_str(&registrar.client_metadata()).unwrap();
        prop_assert_eq!(&sent["client_name"], &json!(name));
        prop_assert_eq!(&sent["description"], &json!(description));
        prop_assert_eq!(&sent["duration_period"], &json!(period));
        prop_assert_eq!(&sent["x"], &extra);
        prop_assert_eq!(sent.get("contacts").cloned().unwrap_or(json!([])), json!(contacts));
    }

    /// A response that repeats the request weakens nothing, whatever members it adds.
    #[test]
    fn echoed_registration_is_accepted_and_stored_with_added_members(
        added in prop::collection::btree_map("x_[a-z]{1,8}", any_json(), 0..4),
    ) {
        let (mut world, registrar) = everything();
        let patch = Value::Object(added.clone().into_iter().collect());
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        prop_assert_eq!(registrar.weakened(&registered), []);
        prop_assert!(registrar.otherwise(&registered).is_empty());
        prop_assert!(registrar.client_config(&registered).is_ok());
        let restored = registrar.restore(registered.to_json().expose()).unwrap();
        prop_assert_eq!(restored.to_json(), registered.to_json());
        for (name, value) in added.iter().filter(|(_, value)| !value.is_null()) {
            let member: Value = restored.member(name).unwrap().read().unwrap();
            prop_assert_eq!(&member, value);
        }
    }

    /// A requested member with any other value is equal, reported or rejected.
    #[test]
    fn every_changed_member_is_reported_or_rejected(member in any::<prop::sample::Index>(), value in any_json()) {
        let (mut world, registrar) = everything();
        let requested: Value = serde_json::from_str(&registrar.client_metadata()).unwrap();
        let names: Vec<_> = requested.as_object().unwrap().keys().cloned().collect();
        let name = member.get(&names);
        let registered = answered(&mut world, &registrar, &json!({ name.as_str(): value })).unwrap();
        let reported = registrar.otherwise(&registered).contains(name);
        let refused = !registrar.weakened(&registered).is_empty();
        let same = value == requested[name] || (name == "response_types" && value.is_null());
        prop_assert_eq!(reported || refused, !same, "{}: {}", name, value);
        prop_assert!(!(reported && refused));
    }
}
