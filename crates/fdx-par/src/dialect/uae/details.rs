use core::time::Duration;

use fdx_rar::{AuthorizationDetails, OtherDetail};
use fdx_wire::UnixTime;
use fdx_wire::json::RawJson;
use serde::Serialize;

use crate::dialect::uae::names::Permission;

/// The detail's `type`.
pub const ACCOUNT_ACCESS_CONSENT: &str = "urn:openfinanceuae:account-access-consent:v2.1";

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Builds an account access consent. The client generates its id, and the token response repeats it.
///
/// ```
/// use core::time::Duration;
/// use fdx_par::dialect::uae::{AccountAccessConsent, Billing, Permission};
/// use fdx_wire::UnixTime;
///
/// let now = UnixTime::from_seconds(1_767_607_200);
/// let ends = now + Duration::from_secs(90 * 24 * 60 * 60);
/// let billing = Billing { user_type: "Retail".into(), purpose: "AccountAggregation".into() };
/// let details = AccountAccessConsent::new([7; 16], ends, billing)
///     .permission(Permission::ReadAccountsBasic)
///     .permission(Permission::ReadBalances)
///     .authorization_details(now)?;
/// assert!(details.to_json().contains(r#""ConsentId":"07070707-0707-4707-8707-070707070707""#));
/// # Ok::<(), fdx_par::dialect::uae::AccountAccessConsentError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct AccountAccessConsent {
    consent: Consent,
    expires: UnixTime,
}

/// `OpenFinanceBilling`, which every consent has.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Billing {
    /// `UserType`, such as `Retail`.
    pub user_type: String,
    /// `Purpose`, such as `AccountAggregation`.
    pub purpose: String,
}

/// The members under the names of the standard.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Consent {
    consent_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_consent_id: Option<String>,
    expiration_date_time: String,
    permissions: Vec<Permission>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    account_type: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    account_sub_type: Vec<String>,
    open_finance_billing: Billing,
}

impl AccountAccessConsent {
    /// A consent until `expires`, whose id is a version 4 UUID of the `random` bytes.
    pub fn new(random: [u8; 16], expires: UnixTime, billing: Billing) -> Self {
        let consent = Consent {
            consent_id: fdx_wire::uuid_v4(random),
            base_consent_id: None,
            expiration_date_time: expires.to_rfc3339(),
            permissions: Vec::new(),
            account_type: Vec::new(),
            account_sub_type: Vec::new(),
            open_finance_billing: billing,
        };
        Self { consent, expires }
    }

    /// Adds a permission.
    pub fn permission(mut self, permission: Permission) -> Self {
        if !self.consent.permissions.contains(&permission) {
            self.consent.permissions.push(permission);
        }
        self
    }

    /// Sets `BaseConsentId`: the first consent, if this one renews it.
    pub fn base_consent_id(mut self, id: &str) -> Self {
        self.consent.base_consent_id = Some(id.to_owned());
        self
    }

    /// Adds an `AccountType`. Only accounts of the added types are shared.
    pub fn account_type(mut self, account_type: &str) -> Self {
        self.consent.account_type.push(account_type.to_owned());
        self
    }

    /// Adds an `AccountSubType`. Only accounts of the added types are shared.
    pub fn account_sub_type(mut self, sub_type: &str) -> Self {
        self.consent.account_sub_type.push(sub_type.to_owned());
        self
    }

    /// The `ConsentId`.
    #[must_use]
    pub fn consent_id(&self) -> &str {
        &self.consent.consent_id
    }

    /// Returns the authorization details to push.
    ///
    /// # Errors
    /// [`AccountAccessConsentError`]: no permission, already expired, or a year or more from `now`.
    pub fn authorization_details(
        &self,
        now: UnixTime,
    ) -> Result<AuthorizationDetails, AccountAccessConsentError> {
        if self.consent.permissions.is_empty() {
            return Err(AccountAccessConsentError::NoPermission);
        }
        if self.expires <= now {
            return Err(AccountAccessConsentError::Expired);
        }
        if self.expires.since(now) >= YEAR {
            return Err(AccountAccessConsentError::TooLong);
        }
        let consent = RawJson::of(&self.consent);
        let detail = consent.ok().and_then(|consent| {
            OtherDetail::new(ACCOUNT_ACCESS_CONSENT).ok()?.with_member("consent", consent).ok()
        });
        detail.map(AuthorizationDetails::of_other).ok_or(AccountAccessConsentError::NoPermission)
    }
}

/// The rule that an account access consent broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountAccessConsentError {
    /// The expiration is in the past.
    #[error("ExpirationDateTime is in the past")]
    Expired,
    /// The consent has no permission.
    #[error("the consent has no permission")]
    NoPermission,
    /// The expiration is a year or more away.
    #[error("ExpirationDateTime is a year or more away")]
    TooLong,
}
