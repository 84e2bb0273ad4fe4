//! Reads a grant by the class of each member.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::json::{Limits, RawJson};
use fdx_wire::members::{
    Informative, Member, MemberFault, NotUnderstood, Object, ReadError, Row, Value,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::{ConsentGrant, ConsentId, ConsentStatus, GrantedResource};
use crate::{DataCluster, DurationType, Link, Party, PartyType, Registry, ResourceType, Timestamp};

fdx_wire::members! {
    /// The members of a grant (FDX Consent API, ConsentGrant).
    mod grant = "consent grant" {
        Protective ID = "id", "a consent id", "FDX Consent API, ConsentGrant";
        Protective STATUS = "status", "the name of a status", "FDX Consent API, ConsentGrant";
        Informative PARTIES = "parties", "a list of parties", "FDX Consent API, ConsentGrant";
        Informative PARTY_NAME = "parties[].name", "a text", "FDX Consent API, Party";
        Informative PARTY_TYPE = "parties[].type", "a name", "FDX Consent API, Party";
        Informative HOME_URI = "parties[].homeUri", "a text", "FDX Consent API, Party";
        Informative LOGO_URI = "parties[].logoUri", "a text", "FDX Consent API, Party";
        Informative REGISTRY = "parties[].registry", "a name", "FDX Consent API, Party";
        Informative REGISTERED_ENTITY_NAME =
            "parties[].registeredEntityName", "a text", "FDX Consent API, Party";
        Informative LEGAL_ENTITY_NAME =
            "parties[].legalEntityName", "a text", "FDX Consent API, Party";
        Informative REGISTERED_ENTITY_ID =
            "parties[].registeredEntityId", "a text or a whole number", "FDX Consent API, Party";
        Informative CREATED_TIME =
            "createdTime", "an RFC 3339 time", "FDX Consent API, ConsentGrant";
        Informative EXPIRATION_TIME =
            "expirationTime", "an RFC 3339 time", "FDX Consent API, ConsentGrant";
        Informative UPDATED_TIME =
            "updatedTime", "an RFC 3339 time", "FDX Consent API, ConsentGrant";
        Informative DURATION_TYPE = "durationType", "a name", "FDX Consent API, ConsentGrant";
        Informative DURATION_PERIOD =
            "durationPeriod", "a whole number of days", "FDX Consent API, ConsentGrant";
        Informative LOOKBACK_PERIOD =
            "lookbackPeriod", "a whole number of days", "FDX Consent API, ConsentGrant";
        Informative RESOURCES = "resources", "a list of resources", "FDX Consent API, ConsentGrant";
        Informative RESOURCE_TYPE =
            "resources[].resourceType", "a name", "FDX Consent API, ConsentGrantResource";
        Informative RESOURCE_ID =
            "resources[].resourceId", "at most 256 characters, or a whole number",
            "FDX Consent API, ConsentGrantResource";
        Informative DATA_CLUSTERS =
            "resources[].dataClusters", "a list of names", "FDX Consent API, ConsentGrantResource";
        Informative LINKS = "links", "a list of links", "FDX Consent API, ConsentGrant";
        Informative HREF = "links[].href", "a text", "FDX Consent API, HateoasLink";
        Informative ACTION = "links[].action", "a text", "FDX Consent API, HateoasLink";
        Informative REL = "links[].rel", "a text", "FDX Consent API, HateoasLink";
        Informative TYPES = "links[].types", "a list of texts", "FDX Consent API, HateoasLink";
    }
}

/// The members of a grant, each with its class.
pub const GRANT_MEMBERS: &[Row] = grant::ROWS;

/// The limit of resources in one grant: each is compared with every requested cluster.
const MAX_RESOURCES: usize = 10_000;
/// The limit of an FDX `Identifier`, which is longer than any name of its enumerations.
const MAX_TEXT: usize = 256;

/// The shared resources that can't be understood, also those without `dataClusters`. A requested
/// cluster may be granted on them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UnreadResources {
    count: usize,
    /// The clusters of those resources whose clusters are understood.
    data_clusters: BTreeSet<DataCluster>,
    /// Whether a cluster, or all clusters, of a resource are not understood.
    any_cluster: bool,
}

impl UnreadResources {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether one of them may have this cluster.
    #[must_use]
    pub fn may_have(&self, cluster: &DataCluster) -> bool {
        self.any_cluster || self.data_clusters.contains(cluster.current())
    }

