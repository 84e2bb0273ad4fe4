//! The recipient's own record of a consent.

mod builder;
mod canonical;
mod error;
mod evidence;
mod record;
mod warning;

use alloc::string::String;

use fdx_wire::json::{self, JsonValue, Limits};
use fdx_wire::{HttpsUrl, Issuer, UnixTime};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

pub use builder::ConsentReceiptBuilder;
pub use error::ReceiptError;
pub use evidence::Evidence;
pub use warning::ReceiptWarning;

use crate::{
    AuthorizationDetails, ConsentId, ConsentRequest, GrantedResource, Requested, Scopes, Withheld,
};
use record::{ExpirationBasis, Record};

/// The recipient's own record of a consent, for audit and for a later revocation.
///
/// FDX defines no such object: this is our own, assembled from what was asked, the token response
/// and the grant. Its JSON is canonical (RFC 8785), so that its SHA-256 is the same wherever it is
/// computed, and it holds no token and no key.
///
/// ```
/// use fdx_rar::{ConsentDuration, ConsentReceipt, ConsentRequest, DataCluster, Evidence, ResourceType};
/// use fdx_wire::{Issuer, UnixTime};
///
/// let asked = ConsentRequest::new(ConsentDuration::time_bound(30)?)
///     .resource(ResourceType::Account, [DataCluster::Balances])
///     .build()?;
/// let receipt = ConsentReceipt::builder(
///     Issuer::parse("https://bank.example")?,
///     "app-1",
///     asked,
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

/// When a consent ends, and how that was learnt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expiration {
    /// The grant's `expirationTime`.
    Stated(UnixTime),
    /// Computed: the grant's `createdTime`, or else the receipt's time of issue, and
    /// `durationPeriod` days, the grant's where it has one, or else the request's.
    Derived(UnixTime),
    /// Nobody said.
    NotTold,
}

impl ConsentReceipt {
    /// Begins the receipt of what `requested` asked `issuer` for, issued `issued_at`.
    pub fn builder(
        issuer: Issuer,
        client_id: &str,
        requested: impl Into<Requested>,
        issued_at: UnixTime,
        evidence: Evidence,
    ) -> ConsentReceiptBuilder {
        ConsentReceiptBuilder::new(issuer, client_id, requested.into(), issued_at, evidence)
    }

    /// Reads a receipt, of at most 64 MiB and in any order of members.
    ///
    /// # Errors
    /// [`ReceiptError`]. What says more than a receipt of this version keeps is refused, so that
    /// the digest of what was read is the digest of what was written.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, ReceiptError> {
        let (value, record): (JsonValue, Record) = (
            json::object_from_slice(json.as_ref(), &LIMITS)?,
            json::from_slice(json.as_ref(), &LIMITS)?,
        );
        record.check()?;
        let receipt = Self(record);
        if receipt.canonical_json() == canonical::write(&value) {
            Ok(receipt)
        } else {
            Err(ReceiptError::More)
        }
    }

    /// The receipt in its canonical form (RFC 8785).
    #[must_use]
    pub fn canonical_json(&self) -> String {
        // A record holds texts and whole numbers alone, which always have a JSON form.
        JsonValue::of(&self.0).map(|value| canonical::write(&value)).unwrap_or_default()
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

    /// The recipient as the institution knows it.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.0.client_id
    }

    /// The consent's identifier, where the institution told it.
    #[must_use]
    pub fn consent_id(&self) -> Option<&ConsentId> {
        self.0.consent_id.as_ref()
    }

    /// When the receipt was made out.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.0.issued_at
    }

    /// The FDX consent that was asked for.
    #[must_use]
    pub fn requested(&self) -> Option<&ConsentRequest> {
        self.0.requested.as_ref()
    }

    /// The authorization details of another type that were asked for.
    #[must_use]
    pub fn requested_authorization_details(&self) -> Option<&AuthorizationDetails> {
        self.0.requested_authorization_details.as_ref()
    }

    /// The scopes that were asked for, where they do not follow from an FDX consent.
    #[must_use]
    pub fn requested_scopes(&self) -> Option<&Scopes> {
        self.0.requested_scopes.as_ref()
    }

    /// The authorization details of the token response.
    #[must_use]
    pub fn granted_authorization_details(&self) -> Option<&AuthorizationDetails> {
        self.0.granted_authorization_details.as_ref()
    }

    /// What an auditor should see at once.
    #[must_use]
    pub fn warnings(&self) -> &[ReceiptWarning] {
        &self.0.warnings
    }

    /// What was granted by resource, as the institution told it; `None` where it did not.
    #[must_use]
    pub fn granted(&self) -> Option<&[GrantedResource]> {
        self.0.granted.as_deref()
    }

    /// What was withheld; `None` where the institution did not tell what it granted.
    #[must_use]
    pub fn withheld(&self) -> Option<&[Withheld]> {
        self.0.withheld.as_deref()
    }

    /// The scopes of the token response.
    #[must_use]
    pub fn granted_scopes(&self) -> &Scopes {
        &self.0.granted_scopes
    }

    /// When the consent ends, and how that was learnt.
    #[must_use]
    pub fn expiration(&self) -> Expiration {
        match (self.0.expiration_date, self.0.expiration_basis) {
            (Some(date), ExpirationBasis::Stated) => Expiration::Stated(date),
            (Some(date), ExpirationBasis::DurationPeriod) => Expiration::Derived(date),
            (None, _) | (_, ExpirationBasis::NotTold) => Expiration::NotTold,
        }
    }

    /// Where to revoke.
    #[must_use]
    pub fn revocation_endpoint(&self) -> Option<&HttpsUrl> {
        self.0.revocation_endpoint.as_ref()
    }

    /// What the exchange left behind.
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

/// Ten thousand accounts with identifiers of 36 characters fit, each with or without every one of
/// fifty clusters.
const LIMITS: Limits = Limits { bytes: 64 * 1024 * 1024, depth: 8, members: 4_000_000 };

#[cfg(test)]
mod tests;
