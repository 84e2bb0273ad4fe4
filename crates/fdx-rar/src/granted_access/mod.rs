//! What was granted, by all sources.

mod expiration;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::coverage::reported;
use crate::open_enum::open_enum;
use crate::{
    ConsentGrant, ConsentRequest, Coverage, DataCluster, GrantedDetails, GrantedResource,
    ResourceType, Scopes, UnreadResources,
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

/// What the sources report about a granted consent. Their intersection counts: a data cluster is
/// granted if no source withholds it, and the earliest end is the end.
///
/// A source that reports no resources says nothing about them, and one that reports no scopes says
/// nothing about data clusters. Clusters that were not requested stay as the source of the resources
/// reports them: the first that has identifiers.
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
    reports: Vec<(GrantSource, ConsentGrant)>,
    scopes: Option<ScopeReport>,
}

/// The requested and the granted clusters, under their current names.
#[derive(Clone, Debug, Eq, PartialEq)]
struct ScopeReport {
    requested: BTreeSet<DataCluster>,
    granted: BTreeSet<DataCluster>,
}

impl GrantedAccess {
    /// Without a source.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the report of a source, in place of its earlier one.
    #[must_use]
    pub fn report(mut self, source: GrantSource, grant: ConsentGrant) -> Self {
        self.reports.retain(|(earlier, _)| *earlier != source);
        self.reports.push((source, grant));
        self
    }

    /// Adds the FDX consents of granted details, which are one report. Details without one grant no
    /// FDX consent (RFC 9396 section 7), unless an element can't be understood.
    #[must_use]
    pub fn details(self, source: GrantSource, details: &GrantedDetails) -> Self {
        match details.joined_consent() {
            Some(grant) => self.report(source, grant),
            None if details.unread() > 0 => self,
            None => self.report(source, ConsentGrant::default().with_resources(Vec::new())),
        }
    }

    /// Adds the scopes of a token response that has `scope`. Only clusters whose scope was requested
    /// count.
    #[must_use]
    pub fn scopes(mut self, requested: &Scopes, granted: &Scopes) -> Self {
        let [requested, granted] = [requested, granted]
            .map(|scopes| scopes.data_clusters().map(|it| it.current().clone()).collect());
        self.scopes = Some(ScopeReport { requested, granted });
        self
    }

    /// The report of the consent API.
    #[must_use]
    pub fn grant(&self) -> Option<&ConsentGrant> {
        let mut reports = self.reports.iter();
        reports.find(|(source, _)| *source == GrantSource::ConsentApi).map(|(_, grant)| grant)
    }

    /// Compares what was granted with the request.
    #[must_use]
    pub fn compare(&self, requested: &ConsentRequest) -> Coverage {
        let Some((resources, sources)) = self.resources(requested) else {
            return Coverage::NotReported;
        };
        let reports: Vec<_> = self.resource_reports().collect();
        // Scopes alone say nothing about a cluster whose scope was not requested. Otherwise a source
        // may have the cluster on a resource that can't be understood.
        let may_have = |kind: &ResourceType, cluster: &DataCluster| match reports.is_empty() {
            true => !self.scopes_report(cluster),
            false => {
                self.scopes.as_ref().is_none_or(|scopes| scopes.allow(cluster))
                    && reports.iter().any(|report| report.is_unread(cluster))
                    && reports.iter().all(|report| report.may_have(kind, cluster))
            }
        };
        reported(requested, &resources, sources, &may_have)
    }

    /// The granted resources, and the sources that report them. Where scopes are the only source,
    /// they have the requested types and no identifier.
    #[must_use]
    pub fn resources(
        &self,
        requested: &ConsentRequest,
    ) -> Option<(Vec<GrantedResource>, Vec<GrantSource>)> {
        let reports: Vec<_> = self.resource_reports().collect();
        let scopes = self.scopes.as_ref().filter(|_| {
            let mut pairs = requested.pairs();
            pairs.any(|(_, cluster)| self.scopes_report(cluster))
        });
        let mut sources: Vec<_> = reports.iter().map(|report| report.source.clone()).collect();
        sources.extend(scopes.map(|_| GrantSource::Scopes));
        // The accounts are known best from a source that names them.
        let named = reports.iter().find(|report| report.names_resources());
        let Some(base) = named.or(reports.first()) else {
            scopes?;
            let granted = |cluster: &&DataCluster| {
                self.scopes_report(cluster) && scopes.is_some_and(|it| it.allow(cluster))
            };
            let resources = requested.resources().iter().map(|resource| {
                let clusters = resource.data_clusters().iter().filter(granted).cloned();
                GrantedResource::new(resource.resource_type().clone(), "", clusters)
            });
            let resources = resources.filter(|resource| !resource.data_clusters().is_empty());
            return Some((resources.collect(), sources));
        };
        let requested: BTreeSet<_> =
            requested.pairs().map(|(kind, cluster)| (kind, cluster.current())).collect();
        let counts = |resource: &GrantedResource, cluster: &DataCluster| {
            !requested.contains(&(resource.resource_type(), cluster.current()))
                || scopes.is_none_or(|scopes| scopes.allow(cluster))
                    && reports.iter().all(|report| report.allows(resource, cluster))
        };
        let resources = base.resources.iter().map(|resource| {
            let clusters = resource.data_clusters().iter().filter(|it| counts(resource, it));
            let kind = resource.resource_type().clone();
            GrantedResource::new(kind, resource.resource_id(), clusters.cloned())
        });
        Some((resources.collect(), sources))
    }

