use alloc::string::String;

use fdx_wire::json::RawJson;
use serde::Deserialize;

use super::{ACCOUNT_ACCESS_CONSENT, ConsentState};
use crate::{AuthorizationDetail, AuthorizationDetails};

/// An account access consent as authorization details have it: as the client pushed it, or with
/// `Data` around it, as the token response tells it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ToldConsent {
    consent_id: String,
    status: Option<ConsentState>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    consent_id: String,
    #[serde(default)]
    status: Option<RawJson>,
}

#[derive(Deserialize)]
struct Around {
    #[serde(rename = "Data")]
    data: Data,
}

impl ToldConsent {
    /// The first account access consent in `details`; none where there is none with a `ConsentId`.
    #[must_use]
    pub fn find(details: &AuthorizationDetails) -> Option<Self> {
        details.iter().find_map(|detail| match detail {
            AuthorizationDetail::Other(other) if other.detail_type() == ACCOUNT_ACCESS_CONSENT => {
                Self::read(other.member("consent")?)
            }
            _ => None,
        })
    }

    /// `ConsentId`.
    #[must_use]
    pub fn consent_id(&self) -> &str {
        &self.consent_id
    }

    /// `Status`, where it is told.
    #[must_use]
    pub fn status(&self) -> Option<&ConsentState> {
        self.status.as_ref()
    }

    fn read(consent: &RawJson) -> Option<Self> {
        let data = consent.read::<Around>().map(|around| around.data);
        let data = data.or_else(|_| consent.read::<Data>()).ok()?;
        let status = data.status.and_then(|status| status.read::<String>().ok());
        let status = status.as_deref().map(ConsentState::parse);
        Some(Self { consent_id: data.consent_id, status })
    }
}
