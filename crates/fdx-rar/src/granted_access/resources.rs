use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{GrantedAccess, Report, ScopeReport};
use crate::{ConsentRequest, DataCluster, GrantedResource, ResourceType, UnreadResources};

/// The intersection of all reports.
pub(super) struct Counted<'a> {
    pub(super) resources: Vec<GrantedResource>,
    reports: Vec<Indexed<'a>>,
    scopes: &'a ScopeReport,
}

impl GrantedAccess {
    /// Intersects the reports. `None` if there is no source.
    pub(super) fn counted(&self, requested: &ConsentRequest) -> Option<Counted<'_>> {
        let reports: Vec<_> = self.reports.iter().filter_map(Indexed::new).collect();
        let scopes = &self.scopes;
        let resources = match reports.is_empty() {
            true if requested.pairs().any(|(_, it)| scopes.report(it)) => {
                of_scopes(requested, scopes)
            }
            true => return None,
            false => of_reports(requested, &reports, scopes),
        };
        Some(Counted { resources, reports, scopes })
    }

    /// Whether a report or the scopes withhold what a report grants.
    pub(super) fn resources_differ(&self) -> bool {
        let reports: Vec<_> = self.reports.iter().filter_map(Indexed::new).collect();
        let differs = |resource: &GrantedResource, cluster: &DataCluster| {
            let (kind, id) = (resource.resource_type(), resource.resource_id());
            !self.scopes.allow(cluster) || !reports.iter().all(|it| it.may_grant(kind, id, cluster))
        };
        let mut resources = reports.iter().flat_map(Indexed::resources);
        resources.any(|resource| resource.data_clusters().iter().any(|it| differs(resource, it)))
    }
}

impl Counted<'_> {
    /// Whether a requested pair that is not granted may be granted, on a resource that can't be
    /// understood or because no source says anything about it.
    pub(super) fn is_unclear(&self, kind: &ResourceType, cluster: &DataCluster) -> bool {
        match self.reports.is_empty() {
            true => !self.scopes.report(cluster),
            false => {
                self.scopes.allow(cluster)
                    && self.reports.iter().any(|report| report.is_unread(cluster))
                    && self.reports.iter().all(|report| report.may_grant_on_type(kind, cluster))
            }
        }
    }
}

/// The requested clusters that the scopes grant.
fn of_scopes(requested: &ConsentRequest, scopes: &ScopeReport) -> Vec<GrantedResource> {
    let mut resources = Resources::default();
    for (kind, cluster) in requested.pairs() {
        if scopes.report(cluster) && scopes.allow(cluster) {
            resources.add(kind, "", cluster.current());
        }
    }
    resources.ordered
}

