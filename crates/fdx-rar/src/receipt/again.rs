use fdx_wire::UnixTime;

use super::record::VERSION;
use super::{ConsentReceipt, ConsentReceiptBuilder};
use crate::{ConsentGrant, ConsentRequest, GrantSource, GrantedAccess};

impl ConsentReceipt {
    /// The receipt of the same consent after the institution reported it again, issued at `issued_at`.
    ///
    /// Request, tokens and evidence are those of this receipt, so the scopes and the details of the
    /// token response still count. What `grant` does not report stays as it is here: resources, and the
    /// expiration. A resource of `grant` that can't be understood may be any of the earlier ones, so
    /// then the resources stay as well.
    ///
    /// ```
    /// use fdx_rar::{
    ///     ConsentDuration, ConsentGrant, ConsentReceipt, ConsentRequest, DataCluster, Evidence,
    ///     GrantedResource, ResourceType, Scopes,
    /// };
    /// use fdx_wire::{Issuer, UnixTime};
    ///
    /// let requested = ConsentRequest::new(ConsentDuration::time_bound(30)?)
    ///     .resource(ResourceType::Account, [DataCluster::Balances])
    ///     .build()?;
    /// let now = UnixTime::parse_rfc3339("2026-01-05T10:00:00Z")?;
    /// let first = ConsentReceipt::builder(
    ///     Issuer::parse("https://bank.example")?, "app-1", requested, now, Evidence::of_pushed_request([0; 32]),
    /// )
    /// .granted_scopes(Scopes::parse("fdx:balances:read")?)
    /// .build();
    ///
    /// let nothing = ConsentGrant::default().with_resources(vec![]);
    /// let again = first.reported_again(&nothing, now);
    /// assert_eq!(again.granted(), Some(&[][..]));
    /// assert_eq!(again.expiration(), first.expiration());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn reported_again(&self, grant: &ConsentGrant, issued_at: UnixTime) -> Self {
        let earlier = &self.0;
        let mut access = GrantedAccess::from(grant.clone());
        if let Some(details) = &earlier.granted_authorization_details {
            access = access.details(GrantSource::TokenResponse, details);
        }
        let requested = match &earlier.requested_scopes {
            Some(scopes) => scopes.clone(),
            None => earlier.consent().map(ConsentRequest::scopes).unwrap_or_default(),
        };
        access = access.scopes(&requested, &earlier.granted_scopes);
        let mut record = ConsentReceiptBuilder(earlier.clone()).granted(&access).0;
        record.version = VERSION;
        record.issued_at = issued_at;
        if grant.resources().is_none() || grant.unread_resources().count() > 0 {
            record.granted.clone_from(&earlier.granted);
            record.granted_sources.clone_from(&earlier.granted_sources);
            record.withheld.clone_from(&earlier.withheld);
            record.unclear.clone_from(&earlier.unclear);
        }
        // Details of the token response have the end of the first grant. Without a start, a period
        // would count from now at each report.
        let has_start = grant.created_time().is_some_and(|time| time.time().is_some());
        if grant.expiration_time().is_some() || (has_start && grant.duration_period().is_some()) {
            record.expire(&GrantedAccess::from(grant.clone()));
        } else {
            record.expiration_date = earlier.expiration_date;
            record.expiration_basis = earlier.expiration_basis;
            record.expiration_sources.clone_from(&earlier.expiration_sources);
        }
        Self(record)
    }
}
