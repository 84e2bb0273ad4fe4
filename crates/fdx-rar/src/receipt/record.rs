use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::{HttpsUrl, Issuer, UnixTime};
use serde::{Deserialize, Serialize};

use super::{Evidence, ReceiptError};
use crate::{ConsentId, ConsentRequest, GrantedResource, Scopes, Withheld};

/// The version that [`Record::version`] holds.
pub(super) const VERSION: u32 = 1;

/// A receipt's members under the names that they are written by.
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
    pub(super) requested: ConsentRequest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) granted: Option<Vec<GrantedResource>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) withheld: Option<Vec<Withheld>>,
    #[serde(serialize_with = "tokens")]
    pub(super) granted_scopes: Scopes,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_rfc3339")]
    pub(super) expiration_date: Option<UnixTime>,
    pub(super) expiration_basis: ExpirationBasis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revocation_endpoint: Option<HttpsUrl>,
    pub(super) evidence: Evidence,
}

/// How `expirationDate` was learnt.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ExpirationBasis {
    Stated,
    DurationPeriod,
    NotTold,
}

impl Record {
    /// What the types alone do not hold.
    pub(super) fn check(&self) -> Result<(), ReceiptError> {
        if self.version != VERSION {
            return Err(ReceiptError::Version);
        }
        let dated = self.expiration_basis != ExpirationBasis::NotTold;
        if self.expiration_date.is_some() != dated
            || self.granted.is_some() != self.withheld.is_some()
        {
            return Err(ReceiptError::Contradiction);
        }
        Ok(())
    }
}

fn tokens<S: serde::Serializer>(scopes: &Scopes, serializer: S) -> Result<S::Ok, S::Error> {
    scopes.as_tokens().serialize(serializer)
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
