//! UAE Open Finance: its [dialect](UAE), its consents, and its registration by certificate.
//!
//! A consent there is not an FDX consent and uses the same flow: push [`AccountAccessConsent`] with
//! [`AuthorizationRequest::of_details`](crate::AuthorizationRequest::of_details), and read
//! [`ReportedConsent`] from the token response.

pub(crate) mod details;
pub(crate) mod dialect;
pub(crate) mod names;
pub(crate) mod registration;
pub(crate) mod reported;
#[cfg(test)]
mod tests;

pub use details::{
    ACCOUNT_ACCESS_CONSENT, ACCOUNT_ACCESS_CONSENT_V2_2, AccountAccessConsent,
    AccountAccessConsentError, Billing, OnBehalfOf,
};
pub use dialect::UAE;
pub use names::{ConsentState, Permission};
pub use registration::TppRegistered;
pub use reported::ReportedConsent;