    /// Adds a resource and its clusters, if these are understood.
    fn add(&mut self, data_clusters: Option<&[DataCluster]>) {
        self.count += 1;
        match data_clusters {
            Some(clusters) => {
                self.data_clusters.extend(clusters.iter().map(|it| it.current().clone()));
            }
            None => self.any_cluster = true,
        }
    }
}

impl ConsentGrant {
    /// Reads a grant.
    ///
    /// # Errors
    /// [`ReadError::Json`] for a document that is no JSON object, [`ReadError::Member`] for an `id` or
    /// a `status` that can't be understood.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        Self::of_object(&Object::parse(bytes, limits)?).map_err(ReadError::Member)
    }

    /// Reads a grant that is part of another document.
    ///
    /// # Errors
    /// [`MemberFault`] for an `id` or a `status` that can't be understood.
    pub fn of_object(object: &Object<'_>) -> Result<Self, MemberFault> {
        let id = object.protective_if_present(&grant::ID, |value| {
            ConsentId::parse(&value.to_identifier()?).ok()
        })?;
        let status = object
            .protective_if_present(&grant::STATUS, |value| name(value, ConsentStatus::parse))?;
        let mut read = Self { id, status, ..Self::default() };
        let mut notes = Vec::new();
        let days = |value: Value<'_>| value.to_whole_number()?.try_into().ok();
        read.parties = list(object.informative(&grant::PARTIES, &mut notes, Value::to_elements))
            .filter_map(|party| element(party, "parties[]", &mut notes, read_party))
            .collect();
        read.created_time = time(object, &grant::CREATED_TIME, &mut notes);
        read.expiration_time = time(object, &grant::EXPIRATION_TIME, &mut notes);
        read.updated_time = time(object, &grant::UPDATED_TIME, &mut notes);
        read.duration_type = object.informative(&grant::DURATION_TYPE, &mut notes, |value| {
            name(value, DurationType::parse)
        });
        read.duration_period = object.informative(&grant::DURATION_PERIOD, &mut notes, days);
        read.lookback_period = object.informative(&grant::LOOKBACK_PERIOD, &mut notes, days);
        read.read_resources(object, &mut notes);
        read.links = list(object.informative(&grant::LINKS, &mut notes, Value::to_elements))
            .filter_map(|link| element(link, "links[]", &mut notes, read_link))
            .collect();
        read.not_understood = notes;
        Ok(read)
    }

    /// Reads `resources`. An empty list grants nothing, and is not absent.
    fn read_resources(&mut self, object: &Object<'_>, notes: &mut Vec<NotUnderstood>) {
        let row = grant::RESOURCES.row();
        let Some(value) = object.received(&grant::RESOURCES).filter(|value| !value.is_null())
        else {
            return;
        };
        let Some(elements) = value.to_elements() else {
            NotUnderstood::note(notes, row.name, value);
            return;
        };
        let mut resources = Vec::new();
        for value in elements {
            match self.read_resource(value, notes) {
                Ok(resource) if resources.len() < MAX_RESOURCES => resources.push(resource),
                Ok(GrantedResource { data_clusters, .. }) | Err(Some(data_clusters)) => {
                    NotUnderstood::note(notes, "resources[]", value);
                    self.unread_resources.add(Some(&data_clusters));
                }
                Err(None) => {
                    NotUnderstood::note(notes, "resources[]", value);
                    self.unread_resources.add(None);
                }
            }
        }
        self.resources = Some(resources);
    }

    /// Reads one resource. The error has its clusters, if these are understood.
    fn read_resource(
        &mut self,
        value: Value<'_>,
        notes: &mut Vec<NotUnderstood>,
    ) -> Result<GrantedResource, Option<Vec<DataCluster>>> {
        let object = value.to_object().ok_or(None)?;
        let data_clusters = self.read_clusters(&object, notes);
        let resource_type = object
            .received(&grant::RESOURCE_TYPE)
            .and_then(|value| name(value, ResourceType::parse));
        let resource_id = match object.received(&grant::RESOURCE_ID) {
            Some(value) if !value.is_empty() => {
                value.to_identifier().filter(|id| id.chars().take(MAX_TEXT + 1).count() <= MAX_TEXT)
            }
            _ => Some(Cow::Borrowed("")),
        };
        match (resource_type, resource_id, data_clusters) {
            (Some(resource_type), Some(resource_id), Some(data_clusters)) => Ok(GrantedResource {
                resource_type,
                resource_id: resource_id.into(),
                data_clusters,
            }),
            (_, _, data_clusters) => Err(data_clusters),
        }
    }

    /// The clusters of a resource; `None` if they are absent or no list. An element that is no name
    /// is noted.
    fn read_clusters(
        &mut self,
        object: &Object<'_>,
        notes: &mut Vec<NotUnderstood>,
    ) -> Option<Vec<DataCluster>> {
        let mut clusters = Vec::new();
        for element in object.received(&grant::DATA_CLUSTERS)?.to_elements()? {
            let Some(text) = name(element, |text| String::from(text)) else {
                NotUnderstood::note(notes, grant::DATA_CLUSTERS.row().name, element);
                self.unread_resources.any_cluster |= !element.is_null();
                continue;
            };
            let of_scope = DataCluster::from_scope(&text);
            self.clusters_as_scopes |= of_scope.is_some();
            clusters.push(of_scope.unwrap_or_else(|| DataCluster::parse(&text)));
        }
        Some(clusters)
    }
}

