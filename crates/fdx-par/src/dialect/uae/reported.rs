use fdx_rar::{GrantedDetails, OtherDetail};
use fdx_wire::UnixTime;

use crate::dialect::detail_text::{DetailConsent, DetailText};
use crate::dialect::uae::names::ConsentState;

pub(super) const OPENAPI: &str =
    "Nebras Open Finance, uae-authorization-endpoints-openapi v2.1-errata2";
/// The start of the `type` of every consent: of accounts and of payments, in each version.
const CONSENTS: &str = "urn:openfinanceuae:";

/// The consent, in the form of the token response and in the form that the client pushes.
pub(super) const CONSENT: DetailConsent = DetailConsent {
    id: CONSENT_ID,
    status: Some((STATUS, "Authorized")),
    expiration: Some(EXPIRATION),
};

const CONSENT_ID: DetailText = DetailText {
    type_prefix: CONSENTS,
    paths: &[&["consent", "Data", "ConsentId"], &["consent", "ConsentId"]],
    clause: OPENAPI,
};

const STATUS: DetailText = DetailText {
    type_prefix: CONSENTS,
    paths: &[&["consent", "Data", "Status"], &["consent", "Status"]],
    clause: OPENAPI,
};

const EXPIRATION: DetailText = DetailText {
    type_prefix: CONSENTS,
    paths: &[&["consent", "Data", "ExpirationDateTime"], &["consent", "ExpirationDateTime"]],
    clause: OPENAPI,
};

/// A consent inside authorization details, of any type and version: in the form that the client
/// pushes, or wrapped in `Data` as in the token response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReportedConsent {
    consent_id: String,
    status: Option<ConsentState>,
    expires_at: Option<UnixTime>,
}

impl ReportedConsent {
    /// The first consent in `details` that has a `ConsentId`.
    #[must_use]
    pub fn find(details: &GrantedDetails) -> Option<Self> {
        details.others().find_map(Self::of_detail)
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

    /// `ExpirationDateTime`, if it is reported and understood. Fractions of a second are dropped.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    fn of_detail(detail: &OtherDetail) -> Option<Self> {
        let consent_id = CONSENT_ID.of_detail(detail)?;
        let status = STATUS.of_detail(detail).as_deref().map(ConsentState::parse);
        let expires_at =
            EXPIRATION.of_detail(detail).and_then(|text| UnixTime::parse_rfc3339(&text).ok());
        Some(Self { consent_id, status, expires_at })
    }
}
