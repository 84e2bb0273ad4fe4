use alloc::vec::Vec;

use fdx_wire::json::{Limits, RawJson};
use fdx_wire::members::{NotUnderstood, Object, ReadError, Row, Value};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::consent_grant::received;
use crate::open_enum::open_enum;
use crate::{ConsentStatus, PartyType, Timestamp};

open_enum! {
    /// The reason of a revocation.
    pub enum RevocationReason {
        /// A rule of the revoking party.
        BusinessRule => "BUSINESS_RULE",
        /// The decision of a person.
        UserAction => "USER_ACTION",
    }
}

/// The request to revoke a consent. It always has a reason and an initiator, which FDX does not
/// require and some institutions do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ConsentRevocationRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<RevocationReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initiator: Option<PartyType>,
}

impl ConsentRevocationRequest {
    /// A request by `initiator` for `reason`.
    #[must_use]
    pub fn new(reason: RevocationReason, initiator: PartyType) -> Self {
        Self { reason: Some(reason), initiator: Some(initiator) }
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> Option<&RevocationReason> {
        self.reason.as_ref()
    }

    /// The initiator.
    #[must_use]
    pub fn initiator(&self) -> Option<&PartyType> {
        self.initiator.as_ref()
    }
}

fdx_wire::members! {
    /// The revocations of a consent (FDX Consent API, ConsentRevocations).
    mod members = "consent revocations" {
        Required REVOCATIONS =
            "revocations", "a list of revocations", "FDX Consent API, ConsentRevocations";
        Informative STATUS = "revocations[].status", "a name", "FDX Consent API, ConsentRevocation";
        Informative REASON = "revocations[].reason", "a name", "FDX Consent API, ConsentRevocation";
        Informative INITIATOR =
            "revocations[].initiator", "a name", "FDX Consent API, ConsentRevocation";
        Informative UPDATED_TIME =
            "revocations[].updatedTime", "an RFC 3339 time", "FDX Consent API, ConsentRevocation";
    }
}

/// The members of a list of revocations, each with its class.
pub const REVOCATION_MEMBERS: &[Row] = members::ROWS;

/// The revocation of a consent.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentRevocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ConsentStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<RevocationReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initiator: Option<PartyType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_time: Option<Timestamp>,
}

impl ConsentRevocation {
    /// The revocation that `request` causes at `updated_time`.
    #[must_use]
    pub fn of(request: ConsentRevocationRequest, updated_time: impl Into<Timestamp>) -> Self {
        Self {
            status: Some(ConsentStatus::Revoked),
            reason: request.reason,
            initiator: request.initiator,
            updated_time: Some(updated_time.into()),
        }
    }

    /// The consent's status, usually [`ConsentStatus::Revoked`].
    #[must_use]
    pub fn status(&self) -> Option<&ConsentStatus> {
        self.status.as_ref()
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> Option<&RevocationReason> {
        self.reason.as_ref()
    }

    /// The initiator.
    #[must_use]
    pub fn initiator(&self) -> Option<&PartyType> {
        self.initiator.as_ref()
    }

    /// The time of the revocation.
    #[must_use]
    pub fn updated_time(&self) -> Option<&Timestamp> {
        self.updated_time.as_ref()
    }
}

/// The revocations of a consent. Read from the object of FDX 6 or the array of FDX 5, and written as
/// the object.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ConsentRevocationList {
    revocations: Vec<ConsentRevocation>,
    #[serde(skip)]
    not_understood: Vec<NotUnderstood>,
}

impl ConsentRevocationList {
    /// A list of `revocations`.
    #[must_use]
    pub fn new(revocations: Vec<ConsentRevocation>) -> Self {
        Self { revocations, not_understood: Vec::new() }
    }

    /// Reads a list. All members of a revocation are informative.
    ///
    /// # Errors
    /// [`ReadError::Json`] for a document that is no JSON object or array, [`ReadError::Member`] for
    /// an object with other members and without a list: it may be one revocation.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        let value = Value::parse(bytes, limits)?;
        let elements = match value.to_object() {
            None => value.to_elements().ok_or_else(|| value.to_shape_error())?,
            Some(object) if object.is_empty() => Vec::new(),
            Some(object) => object.required(&members::REVOCATIONS, |value| {
                if value.is_null() { Some(Vec::new()) } else { value.to_elements() }
            })?,
        };
        let mut list = Self::default();
        for element in elements {
            match element.to_object() {
                Some(object) => list.append(&object),
                None => NotUnderstood::note(&mut list.not_understood, "revocations[]", element),
            }
        }
        Ok(list)
    }

    fn append(&mut self, object: &Object<'_>) {
        let notes = &mut self.not_understood;
        self.revocations.push(ConsentRevocation {
            status: object.informative(&members::STATUS, notes, |value| {
                received::name(value, ConsentStatus::parse)
            }),
            reason: object.informative(&members::REASON, notes, |value| {
                received::name(value, RevocationReason::parse)
            }),
            initiator: object.informative(&members::INITIATOR, notes, |value| {
                received::name(value, PartyType::parse)
            }),
            updated_time: received::time(object, &members::UPDATED_TIME, notes),
        });
    }

    /// The revocations in the received order.
    #[must_use]
    pub fn revocations(&self) -> &[ConsentRevocation] {
        &self.revocations
    }

    /// The values that can't be understood. They count as neither absent nor present.
    #[must_use]
    pub fn not_understood(&self) -> &[NotUnderstood] {
        &self.not_understood
    }
}

