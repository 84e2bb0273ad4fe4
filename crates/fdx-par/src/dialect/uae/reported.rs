use fdx_rar::{GrantedDetails, OtherDetail};

use crate::dialect::detail_text::DetailText;
use crate::dialect::uae::details::ACCOUNT_ACCESS_CONSENT;
use crate::dialect::uae::names::ConsentState;

/// The consent id that the client generates, in the form of the token response and in the form that
/// the client pushes.
pub(super) const CONSENT_ID: DetailText = DetailText {
    detail_type: ACCOUNT_ACCESS_CONSENT,
    paths: &[&["consent", "Data", "ConsentId"], &["consent", "ConsentId"]],
};

const STATUS: DetailText = DetailText {
    detail_type: ACCOUNT_ACCESS_CONSENT,
    paths: &[&["consent", "Data", "Status"], &["consent", "Status"]],
};

/// An account access consent inside authorization details: in the form that the client pushes, or
/// wrapped in `Data` as in the token response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReportedConsent {
    consent_id: String,
    status: Option<ConsentState>,
}

impl ReportedConsent {
    /// The first account access consent in `details` that has a `ConsentId`.
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

    fn of_detail(detail: &OtherDetail) -> Option<Self> {
        let consent_id = CONSENT_ID.of_detail(detail)?;
        let status = STATUS.of_detail(detail).as_deref().map(ConsentState::parse);
        Some(Self { consent_id, status })
    }
}