    /// Whether a source withholds what another grants, or reports another end or another period.
    #[must_use]
    pub fn has_contradiction(&self) -> bool {
        let reports: Vec<_> = self.resource_reports().collect();
        let refused = |resource: &GrantedResource, cluster: &DataCluster| {
            !self.scopes.as_ref().is_none_or(|scopes| scopes.allow(cluster))
                || !reports.iter().all(|report| report.allows(resource, cluster))
        };
        let resources = reports.iter().flat_map(|report| report.resources);
        let mut clusters =
            resources.flat_map(|it| it.data_clusters().iter().map(move |cluster| (it, cluster)));
        clusters.any(|(resource, cluster)| refused(resource, cluster)) || self.ends_differ()
    }

    /// Whether the scopes say anything about a cluster.
    fn scopes_report(&self, cluster: &DataCluster) -> bool {
        self.scopes.as_ref().is_some_and(|it| it.requested.contains(cluster.current()))
    }

    fn resource_reports(&self) -> impl Iterator<Item = ResourceReport<'_>> {
        self.reports.iter().filter_map(|(source, grant)| ResourceReport::new(source, grant))
    }
}

impl From<ConsentGrant> for GrantedAccess {
    fn from(grant: ConsentGrant) -> Self {
        Self::new().report(GrantSource::ConsentApi, grant)
    }
}

impl ScopeReport {
    /// Whether the cluster is granted, or nothing is said about it.
    fn allow(&self, cluster: &DataCluster) -> bool {
        let cluster = cluster.current();
        !self.requested.contains(cluster) || self.granted.contains(cluster)
    }
}

/// The resources of one report, with an index for untrusted lists of thousands.
struct ResourceReport<'a> {
    source: &'a GrantSource,
    grant: &'a ConsentGrant,
    resources: &'a [GrantedResource],
    /// The clusters of each resource: of each identifier, the empty one included.
    by_id: BTreeMap<(&'a ResourceType, &'a str), BTreeSet<&'a DataCluster>>,
    by_type: BTreeMap<&'a ResourceType, BTreeSet<&'a DataCluster>>,
}

impl<'a> ResourceReport<'a> {
    fn new(source: &'a GrantSource, grant: &'a ConsentGrant) -> Option<Self> {
        let resources = grant.resources()?;
        let mut by_id: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut by_type: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for resource in resources {
            let kind = resource.resource_type();
            let clusters = || resource.data_clusters().iter().map(DataCluster::current);
            by_id.entry((kind, resource.resource_id())).or_default().extend(clusters());
            by_type.entry(kind).or_default().extend(clusters());
        }
        Some(Self { source, grant, resources, by_id, by_type })
    }

    fn names_resources(&self) -> bool {
        self.resources.iter().any(|resource| !resource.resource_id().is_empty())
    }

    /// Whether the report does not withhold a cluster of a resource that another report has. A
    /// resource without an identifier may be any resource of its type.
    fn allows(&self, resource: &GrantedResource, cluster: &DataCluster) -> bool {
        let (kind, id, cluster) =
            (resource.resource_type(), resource.resource_id(), cluster.current());
        let has = |id| self.by_id.get(&(kind, id)).is_some_and(|it| it.contains(cluster));
        let any = || self.by_type.get(kind).is_some_and(|it| it.contains(cluster));
        has(id) || has("") || (id.is_empty() && any()) || self.is_unread(cluster)
    }

    /// Whether the report does not withhold a cluster from all resources of a type.
    fn may_have(&self, kind: &ResourceType, cluster: &DataCluster) -> bool {
        let has = self.by_type.get(kind).is_some_and(|it| it.contains(cluster.current()));
        has || self.is_unread(cluster)
    }

    fn is_unread(&self, cluster: &DataCluster) -> bool {
        self.grant.unread_resources().may_have(cluster)
    }
}

impl GrantedDetails {
    /// The consents of all elements as one: all resources, and the shortest period.
    fn joined_consent(&self) -> Option<ConsentGrant> {
        let shortest = |consent: &&ConsentGrant| consent.duration_period().unwrap_or(u32::MAX);
        let mut joined = self.consents().min_by_key(shortest)?.clone();
        let of_all = self.consents().map(ConsentGrant::resources);
        let of_all: Vec<_> = of_all.flatten().flatten().cloned().collect();
        if self.consents().any(|consent| consent.resources().is_some()) {
            joined = joined.with_resources(of_all);
        }
        let mut unread = UnreadResources::default();
        self.consents().for_each(|consent| unread.merge(consent.unread_resources()));
        if self.unread() > 0 {
            unread.add(None);
        }
        Some(joined.with_unread_resources(unread))
    }
}

#[cfg(test)]
mod tests;
