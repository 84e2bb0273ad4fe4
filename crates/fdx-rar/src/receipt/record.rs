use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::json::Limits;
use fdx_wire::{HttpsUrl, Issuer, UnixTime};
use serde::{Deserialize, Serialize};

use super::{Evidence, ReceiptError, ReceiptWarning};
use crate::{
    AuthorizationDetails, ConsentId, ConsentRequest, GrantSource, GrantedDetails, GrantedResource,
    RequestedCluster, Scopes, Withheld,
};

/// The value of [`Record::version`] in new receipts.
///
/// Version 1 has `withheld` next to every `granted`, no sources, no `unclear`, and no basis `noEnd` or
/// `notUnderstood`. Its `pushedRequestSha256` is the digest of the form with all parameters, also where
/// another body was sent.
pub(super) const VERSION: u32 = 2;

/// The members of a receipt, under their serialized names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) version: u32,
    pub(super) issuer: Issuer,
    pub(super) client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) consent_id: Option<ConsentId>,
    #[serde(with = "rfc3339")]
    pub(super) issued_at: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) requested: Option<ConsentRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "details")]
    pub(super) requested_authorization_details: Option<AuthorizationDetails>,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "optional_tokens")]
    pub(super) requested_scopes: Option<Scopes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) granted: Option<Vec<GrantedResource>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) granted_sources: Option<Vec<GrantSource>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) withheld: Option<Vec<Withheld>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unclear: Option<Vec<RequestedCluster>>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "granted_details")]
    pub(super) granted_authorization_details: Option<GrantedDetails>,
    #[serde(serialize_with = "tokens")]
    pub(super) granted_scopes: Scopes,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_rfc3339")]
    pub(super) expiration_date: Option<UnixTime>,
    pub(super) expiration_basis: ExpirationBasis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expiration_sources: Option<Vec<GrantSource>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revocation_endpoint: Option<HttpsUrl>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<ReceiptWarning>,
    pub(super) evidence: Evidence,
}

/// How `expirationDate` is known.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ExpirationBasis {
    Stated,
    DurationPeriod,
    NoEnd,
    NotReported,
    NotUnderstood,
}

impl Record {
    /// The requested FDX consent, also one among other authorization details.
    pub(super) fn consent(&self) -> Option<&ConsentRequest> {
        let details = self.requested_authorization_details.as_ref();
        self.requested.as_ref().or_else(|| details?.consent_request())
    }

    /// Checks the rules that the types do not express.
    pub(super) fn check(&self) -> Result<(), ReceiptError> {
        use ExpirationBasis::{DurationPeriod, NoEnd, NotReported, NotUnderstood, Stated};
        let (granted, withheld) = (self.granted.is_some(), self.withheld.is_some());
        let (compared, undated) = match self.version {
            1 => {
                let newer = self.granted_sources.is_some()
                    || self.expiration_sources.is_some()
                    || self.unclear.is_some();
                (granted == withheld && !newer, &[NotReported][..])
            }
            VERSION => {
                let comparable = granted && self.consent().is_some();
                let compared = withheld || self.unclear.is_some();
                let sources = granted || self.granted_sources.is_none();
                ((!compared || comparable) && sources, &[NoEnd, NotReported, NotUnderstood][..])
            }
            _ => return Err(ReceiptError::Version),
        };
        // Other members of a consent request are among the details.
        if self.requested.as_ref().is_some_and(|consent| !consent.is_plain()) {
            return Err(ReceiptError::UnknownMember);
        }
        // A consent request, or scopes with or without details of another type.
        let requested = match (&self.requested, &self.requested_scopes) {
            (Some(_), None) => self.requested_authorization_details.is_none(),
            (None, Some(_)) => true,
            _ => false,
        };
        let bases = match self.expiration_date {
            Some(_) => &[Stated, DurationPeriod],
            None => undated,
        };
        if requested && compared && bases.contains(&self.expiration_basis) {
            Ok(())
        } else {
            Err(ReceiptError::Contradiction)
        }
    }
}

fn tokens<S: serde::Serializer>(scopes: &Scopes, serializer: S) -> Result<S::Ok, S::Error> {
    scopes.as_tokens().serialize(serializer)
}

fn optional_tokens<S: serde::Serializer>(
    scopes: &Option<Scopes>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    scopes.as_ref().map(Scopes::as_tokens).serialize(serializer)
}

/// As a string with the array's JSON: details of an unknown type may have numbers and strings without
/// a canonical form.
mod details {
    use alloc::string::String;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::LIMITS;
    use crate::AuthorizationDetails;

    pub(super) fn serialize<S: Serializer>(
        details: &Option<AuthorizationDetails>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        details.as_ref().map(AuthorizationDetails::to_json).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<AuthorizationDetails>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let details = AuthorizationDetails::parse_within(text.as_bytes(), &LIMITS);
        details.map(Some).map_err(D::Error::custom)
    }
}

/// The receipt around details was already bounded.
const LIMITS: Limits = Limits { members: usize::MAX, ..Limits::bytes(usize::MAX) };

/// As a string with the array's JSON as received.
mod granted_details {
    use alloc::string::String;

    use fdx_wire::json::from_slice;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::LIMITS;
    use crate::GrantedDetails;

    pub(super) fn serialize<S: Serializer>(
        details: &Option<GrantedDetails>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        details.as_ref().map(|details| details.as_json().as_str()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<GrantedDetails>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let json = from_slice(text.as_bytes(), &LIMITS);
        json.and_then(GrantedDetails::of_json).map(Some).map_err(D::Error::custom)
    }
}

mod rfc3339 {
    use alloc::string::String;

    use fdx_wire::UnixTime;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        time: &UnixTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<UnixTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        UnixTime::parse_rfc3339(&text).map_err(D::Error::custom)
    }
}

mod optional_rfc3339 {
    use fdx_wire::UnixTime;
    use serde::{Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        time: &Option<UnixTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(UnixTime::to_rfc3339).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<UnixTime>, D::Error> {
        super::rfc3339::deserialize(deserializer).map(Some)
    }
}