impl<'de> Deserialize<'de> for ConsentRevocationList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = RawJson::deserialize(deserializer)?;
        Self::read(json.as_str().as_bytes(), &Limits::bytes(usize::MAX)).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use fdx_wire::UnixTime;
    use fdx_wire::members::Class;
    use proptest::prelude::*;

    use super::*;
    use crate::arbitrary::time;

    fn any_request() -> impl Strategy<Value = ConsentRevocationRequest> {
        ("[A-Z_]{1,12}", "[A-Z_]{1,12}").prop_map(|(reason, who)| {
            ConsentRevocationRequest::new(RevocationReason::parse(&reason), PartyType::parse(&who))
        })
    }

    proptest! {
        #[test]
        fn written_revocations_read_back(
            request in any_request(),
            list in prop::collection::vec((any_request(), time()), 0..4),
        ) {
            let json = serde_json::to_string(&request).unwrap();
            let read: ConsentRevocationRequest = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read, request);
            let revocations = list.into_iter().map(|(request, at)| ConsentRevocation::of(request, at));
            let list = ConsentRevocationList::new(revocations.collect::<Vec<_>>());
            let json = serde_json::to_string(&list).unwrap();
            let read: ConsentRevocationList = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read.revocations(), list.revocations());
        }
    }

    fn revocation() -> ConsentRevocation {
        ConsentRevocation::of(
            ConsentRevocationRequest::new(RevocationReason::UserAction, PartyType::Individual),
            UnixTime::from_seconds(1_767_607_200),
        )
    }

    #[test]
    fn request_has_reason_and_initiator() {
        let request =
            ConsentRevocationRequest::new(RevocationReason::UserAction, PartyType::DataRecipient);
        let json = r#"{"reason":"USER_ACTION","initiator":"DATA_RECIPIENT"}"#;
        assert_eq!(serde_json::to_string(&request).unwrap(), json);
        assert_eq!(serde_json::from_str::<ConsentRevocationRequest>(json).unwrap(), request);
        assert_eq!(request.reason(), Some(&RevocationReason::UserAction));
        assert_eq!(request.initiator(), Some(&PartyType::DataRecipient));
        assert_eq!(serde_json::from_str::<ConsentRevocationRequest>("{}").unwrap().reason(), None);
    }

    #[test]
    fn reads_object_and_array_and_writes_object() {
        let list = ConsentRevocationList::new([revocation()].into());
        let one = r#"{"status":"REVOKED","reason":"USER_ACTION","initiator":"INDIVIDUAL","updatedTime":"2026-01-05T10:00:00Z"}"#;
        let object = alloc::format!(r#"{{"revocations":[{one}]}}"#);
        let array = alloc::format!("[{one}]");
        assert_eq!(serde_json::to_string(&list).unwrap(), object);
        for shape in [object, array] {
            assert_eq!(serde_json::from_str::<ConsentRevocationList>(&shape).unwrap(), list);
        }
        for empty in ["[]", "{}", r#"{"revocations":null}"#] {
            let list: ConsentRevocationList = serde_json::from_str(empty).unwrap();
            assert!(list.revocations().is_empty(), "{empty}");
        }
        let other = [
            "null",
            "1",
            r#""[]""#,
            r#"{"revocations":{}}"#,
            // One revocation instead of a list.
            r#"{"status":"REVOKED"}"#,
        ];
        for other in other {
            assert!(serde_json::from_str::<ConsentRevocationList>(other).is_err(), "{other}");
        }
    }

    #[test]
    fn revocation_has_status_reason_initiator_and_time() {
        let list = ConsentRevocationList::new([revocation()].into());
        let [revoked] = list.revocations() else { panic!("it lists one") };
        assert_eq!(revoked.status(), Some(&ConsentStatus::Revoked));
        assert_eq!(revoked.reason(), Some(&RevocationReason::UserAction));
        assert_eq!(revoked.initiator(), Some(&PartyType::Individual));
        assert_eq!(revoked.updated_time().map(Timestamp::as_str), Some("2026-01-05T10:00:00Z"));
    }

    #[test]
    fn errors_name_the_missing_list() {
        let read = |json: &str| {
            ConsentRevocationList::read(json.as_bytes(), &Limits::default())
                .unwrap_err()
                .to_string()
        };
        assert!(read("7").starts_with("not the expected members or types"));
        let expected = "member revocations is missing: expected a list of revocations";
        assert_eq!(read(r#"{"status":"REVOKED"}"#), expected);
        let expected = "member revocations is an object, not a list of revocations \
                        (line 1, column 16)";
        assert_eq!(read(r#"{"revocations":{"a":1}}"#), expected);
    }

    /// Each informative member with values of other kinds: the list is read.
    #[test]
    fn no_member_of_a_revocation_costs_the_list() {
        for row in REVOCATION_MEMBERS.iter().filter(|row| row.class == Class::Informative) {
            for value in ["null", r#""""#, "7", "1.5", "true", "[1]", r#"{"a":1}"#, r#""\ud800""#] {
                let json = alloc::format!(r#"[{{"{}":{value}}}]"#, row.key());
                let list =
                    ConsentRevocationList::read(json.as_bytes(), &Limits::default()).unwrap();
                assert_eq!(list.revocations().len(), 1, "{json}");
                let absent = ["null", r#""""#].contains(&value);
                assert_eq!(list.not_understood().is_empty(), absent, "{json}");
            }
        }
        let list = ConsentRevocationList::read(b"[7]", &Limits::default()).unwrap();
        assert!(list.revocations().is_empty());
        assert_eq!(list.not_understood()[0].member(), "revocations[]");
    }

    #[test]
    fn keeps_reason_of_a_later_version() {
        let list: ConsentRevocationList =
            serde_json::from_str(r#"[{"reason":"OTHER","otherReason":"moved"}]"#).unwrap();
        let [read] = list.revocations() else { panic!("it lists one") };
        assert_eq!(read.reason().map(RevocationReason::as_str), Some("OTHER"));
    }
}
