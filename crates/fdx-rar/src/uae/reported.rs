use alloc::string::String;

use fdx_wire::json::RawJson;
use serde::Deserialize;

use super::{ACCOUNT_ACCESS_CONSENT, ConsentState};
use crate::{AuthorizationDetail, AuthorizationDetails};

/// An account access consent inside authorization details: in the form that the client pushes, or
/// wrapped in `Data` as in the token response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReportedConsent {
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
struct Wrapped {
    #[serde(rename = "Data")]
    data: Data,
}

impl ReportedConsent {
    /// The first account access consent in `details` that has a `ConsentId`.
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

    /// `Status`, if it is reported.
    #[must_use]
    pub fn status(&self) -> Option<&ConsentState> {
        self.status.as_ref()
    }

    fn read(consent: &RawJson) -> Option<Self> {
        let data = consent.read::<Wrapped>().map(|wrapped| wrapped.data);
        let data = data.or_else(|_| consent.read::<Data>()).ok()?;
        let status = data.status.and_then(|status| status.read::<String>().ok());
        let status = status.as_deref().map(ConsentState::parse);
        Some(Self { consent_id: data.consent_id, status })
    }
}
