//! The recipient's own record of a consent.

mod again;
mod builder;
mod record;

use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::json::{self, JsonError, JsonValue, Limits};
use fdx_wire::{HttpsUrl, Issuer, UnixTime, base64url};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

pub use builder::ConsentReceiptBuilder;

use self::record::{ExpirationBasis, Record};
use crate::open_enum::open_enum;
use crate::{
    AuthorizationDetails, ConsentId, ConsentRequest, GrantSource, GrantedDetails, GrantedResource,
    Requested, RequestedCluster, Scopes, Withheld,
};

/// The recipient's own record of a consent, for audits and for a later revocation.
///
/// FDX defines no such object. This format combines the request, the token response and the grant.
/// Its JSON is canonical (RFC 8785), so that every party computes the same SHA-256. It contains no
/// token and no key.
///
/// ```
/// use fdx_rar::{ConsentDuration, ConsentReceipt, ConsentRequest, DataCluster, Evidence, ResourceType};
/// use fdx_wire::{Issuer, UnixTime};
///
/// let requested = ConsentRequest::new(ConsentDuration::time_bound(30)?)
///     .resource(ResourceType::Account, [DataCluster::Balances])
///     .build()?;
/// let receipt = ConsentReceipt::builder(
///     Issuer::parse("https://bank.example")?,
///     "app-1",
///     requested,
///     UnixTime::parse_rfc3339("2026-01-05T10:00:00Z")?,
///     Evidence::of_pushed_request([0; 32]),
/// )
/// .build();
/// assert!(receipt.canonical_json().contains(r#""expirationDate":"2026-02-04T10:00:00Z""#));
///
/// let read = ConsentReceipt::from_json(receipt.canonical_json())?;
/// assert_eq!(read.digest(), receipt.digest());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentReceipt(Record);

/// The expiration of a consent, and its source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Expiration {
    /// The earliest `expirationTime` of all sources.
    Stated(UnixTime),
    /// Computed from the `durationPeriod` of a source, or of the request, and from the time of the
    /// grant, or of the receipt's issue.
    Derived(UnixTime),
    /// A source states that there is no end: its `expirationTime` is in the year 9999.
    NoEnd,
    /// The institution does not report an expiration, and none follows from the request.
    NotReported,
    /// A source states an expiration that can't be understood.
    NotUnderstood,
}

impl Expiration {
    /// The time, if it is known.
    #[must_use]
    pub const fn time(self) -> Option<UnixTime> {
        match self {
            Self::Stated(time) | Self::Derived(time) => Some(time),
            Self::NoEnd | Self::NotReported | Self::NotUnderstood => None,
        }
    }
}

impl ConsentReceipt {
    /// Starts the receipt of a request to `issuer`, issued at `issued_at`.
    pub fn builder(
        issuer: Issuer,
        client_id: &str,
        requested: impl Into<Requested>,
        issued_at: UnixTime,
        evidence: Evidence,
    ) -> ConsentReceiptBuilder {
        ConsentReceiptBuilder::new(issuer, client_id, requested.into(), issued_at, evidence)
    }