impl<'de> Deserialize<'de> for ConsentGrant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = RawJson::deserialize(deserializer)?;
        let object = Object::of_raw(&json).map_err(D::Error::custom)?;
        Self::of_object(&object).map_err(D::Error::custom)
    }
}

fn list(elements: Option<Vec<Value<'_>>>) -> impl Iterator<Item = Value<'_>> {
    elements.into_iter().flatten()
}

/// Reads an object of a list. Another value is noted.
fn element<'a, T>(
    value: Value<'a>,
    path: &'static str,
    notes: &mut Vec<NotUnderstood>,
    read: fn(&Object<'a>, &mut Vec<NotUnderstood>) -> T,
) -> Option<T> {
    match value.to_object() {
        Some(object) => Some(read(&object, notes)),
        None => {
            NotUnderstood::note(notes, path, value);
            None
        }
    }
}

/// Reads a name of an open enum, of 1 to 256 bytes.
pub(crate) fn name<T>(value: Value<'_>, parse: fn(&str) -> T) -> Option<T> {
    let text = value.to_text()?;
    (1..=MAX_TEXT).contains(&text.len()).then(|| parse(&text))
}

/// Reads a time. One in another format is kept as its text, and noted.
pub(crate) fn time(
    object: &Object<'_>,
    member: &Member<Informative>,
    notes: &mut Vec<NotUnderstood>,
) -> Option<Timestamp> {
    let timestamp = object.informative(member, notes, |value| {
        let text = value.to_text().filter(|text| text.len() <= MAX_TEXT)?;
        Some((Timestamp::parse(&text), value))
    });
    let (timestamp, value) = timestamp?;
    if timestamp.time().is_none() && !timestamp.has_no_end() {
        NotUnderstood::note(notes, member.row().name, value);
    }
    Some(timestamp)
}

fn read_party(object: &Object<'_>, notes: &mut Vec<NotUnderstood>) -> Party {
    let mut text = |member| object.informative(member, notes, Value::to_display_text);
    let texts = [
        text(&grant::PARTY_NAME),
        text(&grant::HOME_URI),
        text(&grant::LOGO_URI),
        text(&grant::REGISTERED_ENTITY_NAME),
        // The name of this member in the examples of the behavioural specification.
        text(&grant::LEGAL_ENTITY_NAME),
    ];
    let [name_of_party, home_uri, logo_uri, registered_entity_name, legal_entity_name] = texts;
    let read_type = |value: Value<'_>| name(value, PartyType::parse);
    let read_registry = |value: Value<'_>| name(value, Registry::parse);
    let id = object.informative(&grant::REGISTERED_ENTITY_ID, notes, Value::to_identifier);
    Party {
        name: name_of_party,
        party_type: object.informative(&grant::PARTY_TYPE, notes, read_type),
        home_uri,
        logo_uri,
        registry: object.informative(&grant::REGISTRY, notes, read_registry),
        registered_entity_name: registered_entity_name.or(legal_entity_name),
        registered_entity_id: id.map(Cow::into_owned),
    }
}

fn read_link(object: &Object<'_>, notes: &mut Vec<NotUnderstood>) -> Link {
    let mut text = |member| object.informative(member, notes, Value::to_text);
    let [href, action, rel] = [&grant::HREF, &grant::ACTION, &grant::REL].map(&mut text);
    let types = object.informative(&grant::TYPES, notes, |value| {
        value.to_elements()?.into_iter().map(Value::to_text).collect::<Option<Vec<_>>>()
    });
    Link { href: href.unwrap_or_default(), action, rel, types: types.unwrap_or_default() }
}
