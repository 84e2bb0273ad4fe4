use core::time::Duration;

use fdx_rar::{AuthorizationDetails, OtherDetail};
use fdx_wire::json::RawJson;
use fdx_wire::{HttpsUrl, UnixTime};
use serde::Serialize;

use crate::dialect::uae::names::Permission;

/// The detail's `type`.
pub const ACCOUNT_ACCESS_CONSENT: &str = "urn:openfinanceuae:account-access-consent:v2.1";
/// The detail's `type` in version 2.2 of the standard.
pub const ACCOUNT_ACCESS_CONSENT_V2_2: &str = "urn:openfinanceuae:account-access-consent:v2.2";

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
    detail_type: &'static str,
    consent: Consent,
    subscription: Option<Subscription>,
    expires: UnixTime,
}

/// `OnBehalfOf`: the party for which the recipient requests the consent.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OnBehalfOf {
    /// `TradingName`.
    pub trading_name: String,
    /// `LegalName`.
    pub legal_name: String,
    /// `IdentifierType`, such as `Other`.
    pub identifier_type: String,
    /// `Identifier`.
    pub identifier: String,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Subscription {
    webhook: Webhook,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Webhook {
    url: String,
    is_active: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    from_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_date: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    account_type: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    account_sub_type: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<OnBehalfOf>,
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
            from_date: None,
            to_date: None,
            account_type: Vec::new(),
            account_sub_type: Vec::new(),
            on_behalf_of: None,
            open_finance_billing: billing,
        };
        Self { detail_type: ACCOUNT_ACCESS_CONSENT, consent, subscription: None, expires }
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

    /// Uses version 2.2 of the standard.
    pub fn v2_2(mut self) -> Self {
        self.detail_type = ACCOUNT_ACCESS_CONSENT_V2_2;
        self
    }

    /// Sets `FromDate`: the UTC day from which transactions and statements are shared.
    pub fn from_date(mut self, day: UnixTime) -> Self {
        self.consent.from_date = Some(date(day));
        self
    }

    /// Sets `ToDate`: the UTC day up to which transactions and statements are shared.
    pub fn to_date(mut self, day: UnixTime) -> Self {
        self.consent.to_date = Some(date(day));
        self
    }

    /// Sets `OnBehalfOf`.
    pub fn on_behalf_of(mut self, party: OnBehalfOf) -> Self {
        self.consent.on_behalf_of = Some(party);
        self
    }

    /// Sets `subscription.Webhook`: where the institution reports events of the consent, and whether
    /// it does.
    pub fn webhook(mut self, url: &HttpsUrl, is_active: bool) -> Self {
        let webhook = Webhook { url: url.as_str().to_owned(), is_active };
        self.subscription = Some(Subscription { webhook });
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
        let detail = self.detail();
        detail.map(AuthorizationDetails::of_other).ok_or(AccountAccessConsentError::NoPermission)
    }
}

impl AccountAccessConsent {
    fn detail(&self) -> Option<OtherDetail> {
        let consent = RawJson::of(&self.consent).ok()?;
        let detail =
            OtherDetail::new(self.detail_type).ok()?.with_member("consent", consent).ok()?;
        let Some(subscription) = &self.subscription else { return Some(detail) };
        detail.with_member("subscription", RawJson::of(subscription).ok()?).ok()
    }
}

/// The date of a time, in UTC.
fn date(time: UnixTime) -> String {
    time.to_rfc3339().split('T').next().unwrap_or_default().to_owned()
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
