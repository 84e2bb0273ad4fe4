use alloc::vec::Vec;
use core::time::Duration;

use fdx_wire::{HttpsUrl, Issuer, UnixTime};

use super::record::{ExpirationBasis, Record, VERSION};
use super::{ConsentReceipt, Evidence, ReceiptWarning};
use crate::{
    AuthorizationDetails, ConsentGrant, ConsentId, Coverage, DurationDays, DurationType, Requested,
    Scopes, Timestamp,
};

const DAY: u64 = 24 * 60 * 60;

/// Builds a [`ConsentReceipt`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ConsentReceiptBuilder(Record);

impl ConsentReceiptBuilder {
    pub(super) fn new(
        issuer: Issuer,
        client_id: &str,
        requested: Requested,
        issued_at: UnixTime,
        evidence: Evidence,
    ) -> Self {
        let days = requested.consent().and_then(|consent| consent.duration().days());
        let (consent, details, scopes) = match requested {
            Requested::Consent(consent) => (Some(consent), None, None),
            Requested::Details(details, scopes) => (None, Some(details), Some(scopes)),
            Requested::Scopes(scopes) => (None, None, Some(scopes)),
        };
        let mut record = Record {
            version: VERSION,
            issuer,
            client_id: client_id.into(),
            consent_id: None,
            issued_at,
            requested: consent,
            requested_authorization_details: details,
            requested_scopes: scopes,
            granted: None,
            withheld: None,
            granted_authorization_details: None,
            granted_scopes: Scopes::new(),
            expiration_date: None,
            expiration_basis: ExpirationBasis::NotReported,
            revocation_endpoint: None,
            warnings: Vec::new(),
            evidence,
        };
        expire_after(days.map(DurationDays::as_days), issued_at, &mut record);
        Self(record)
    }

    /// Sets the consent's identifier.
    pub fn consent_id(mut self, id: ConsentId) -> Self {
        self.0.consent_id = Some(id);
        self
    }

    /// Sets the scopes of the token response, or the requested scopes if the response has none.
    pub fn granted_scopes(mut self, scopes: Scopes) -> Self {
        self.0.granted_scopes = scopes;
        self
    }

    /// Adds the consent that the institution reports: resources, expiration, and the identifier if
    /// none was set before.
    pub fn grant(mut self, grant: &ConsentGrant) -> Self {
        let record = &mut self.0;
        if record.consent_id.is_none() {
            record.consent_id = grant.id().cloned();
        }
        record.granted = grant.resources().map(<[_]>::to_vec);
        let coverage =
            record.requested.as_ref().map(|requested| Coverage::compare(requested, grant));
        // Without a comparison nothing is known to be withheld, and nothing is known not to be.
        record.withheld = match coverage {
            Some(Coverage::Reported { withheld, .. }) => Some(withheld),
            Some(Coverage::NotReported) | None => None,
        };
        expire_with(grant, record);
        self
    }

    /// Sets the `authorization_details` of the token response (RFC 9396 section 7).
    pub fn granted_authorization_details(mut self, details: AuthorizationDetails) -> Self {
        self.0.granted_authorization_details = Some(details);
        self
    }

    /// Adds a warning for auditors.
    pub fn warning(mut self, warning: ReceiptWarning) -> Self {
        if !self.0.warnings.contains(&warning) {
            self.0.warnings.push(warning);
        }
        self
    }

    /// Sets the endpoint to revoke the consent's tokens.
    pub fn revocation_endpoint(mut self, url: HttpsUrl) -> Self {
        self.0.revocation_endpoint = Some(url);
        self
    }

    /// Returns the receipt.
    #[must_use]
    pub fn build(self) -> ConsentReceipt {
        ConsentReceipt(self.0)
    }
}

fn expire_with(grant: &ConsentGrant, record: &mut Record) {
    if let Some((date, basis)) = stated(grant) {
        record.expiration_date = date;
        record.expiration_basis = basis;
        return;
    }
    let requested_days =
        record.requested.as_ref().and_then(|requested| requested.duration().days());
    let days = match grant.duration_type() {
        Some(DurationType::TimeBound) | None => {
            grant.duration_period().or(requested_days.map(DurationDays::as_days))
        }
        // The customer granted a duration that was not requested.
        Some(_) => None,
    };
    let granted_at = grant.created_time().and_then(Timestamp::time);
    expire_after(days, granted_at.unwrap_or(record.issued_at), record);
}

/// The expiration that the grant states. A value that can't be understood is stated too: no date
/// that is computed from the request replaces it.
fn stated(grant: &ConsentGrant) -> Option<(Option<UnixTime>, ExpirationBasis)> {
    match grant.expiration_time() {
        Some(stated) if stated.has_no_end() => return Some((None, ExpirationBasis::NoEnd)),
        Some(stated) if stated.time().is_some() => {
            return Some((stated.time(), ExpirationBasis::Stated));
        }
        Some(_) => return Some((None, ExpirationBasis::NotUnderstood)),
        None => {}
    }
    let members = match grant.duration_type() {
        Some(DurationType::TimeBound) | None => &EXPIRATION_MEMBERS[..],
        Some(_) => &EXPIRATION_MEMBERS[..1],
    };
    let not_understood = members.iter().any(|member| grant.is_not_understood(member));
    not_understood.then_some((None, ExpirationBasis::NotUnderstood))
}

/// The expiration follows from these members: from the first, or from the others.
const EXPIRATION_MEMBERS: [&str; 4] =
    ["expirationTime", "durationType", "durationPeriod", "createdTime"];

// FDX: durationPeriod counts days from the day of the original grant
fn expire_after(days: Option<u32>, granted_at: UnixTime, record: &mut Record) {
    record.expiration_date =
        days.map(|days| granted_at + Duration::from_secs(u64::from(days) * DAY));
    record.expiration_basis = match record.expiration_date {
        Some(_) => ExpirationBasis::DurationPeriod,
        None => ExpirationBasis::NotReported,
    };
}
