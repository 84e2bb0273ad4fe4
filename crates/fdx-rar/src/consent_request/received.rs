use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::json::{JsonError, RawJson};
use fdx_wire::members::Object;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{
    ConsentDuration, ConsentRequest, ConsentRequestError, DurationType, RequestedResource,
};
use crate::other_members::OtherMembers;
use crate::{DataCluster, ResourceType, tolerant};

/// The members of a consent request that [`ConsentRequest`] models.
pub(super) const MEMBERS: [&str; 4] =
    ["durationType", "durationPeriod", "lookbackPeriod", "resources"];

/// The members of a requested resource that [`RequestedResource`] models, and `resourceId`, which a
/// request must not have.
pub(super) const RESOURCE_MEMBERS: [&str; 3] = ["resourceType", "dataClusters", "resourceId"];

/// A received request before its checks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    #[serde(default)]
    duration_type: Option<RawJson>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    duration_period: Option<u32>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    lookback_period: Option<u32>,
    #[serde(default, deserialize_with = "tolerant::list")]
    resources: Vec<RawJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedResource {
    #[serde(default)]
    resource_type: Option<ResourceType>,
    #[serde(default)]
    resource_id: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "tolerant::list")]
    data_clusters: Vec<DataCluster>,
}

/// The reason why JSON is no consent request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NoRequest {
    #[error("{0}")]
    Json(#[from] JsonError),
    #[error("{0}")]
    Rule(#[from] ConsentRequestError),
}

impl ConsentRequest {
    /// Reads a request and checks it.
    pub(crate) fn of_json(json: &RawJson) -> Result<Self, NoRequest> {
        // serde reads the members of a struct from an array too.
        let object = Object::of_raw(json)?;
        let received: Received = json.read()?;
        let text = received.duration_type.ok_or(ConsentRequestError::DurationType)?;
        let kind: DurationType = text.read()?;
        let duration = ConsentDuration::of(&kind, received.duration_period)?;
        let mut request = Self::new(duration);
        for resource in &received.resources {
            request = request.requested_resource(RequestedResource::of_json(resource)?);
        }
        let mut request = request.build()?;
        let spelling: String = text.read()?;
        request.duration_spelling = (spelling != kind.as_str()).then_some(spelling);
        request.duration_period = received.duration_period;
        request.lookback_period = received.lookback_period;
        request.others = OtherMembers::of_object(&object, &MEMBERS);
        Ok(request)
    }
}

impl RequestedResource {
    fn of_json(json: &RawJson) -> Result<Self, NoRequest> {
        let object = Object::of_raw(json)?;
        let received: ReceivedResource = json.read()?;
        if received.resource_id.is_some() {
            return Err(ConsentRequestError::ResourceId.into());
        }
        let kind = received.resource_type.ok_or(ConsentRequestError::NoResourceType)?;
        let others = OtherMembers::of_object(&object, &RESOURCE_MEMBERS);
        Ok(Self { others, ..Self::new(kind, received.data_clusters) })
    }
}