    /// Reads a receipt of at most 64 MiB, with members in any order.
    ///
    /// # Errors
    /// [`ReceiptError`]. Members that this version does not write are rejected, so that a receipt has
    /// the same digest after it is read.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, ReceiptError> {
        let (value, record): (JsonValue, Record) = (
            json::object_from_slice(json.as_ref(), &LIMITS)?,
            json::from_slice(json.as_ref(), &LIMITS)?,
        );
        record.check()?;
        let receipt = Self(record);
        // Numbers without a canonical form are not among those that this version writes.
        if value.to_canonical().is_some_and(|text| text == receipt.canonical_json()) {
            Ok(receipt)
        } else {
            Err(ReceiptError::UnknownMember)
        }
    }

    /// The receipt in its canonical form (RFC 8785).
    #[must_use]
    pub fn canonical_json(&self) -> String {
        // A record of strings and small whole numbers always has a canonical form.
        let value = JsonValue::of(&self.0).ok();
        value.and_then(|value| value.to_canonical()).unwrap_or_default()
    }

    /// SHA-256 over the canonical form.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.canonical_json()).into()
    }

    /// The institution.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// The recipient's id at the institution.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.0.client_id
    }

    /// The consent's identifier, if the institution reported it.
    #[must_use]
    pub fn consent_id(&self) -> Option<&ConsentId> {
        self.0.consent_id.as_ref()
    }

    /// When the receipt was issued.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.0.issued_at
    }

    /// The requested FDX consent, also one among other authorization details.
    #[must_use]
    pub fn requested(&self) -> Option<&ConsentRequest> {
        self.0.consent()
    }

    /// The requested authorization details, if they are more than an FDX consent of members that
    /// this crate models.
    #[must_use]
    pub fn requested_authorization_details(&self) -> Option<&AuthorizationDetails> {
        self.0.requested_authorization_details.as_ref()
    }

    /// The requested scopes, next to requested authorization details or alone.
    #[must_use]
    pub fn requested_scopes(&self) -> Option<&Scopes> {
        self.0.requested_scopes.as_ref()
    }

    /// The authorization details of the token response.
    #[must_use]
    pub fn granted_authorization_details(&self) -> Option<&GrantedDetails> {
        self.0.granted_authorization_details.as_ref()
    }

    /// Warnings for auditors.
    #[must_use]
    pub fn warnings(&self) -> &[ReceiptWarning] {
        &self.0.warnings
    }

    /// The granted resources; `None` if the institution does not report them.
    #[must_use]
    pub fn granted(&self) -> Option<&[GrantedResource]> {
        self.0.granted.as_deref()
    }

    /// The sources of the granted resources. Empty in receipts of version 1.
    #[must_use]
    pub fn granted_sources(&self) -> &[GrantSource] {
        self.0.granted_sources.as_deref().unwrap_or_default()
    }

    /// The withheld clusters; `None` if the grant was not compared with a request, because the
    /// institution does not report the granted resources or no FDX consent was requested.
    #[must_use]
    pub fn withheld(&self) -> Option<&[Withheld]> {
        self.0.withheld.as_deref()
    }

    /// The requested clusters that are neither granted nor withheld.
    #[must_use]
    pub fn unclear(&self) -> &[RequestedCluster] {
        self.0.unclear.as_deref().unwrap_or_default()
    }

    /// The scopes of the token response.
    #[must_use]
    pub fn granted_scopes(&self) -> &Scopes {
        &self.0.granted_scopes
    }

    /// The expiration of the consent, and its source.
    #[must_use]
    pub fn expiration(&self) -> Expiration {
        match (self.0.expiration_date, self.0.expiration_basis) {
            (Some(date), ExpirationBasis::Stated) => Expiration::Stated(date),
            (Some(date), ExpirationBasis::DurationPeriod) => Expiration::Derived(date),
            (_, ExpirationBasis::NoEnd) => Expiration::NoEnd,
            (_, ExpirationBasis::NotUnderstood) => Expiration::NotUnderstood,
            (None, _) | (_, ExpirationBasis::NotReported) => Expiration::NotReported,
        }
    }

    /// The sources of the expiration. Empty in receipts of version 1.
    #[must_use]
    pub fn expiration_sources(&self) -> &[GrantSource] {
        self.0.expiration_sources.as_deref().unwrap_or_default()
    }

    /// The endpoint to revoke the consent's tokens.
    #[must_use]
    pub fn revocation_endpoint(&self) -> Option<&HttpsUrl> {
        self.0.revocation_endpoint.as_ref()
    }

    /// Identifiers for correlating with server logs.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.0.evidence
    }
}

impl Serialize for ConsentReceipt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Enough for ten thousand accounts with identifiers of 36 characters, each with fifty clusters that
/// are granted or withheld.
const LIMITS: Limits = Limits { depth: 8, members: 4_000_000, ..Limits::bytes(64 * 1024 * 1024) };

/// Identifiers for correlating with server logs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// SHA-256 of the body of the pushed authorization request as it was sent, or of the customer's
    /// URL if the request was not pushed. Serialized as base64url.
    #[serde(with = "base64url_of_32")]
    pub pushed_request_sha256: [u8; 32],
    /// RFC 7638 thumbprints of the signing keys and of the key that the tokens are bound to.
    pub key_thumbprints: Vec<String>,
    /// The `x-fapi-interaction-id` of each request.
    pub interaction_ids: Vec<String>,
}

impl Evidence {
    /// The evidence of a push, without key thumbprints and interaction ids.
    #[must_use]
    pub fn of_pushed_request(sha256: [u8; 32]) -> Self {
        Self {
            pushed_request_sha256: sha256,
            key_thumbprints: Vec::new(),
            interaction_ids: Vec::new(),
        }
    }
}

mod base64url_of_32 {
    use alloc::string::String;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::base64url;

    pub(super) fn serialize<S: Serializer>(
        bytes: &[u8; 32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        base64url::decode_array(&text).map_err(D::Error::custom)
    }
}

open_enum! {
    /// A warning for auditors about how a consent was obtained.
    pub enum ReceiptWarning {
        /// The institution reports no consent id: the consent can't be read or revoked by its id.
        NoConsentId => "NO_CONSENT_ID",
        /// A client secret authenticated the client, the request was not pushed, the endpoints were
        /// not discovered, or a requested ID token is missing.
        NotFapi => "NOT_FAPI",
        /// The tokens are Bearer tokens: every party that has one can use it.
        NotSenderConstrained => "NOT_SENDER_CONSTRAINED",
    }
}

/// The rule that a consent receipt broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// A date without a basis or a basis without a date, `withheld`, `unclear` or sources without
    /// `granted` or without a requested consent, or not exactly one kind of request.
    #[error("the receipt's members contradict each other")]
    Contradiction,
    /// Not JSON of the expected shape.
    #[error("the receipt is {0}")]
    Json(#[from] JsonError),
    /// A member or form that this version does not write.
    #[error("the receipt has a member or a form that this version does not write")]
    UnknownMember,
    /// An unknown version of the format.
    #[error("the receipt has an unknown version")]
    Version,
}

#[cfg(test)]
mod tests;
