//! The consent that a customer granted, as the institution reports it.

mod consent_id;
pub(crate) mod received;

use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::members::NotUnderstood;
use serde::{Deserialize, Serialize};

pub use consent_id::{ConsentId, ConsentIdError};
pub use received::{GRANT_MEMBERS, UnreadResources};

use crate::open_enum::open_enum;
use crate::{
    ConsentDuration, DataCluster, DurationDays, DurationType, Link, Party, ResourceType, Timestamp,
    tolerant,
};

open_enum! {
    /// The status of a consent.
    pub enum ConsentStatus {
        /// In force.
        Active => "ACTIVE",
        /// Past its expiration.
        Expired => "EXPIRED",
        /// Ended for good by a party.
        Revoked => "REVOKED",
    }
}

/// A consent as the institution reports it. FDX requires no member, and real institutions omit most
/// of them, so each one may be absent.
///
/// `id` and `status` are protective: a value that can't be understood is an error. All other members
/// are informative: such a value costs that member, or that resource, alone, and
/// [`not_understood`](Self::not_understood) lists it. Resources after the first 10,000 and a
/// `resourceId` of more than 256 characters (FDX `Identifier`) are not understood either.
///
/// ```
/// use fdx_rar::{ConsentGrant, ConsentStatus};
/// use fdx_wire::json::Limits;
///
/// let grant = ConsentGrant::read(
///     br#"{"id":"c-7f3a","status":"Active","lookbackPeriod":"P60D","parties":null}"#,
///     &Limits::default(),
/// )?;
/// assert_eq!(grant.status(), Some(&ConsentStatus::Active));
/// assert_eq!(grant.lookback_period(), None);
/// assert_eq!(grant.not_understood()[0].member(), "lookbackPeriod");
/// assert_eq!(grant.resources(), None); // not reported: neither all nor nothing
/// # Ok::<(), fdx_wire::members::ReadError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentGrant {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<ConsentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ConsentStatus>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parties: Vec<Party>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_type: Option<DurationType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lookback_period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<GrantedResource>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    #[serde(skip)]
    unread_resources: UnreadResources,
    #[serde(skip)]
    clusters_as_scopes: bool,
    #[serde(skip)]
    not_understood: Vec<NotUnderstood>,
}

impl ConsentGrant {
    /// A grant with an id and a status only, which an institution can extend.
    #[must_use]
    pub fn new(id: ConsentId, status: ConsentStatus) -> Self {
        Self { id: Some(id), status: Some(status), ..Self::default() }
    }