/// The clusters that all reports grant, and those that were not requested and any report grants.
fn of_reports(
    requested: &ConsentRequest,
    reports: &[Indexed<'_>],
    scopes: &ScopeReport,
) -> Vec<GrantedResource> {
    let requested: BTreeSet<_> =
        requested.pairs().map(|(kind, cluster)| (kind, cluster.current())).collect();
    let mut resources = Resources::default();
    let is_granted = |kind, id: &str, cluster: &DataCluster| {
        !requested.contains(&(kind, cluster.current()))
            || scopes.allow(cluster) && reports.iter().all(|it| it.may_grant(kind, id, cluster))
    };
    for (place, report) in reports.iter().enumerate() {
        // Another report may have the identifiers of the same resources.
        let is_repeated = |kind, id: &str, cluster: &DataCluster| {
            let mut others = reports.iter().enumerate().filter(|(other, _)| *other != place);
            id.is_empty() && others.any(|(_, other)| other.has_named(kind, cluster))
        };
        for resource in report.resources() {
            let (kind, id) = (resource.resource_type(), resource.resource_id());
            if resource.data_clusters().is_empty() {
                resources.at(kind, id);
            }
            for cluster in resource.data_clusters() {
                if is_granted(kind, id, cluster) && !is_repeated(kind, id, cluster) {
                    resources.add(kind, id, cluster);
                }
            }
        }
    }
    resources.ordered
}

/// Granted resources in the order of their first cluster, each once.
#[derive(Default)]
struct Resources<'a> {
    ordered: Vec<GrantedResource>,
    places: BTreeMap<(&'a ResourceType, &'a str), usize>,
    seen: BTreeSet<(usize, &'a DataCluster)>,
}

impl<'a> Resources<'a> {
    fn at(&mut self, kind: &'a ResourceType, id: &'a str) -> usize {
        *self.places.entry((kind, id)).or_insert_with(|| {
            self.ordered.push(GrantedResource::new(kind.clone(), id, []));
            self.ordered.len() - 1
        })
    }

    /// Adds a cluster under the name that it was reported with first.
    fn add(&mut self, kind: &'a ResourceType, id: &'a str, cluster: &'a DataCluster) {
        let place = self.at(kind, id);
        if self.seen.insert((place, cluster.current()))
            && let Some(resource) = self.ordered.get_mut(place)
        {
            resource.push(cluster.clone());
        }
    }
}

impl Report {
    /// Whether the message is understood and has no consent.
    pub(super) fn grants_nothing(&self) -> bool {
        self.consents.is_empty() && !self.has_unread_part
    }

    /// The reported resources; `None` if they are not reported. A report without a consent reports
    /// none, unless a part of it can't be understood.
    pub(super) fn resources(&self) -> Option<impl Iterator<Item = &GrantedResource> + Clone> {
        let reported = self.consents.iter().any(|consent| consent.resources().is_some());
        let resources = self.consents.iter().filter_map(|consent| consent.resources());
        (reported || self.grants_nothing()).then(|| resources.flatten())
    }
}

/// The resources of one report, with an index for untrusted lists of thousands.
struct Indexed<'a> {
    report: &'a Report,
    /// The clusters of each type and identifier. A resource without an identifier has an empty one.
    by_id: BTreeMap<(&'a ResourceType, &'a str), BTreeSet<&'a DataCluster>>,
    by_type: BTreeMap<&'a ResourceType, BTreeSet<&'a DataCluster>>,
    /// The clusters of the resources with identifiers.
    named: BTreeSet<(&'a ResourceType, &'a DataCluster)>,
    unread: Vec<&'a UnreadResources>,
    /// Whether any cluster may be granted by a part that can't be understood or has no resources.
    any_cluster: bool,
}

impl<'a> Indexed<'a> {
    fn new(report: &'a Report) -> Option<Self> {
        let resources = report.resources()?;
        let mut by_id: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut by_type: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut named = BTreeSet::new();
        for resource in resources {
            let (kind, id) = (resource.resource_type(), resource.resource_id());
            let clusters = || resource.data_clusters().iter().map(DataCluster::current);
            by_id.entry((kind, id)).or_default().extend(clusters());
            by_type.entry(kind).or_default().extend(clusters());
            if !id.is_empty() {
                named.extend(clusters().map(|cluster| (kind, cluster)));
            }
        }
        let unread = report.consents.iter().map(|consent| consent.unread_resources()).collect();
        let any_cluster = report.has_unread_part
            || report.consents.iter().any(|consent| consent.resources().is_none());
        Some(Self { report, by_id, by_type, named, unread, any_cluster })
    }

    fn resources(&self) -> impl Iterator<Item = &'a GrantedResource> {
        self.report.resources().into_iter().flatten()
    }

    fn has_named(&self, kind: &ResourceType, cluster: &DataCluster) -> bool {
        self.named.contains(&(kind, cluster.current()))
    }

    /// Whether the report grants the cluster on this resource, or may grant it on a resource that is
    /// not understood. A resource without an identifier may be any resource of its type.
    fn may_grant(&self, kind: &ResourceType, id: &str, cluster: &DataCluster) -> bool {
        let cluster = cluster.current();
        let has = |id| self.by_id.get(&(kind, id)).is_some_and(|it| it.contains(cluster));
        let any = || self.by_type.get(kind).is_some_and(|it| it.contains(cluster));
        has(id) || has("") || (id.is_empty() && any()) || self.is_unread(cluster)
    }

    /// Whether the report grants the cluster on a resource of this type, or may grant it on a
    /// resource that is not understood.
    fn may_grant_on_type(&self, kind: &ResourceType, cluster: &DataCluster) -> bool {
        let has = self.by_type.get(kind).is_some_and(|it| it.contains(cluster.current()));
        has || self.is_unread(cluster)
    }

    fn is_unread(&self, cluster: &DataCluster) -> bool {
        self.any_cluster || self.unread.iter().any(|unread| unread.may_have(cluster))
    }
}
