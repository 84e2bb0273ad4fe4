use alloc::vec::Vec;

use fdx_wire::{HttpsUrl, Issuer, UnixTime};

use super::record::{ExpirationBasis, Record, VERSION};
use super::{ConsentReceipt, Evidence, Expiration, ReceiptWarning};
use crate::{
    AuthorizationDetails, ConsentGrant, ConsentId, Coverage, DurationDays, GrantSource,
    GrantedAccess, GrantedDetails, Requested, Scopes,
};

/// Builds a [`ConsentReceipt`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ConsentReceiptBuilder(pub(super) Record);

impl ConsentReceiptBuilder {
    pub(super) fn new(
        issuer: Issuer,
        client_id: &str,
        requested: Requested,
        issued_at: UnixTime,
        evidence: Evidence,
    ) -> Self {
        let (consent, details, scopes) = match requested {
            Requested::Consent(consent) if consent.is_plain() => (Some(consent), None, None),
            // Members that are not modelled have no canonical form.
            Requested::Consent(consent) => {
                let scopes = consent.scopes();
                (None, Some(AuthorizationDetails::of_consent(consent)), Some(scopes))
            }
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
            granted_sources: None,
            withheld: None,
            unclear: None,
            granted_authorization_details: None,
            granted_scopes: Scopes::new(),
            expiration_date: None,
            expiration_basis: ExpirationBasis::NotReported,
            expiration_sources: None,
            revocation_endpoint: None,
            warnings: Vec::new(),
            evidence,
        };
        record.expire(&GrantedAccess::new());
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
    pub fn grant(self, grant: &ConsentGrant) -> Self {
        self.granted(&GrantedAccess::from(grant.clone()))
    }

    /// Adds what all sources report: resources, expiration, and the identifier if none was set
    /// before.
    pub fn granted(mut self, access: &GrantedAccess) -> Self {
        let record = &mut self.0;
        if record.consent_id.is_none() {
            record.consent_id = access.grant().and_then(ConsentGrant::id).cloned();
        }
        match record.consent() {
            // Without a source nothing is compared, and an empty list would claim a comparison.
            Some(consent) => match access.compared(consent) {
                Some((granted, Coverage::Reported { sources, withheld, unclear, .. })) => {
                    record.granted = Some(granted);
                    record.granted_sources = Some(sources);
                    record.withheld = Some(withheld);
                    record.unclear = (!unclear.is_empty()).then_some(unclear);
                }
                _ => {
                    record.granted = None;
                    record.granted_sources = None;
                    record.withheld = None;
                    record.unclear = None;
                }
            },
            None => {
                let grant = access.grant().and_then(ConsentGrant::resources);
                record.granted = grant.map(<[_]>::to_vec);
                record.granted_sources = grant.map(|_| [GrantSource::ConsentApi].into());
            }
        }
        record.expire(access);
        self
    }

    /// Sets the `authorization_details` of the token response (RFC 9396 section 7).
    pub fn granted_authorization_details(mut self, details: GrantedDetails) -> Self {
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

impl Record {
    pub(super) fn expire(&mut self, access: &GrantedAccess) {
        let days = self.consent().and_then(|consent| consent.duration().days());
        let (expiration, sources) =
            access.expiration(days.map(DurationDays::as_days), self.issued_at);
        (self.expiration_date, self.expiration_basis) = match expiration {
            Expiration::Stated(date) => (Some(date), ExpirationBasis::Stated),
            Expiration::Derived(date) => (Some(date), ExpirationBasis::DurationPeriod),
            Expiration::NoEnd => (None, ExpirationBasis::NoEnd),
            Expiration::NotReported => (None, ExpirationBasis::NotReported),
            Expiration::NotUnderstood => (None, ExpirationBasis::NotUnderstood),
        };
        self.expiration_sources = (!sources.is_empty()).then_some(sources);
    }
}
