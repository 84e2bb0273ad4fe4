//! What was granted, by all sources.

mod expiration;
mod resources;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::coverage::reported;
use crate::open_enum::open_enum;
use crate::{
    ConsentGrant, ConsentRequest, Coverage, DataCluster, GrantedDetails, GrantedResource, Scopes,
};

open_enum! {
    /// A source of what was granted.
    pub enum GrantSource {
        /// The consent API.
        ConsentApi => "CONSENT_API",
        /// `authorization_details` of introspection (RFC 9396 section 9.2).
        Introspection => "INTROSPECTION",
        /// The request: a period that no other source reports.
        Request => "REQUEST",
        /// The granted scopes (RFC 6749 section 5.1).
        Scopes => "SCOPES",
        /// `authorization_details` of the token response (RFC 9396 section 7).
        TokenResponse => "TOKEN_RESPONSE",
    }
}

/// What the sources report about a granted consent. Their intersection counts: a requested data
/// cluster is granted if no source withholds it, and the earliest end is the end. The order of the
/// sources does not matter.
///
/// A source that reports no resources says nothing about them, and one that reports no scopes says
/// nothing about data clusters. Clusters that were not requested are listed if any source grants
/// them.
///
/// ```
/// use fdx_rar::{
///     ConsentDuration, ConsentRequest, DataCluster, GrantSource, GrantedAccess, GrantedDetails,
///     ResourceType, Scopes,
/// };
///
/// let requested = ConsentRequest::new(ConsentDuration::time_bound(365)?)
///     .resource(ResourceType::Account, [DataCluster::AccountDetailed, DataCluster::Transactions])
///     .build()?;
/// let details = GrantedDetails::parse(r#"[{"type":"fdx_v1.0","consentRequest":
///     {"durationType":"TIME_BOUND","durationPeriod":30,"resources":
///     [{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_DETAILED"]}]}}]"#)?;
/// let access = GrantedAccess::new()
///     .details(GrantSource::TokenResponse, &details)
///     .scopes(&requested.scopes(), &requested.scopes());
/// let coverage = access.compare(&requested);
/// assert_eq!(coverage.granted()[0].data_cluster, DataCluster::AccountDetailed);
/// assert_eq!(coverage.withheld()[0].data_cluster(), &DataCluster::Transactions);
/// assert_eq!(coverage.sources(), [GrantSource::TokenResponse, GrantSource::Scopes]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GrantedAccess {
    reports: Vec<Report>,
    scopes: ScopeReport,
}

/// The consents that one message of a source reports.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Report {
    source: GrantSource,
    consents: Vec<ConsentGrant>,
    /// Whether a part of the message can't be understood. It may grant anything.
    has_unread_part: bool,
}

/// The requested and the granted clusters, under their current names. Without a cluster the scopes
/// are no source.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct ScopeReport {
    requested: BTreeSet<DataCluster>,
    granted: BTreeSet<DataCluster>,
}

impl GrantedAccess {
    /// An empty value, without reports.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the report of a source. An earlier report of the same source counts as well.
    #[must_use]
    pub fn report(mut self, source: GrantSource, grant: ConsentGrant) -> Self {
        let consents = [grant].into();
        self.reports.push(Report { source, consents, has_unread_part: false });
        self
    }

    /// Adds the FDX consents of granted details. Details without one grant no FDX consent (RFC 9396
    /// section 7), unless an element can't be understood.
    #[must_use]
    pub fn details(mut self, source: GrantSource, details: &GrantedDetails) -> Self {
        let consents = details.consents().cloned().collect();
        self.reports.push(Report { source, consents, has_unread_part: details.unread() > 0 });
        self
    }

    /// Adds granted details that can't be understood as a whole. They may grant anything, and may
    /// state any end.
    #[must_use]
    pub fn unread_details(mut self, source: GrantSource) -> Self {
        self.reports.push(Report { source, consents: Vec::new(), has_unread_part: true });
        self
    }

    /// Adds the scopes of a token response that has `scope`. Only clusters whose scope was requested
    /// count.
    #[must_use]
    pub fn scopes(mut self, requested: &Scopes, granted: &Scopes) -> Self {
        let [requested, granted] = [requested, granted].map(|scopes| {
            // `fdx:transfers:write` does not read its cluster.
            let clusters = scopes.iter().filter_map(|token| {
                DataCluster::from_scope(token).filter(|cluster| cluster.scope() == Some(token))
            });
            clusters.map(|cluster| cluster.current().clone()).collect()
        });
        self.scopes = ScopeReport { requested, granted };
        self
    }

    /// The report of the consent API.
    #[must_use]
    pub fn grant(&self) -> Option<&ConsentGrant> {
        let mut reports = self.reports.iter();
        reports.find(|report| report.source == GrantSource::ConsentApi)?.consents.first()
    }

    /// Compares what was granted with the request.
    #[must_use]
    pub fn compare(&self, requested: &ConsentRequest) -> Coverage {
        self.compared(requested).map_or(Coverage::NotReported, |(_, coverage)| coverage)
    }

    /// The granted resources, and their comparison with the request. `None` without a source.
    pub(crate) fn compared(
        &self,
        requested: &ConsentRequest,
    ) -> Option<(Vec<GrantedResource>, Coverage)> {
        let counted = self.counted(requested)?;
        let is_unclear = |kind: &_, cluster: &_| counted.is_unclear(kind, cluster);
        let sources = self.sources(requested);
        let coverage = reported(requested, &counted.resources, sources, &is_unclear);
        Some((counted.resources, coverage))
    }

    /// The granted resources. If scopes are the only source, the resources have the requested types
    /// and no identifiers.
    #[must_use]
    pub fn resources(&self, requested: &ConsentRequest) -> Option<Vec<GrantedResource>> {
        self.counted(requested).map(|counted| counted.resources)
    }

    /// Whether a report or the scopes withhold what a report grants, or whether sources report
    /// different ends, periods or types of duration.
    #[must_use]
    pub fn has_contradiction(&self) -> bool {
        self.resources_differ() || self.ends_differ()
    }

    /// The sources of the granted resources.
    fn sources(&self, requested: &ConsentRequest) -> Vec<GrantSource> {
        let mut sources = Vec::new();
        for report in self.reports.iter().filter(|report| report.resources().is_some()) {
            push_new(&mut sources, &report.source);
        }
        if requested.pairs().any(|(_, cluster)| self.scopes.report(cluster)) {
            sources.push(GrantSource::Scopes);
        }
        sources
    }
}

impl From<ConsentGrant> for GrantedAccess {
    fn from(grant: ConsentGrant) -> Self {
        Self::new().report(GrantSource::ConsentApi, grant)
    }
}

impl ScopeReport {
    /// Whether the scopes say anything about the cluster.
    fn report(&self, cluster: &DataCluster) -> bool {
        self.requested.contains(cluster.current())
    }

    /// Whether the cluster is granted, or its scope was not requested.
    fn allow(&self, cluster: &DataCluster) -> bool {
        !self.report(cluster) || self.granted.contains(cluster.current())
    }
}

/// Appends a source unless the list has it.
fn push_new(sources: &mut Vec<GrantSource>, source: &GrantSource) {
    if !sources.contains(source) {
        sources.push(source.clone());
    }
}

#[cfg(test)]
mod tests;
