use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use fdx_wire::json::RawJson;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

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

/// The revocation of a consent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentRevocation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<ConsentStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<RevocationReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    initiator: Option<PartyType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
}

impl ConsentRevocationList {
    /// A list of `revocations`.
    #[must_use]
    pub fn new(revocations: Vec<ConsentRevocation>) -> Self {
        Self { revocations }
    }

    /// The revocations in the received order.
    #[must_use]
    pub fn revocations(&self) -> &[ConsentRevocation] {
        &self.revocations
    }
}

/// From JSON only.
impl<'de> Deserialize<'de> for ConsentRevocationList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = RawJson::deserialize(deserializer)?;
        let list = match json.as_str().bytes().next() {
            Some(b'[') => json.read().map(Self::new),
            Some(b'{') => json.read::<Object>().map(|object| object.0),
            _ => return Err(D::Error::custom("invalid type, expected revocations")),
        };
        list.map_err(D::Error::custom)
    }
}

/// The object of FDX 6.
struct Object(ConsentRevocationList);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members).map(Self)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = ConsentRevocationList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("revocations")
    }

    /// An object with other members and without `revocations` is rejected: it may be one revocation.
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let (mut revocations, mut others) = (None, 0);
        while let Some(name) = object.next_key::<String>()? {
            if name == "revocations" {
                let list: Option<Vec<ConsentRevocation>> = object.next_value()?;
                revocations = Some(list.unwrap_or_default());
            } else {
                object.next_value::<IgnoredAny>()?;
                others += 1;
            }
        }
        match revocations {
            None if others > 0 => Err(A::Error::missing_field("revocations")),
            listed => Ok(ConsentRevocationList::new(listed.unwrap_or_default())),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use fdx_wire::UnixTime;
    use proptest::prelude::*;

    use super::*;
    use crate::arbitrary::time;

    fn any_request() -> impl Strategy<Value = ConsentRevocationRequest> {
        ("[A-Z_]{0,12}", "[A-Z_]{0,12}").prop_map(|(reason, who)| {
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
            prop_assert_eq!(read, list);
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
    fn error_names_the_expected_value() {
        let refusal = serde_json::from_str::<ConsentRevocationList>("7").unwrap_err().to_string();
        assert!(refusal.contains("expected revocations"), "{refusal}");
    }

    #[test]
    fn keeps_reason_of_a_later_version() {
        let read: ConsentRevocation =
            serde_json::from_str(r#"{"reason":"OTHER","otherReason":"moved"}"#).unwrap();
        assert_eq!(read.reason().map(RevocationReason::as_str), Some("OTHER"));
    }
}
