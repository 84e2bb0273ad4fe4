//! What a customer granted, as the institution tells it.

mod consent_id;
mod resource;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use consent_id::{ConsentId, ConsentIdError};
pub use resource::GrantedResource;

use crate::open_enum::open_enum;
use crate::{ConsentDuration, DurationDays, DurationType, Link, Party, Timestamp, tolerant};

open_enum! {
    /// Where a consent stands.
    pub enum ConsentStatus {
        /// It holds.
        Active => "ACTIVE",
        /// Its time is over.
        Expired => "EXPIRED",
        /// Somebody ended it, for good.
        Revoked => "REVOKED",
    }
}

/// A consent as the institution tells it. FDX demands none of its members, and real institutions
/// leave out most of them, so that every one may be absent. More than 10,000 resources, or a
/// `resourceId` of more than 256 characters (FDX `Identifier`), are not read.
///
/// ```
/// use fdx_rar::{ConsentGrant, ConsentStatus};
/// use fdx_wire::json;
///
/// let grant: ConsentGrant = json::from_slice(
///     br#"{"id":"c-7f3a","status":"Active","lookbackPeriod":"60","parties":null}"#,
///     &json::Limits::default(),
/// )?;
/// assert_eq!(grant.status(), Some(&ConsentStatus::Active));
/// assert_eq!(grant.lookback_period(), Some(60));
/// assert_eq!(grant.resources(), None); // not told, which is neither all nor nothing
/// # Ok::<(), json::JsonError>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentGrant {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<ConsentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<ConsentStatus>,
    #[serde(default, deserialize_with = "tolerant::list", skip_serializing_if = "Vec::is_empty")]
    parties: Vec<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_time: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiration_time: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_time: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_type: Option<DurationType>,
    #[serde(
        default,
        deserialize_with = "tolerant::integer",
        skip_serializing_if = "Option::is_none"
    )]
    duration_period: Option<u32>,
    #[serde(
        default,
        deserialize_with = "tolerant::integer",
        skip_serializing_if = "Option::is_none"
    )]
    lookback_period: Option<u32>,
    #[serde(
        default,
        deserialize_with = "resource::resources",
        skip_serializing_if = "Option::is_none"
    )]
    resources: Option<Vec<GrantedResource>>,
    #[serde(default, deserialize_with = "tolerant::list", skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
}

impl ConsentGrant {
    /// A grant of which no more than this is told, as an institution begins it.
    #[must_use]
    pub fn new(id: ConsentId, status: ConsentStatus) -> Self {
        Self { id: Some(id), status: Some(status), ..Self::default() }
    }

    /// The consent's identifier.
    #[must_use]
    pub fn id(&self) -> Option<&ConsentId> {
        self.id.as_ref()
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Option<&ConsentStatus> {
        self.status.as_ref()
    }

    /// Who has part in it.
    #[must_use]
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// When the customer granted it.
    #[must_use]
    pub fn created_time(&self) -> Option<&Timestamp> {
        self.created_time.as_ref()
    }

    /// When it ends.
    #[must_use]
    pub fn expiration_time(&self) -> Option<&Timestamp> {
        self.expiration_time.as_ref()
    }

    /// When it last changed.
    #[must_use]
    pub fn updated_time(&self) -> Option<&Timestamp> {
        self.updated_time.as_ref()
    }

    /// The kind of its duration.
    #[must_use]
    pub fn duration_type(&self) -> Option<&DurationType> {
        self.duration_type.as_ref()
    }

    /// Days from the day of the grant, whatever the kind and however many.
    #[must_use]
    pub fn duration_period(&self) -> Option<u32> {
        self.duration_period
    }

    /// Its duration, where kind and days make one that could have been asked for.
    #[must_use]
    pub fn duration(&self) -> Option<ConsentDuration> {
        let duration_type = self.duration_type.as_ref()?;
        ConsentDuration::of(duration_type, self.duration_period).ok()
    }

    /// How far back data is shared, in days before the request.
    #[must_use]
    pub fn lookback_period(&self) -> Option<u32> {
        self.lookback_period
    }

    /// What is shared, `None` where the institution does not tell.
    #[must_use]
    pub fn resources(&self) -> Option<&[GrantedResource]> {
        self.resources.as_deref()
    }

    /// Links, which may be relative and may lead anywhere.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }
}

/// For institutions.
impl ConsentGrant {
    /// Changes the status.
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

    /// States when the customer granted it.
    #[must_use]
    pub fn with_created_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.created_time = Some(time.into());
        self
    }

    /// States when it ends.
    #[must_use]
    pub fn with_expiration_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.expiration_time = Some(time.into());
        self
    }

    /// States when it last changed.
    #[must_use]
    pub fn with_updated_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.updated_time = Some(time.into());
        self
    }

    /// States the duration.
    #[must_use]
    pub fn with_duration(mut self, duration: ConsentDuration) -> Self {
        self.duration_type = Some(duration.duration_type());
        self.duration_period = duration.days().map(DurationDays::as_days);
        self
    }

    /// States how far back data is shared, in days before the request.
    #[must_use]
    pub fn with_lookback_period(mut self, days: u32) -> Self {
        self.lookback_period = Some(days);
        self
    }

    /// Tells what is shared.
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

#[cfg(test)]
mod tests;