    /// The consent's identifier.
    #[must_use]
    pub fn id(&self) -> Option<&ConsentId> {
        self.id.as_ref()
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> Option<&ConsentStatus> {
        self.status.as_ref()
    }

    /// The parties of the consent.
    #[must_use]
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// The time of the grant.
    #[must_use]
    pub fn created_time(&self) -> Option<&Timestamp> {
        self.created_time.as_ref()
    }

    /// The expiration.
    #[must_use]
    pub fn expiration_time(&self) -> Option<&Timestamp> {
        self.expiration_time.as_ref()
    }

    /// The time of the last change.
    #[must_use]
    pub fn updated_time(&self) -> Option<&Timestamp> {
        self.updated_time.as_ref()
    }

    /// The type of the duration.
    #[must_use]
    pub fn duration_type(&self) -> Option<&DurationType> {
        self.duration_type.as_ref()
    }

    /// The days from the day of the grant, whatever the type, without a limit.
    #[must_use]
    pub fn duration_period(&self) -> Option<u32> {
        self.duration_period
    }

    /// The duration, if type and days are a duration that can be requested.
    #[must_use]
    pub fn duration(&self) -> Option<ConsentDuration> {
        let duration_type = self.duration_type.as_ref()?;
        ConsentDuration::of(duration_type, self.duration_period).ok()
    }

    /// The days before the request that the shared data goes back.
    #[must_use]
    pub fn lookback_period(&self) -> Option<u32> {
        self.lookback_period
    }

    /// The shared resources that are understood; `None` if the institution does not report them.
    #[must_use]
    pub fn resources(&self) -> Option<&[GrantedResource]> {
        self.resources.as_deref()
    }

    /// Links, which may be relative and may refer to any host.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The shared resources that can't be understood. Their clusters count as neither granted nor
    /// withheld.
    #[must_use]
    pub fn unread_resources(&self) -> &UnreadResources {
        &self.unread_resources
    }

    /// Whether `dataClusters` has names of scopes, such as `fdx:transactions:read`, in place of the
    /// clusters that they read. They are read as those clusters.
    #[must_use]
    pub fn names_clusters_by_scope(&self) -> bool {
        self.clusters_as_scopes
    }

    /// The members with a value that can't be understood, each once, with its first such value. They
    /// count as neither absent nor present.
    #[must_use]
    pub fn not_understood(&self) -> &[NotUnderstood] {
        &self.not_understood
    }

    /// Whether the grant has a value for this member, such as `expirationTime`, that can't be
    /// understood.
    #[must_use]
    pub fn is_not_understood(&self, member: &str) -> bool {
        self.not_understood.iter().any(|value| value.member() == member)
    }
}

/// Setters for institutions.
impl ConsentGrant {
    /// Sets the status.
    #[must_use]
    pub fn with_status(mut self, status: ConsentStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds a party.
    #[must_use]
    pub fn with_party(mut self, party: Party) -> Self {
        self.parties.push(party);
        self
    }

    /// Sets the time of the grant.
    #[must_use]
    pub fn with_created_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.created_time = Some(time.into());
        self
    }

    /// Sets the expiration.
    #[must_use]
    pub fn with_expiration_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.expiration_time = Some(time.into());
        self
    }

    /// Sets the time of the last change.
    #[must_use]
    pub fn with_updated_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.updated_time = Some(time.into());
        self
    }

    /// Sets the duration.
    #[must_use]
    pub fn with_duration(mut self, duration: ConsentDuration) -> Self {
        self.duration_type = Some(duration.duration_type());
        self.duration_period = duration.days().map(DurationDays::as_days);
        self
    }

    /// Sets the days before the request that the shared data goes back.
    #[must_use]
    pub fn with_lookback_period(mut self, days: u32) -> Self {
        self.lookback_period = Some(days);
        self
    }

    /// Sets the shared resources.
    #[must_use]
    pub fn with_resources(mut self, resources: Vec<GrantedResource>) -> Self {
        self.resources = Some(resources);
        self
    }

    /// Adds a link.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }
}

/// One resource that the customer shares, and its shared data clusters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantedResource {
    resource_type: ResourceType,
    #[serde(default, deserialize_with = "tolerant::identifier")]
    resource_id: String,
    #[serde(default, deserialize_with = "tolerant::list")]
    data_clusters: Vec<DataCluster>,
}

impl GrantedResource {
    /// A resource with its shared data clusters.
    #[must_use]
    pub fn new(
        resource_type: ResourceType,
        resource_id: &str,
        data_clusters: impl IntoIterator<Item = DataCluster>,
    ) -> Self {
        Self {
            resource_type,
            resource_id: resource_id.into(),
            data_clusters: data_clusters.into_iter().collect(),
        }
    }

    /// The resource's type.
    #[must_use]
    pub fn resource_type(&self) -> &ResourceType {
        &self.resource_type
    }

    /// The resource's identifier at the institution, empty if it has none.
    #[must_use]
    pub fn resource_id(&self) -> &str {
        &self.resource_id
    }

    /// Adds a data cluster.
    pub(crate) fn push(&mut self, cluster: DataCluster) {
        self.data_clusters.push(cluster);
    }

    /// The shared data clusters in the order of the institution.
    #[must_use]
    pub fn data_clusters(&self) -> &[DataCluster] {
        &self.data_clusters
    }
}

#[cfg(test)]
mod tests;
