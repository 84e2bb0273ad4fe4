use alloc::vec::Vec;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{ConsentDuration, ConsentRequest, ConsentRequestError, DurationType};
use crate::{DataCluster, ResourceType, tolerant};

/// A request as somebody wrote it, before it is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Received {
    #[serde(default)]
    duration_type: Option<DurationType>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    duration_period: Option<u32>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    lookback_period: Option<u32>,
    #[serde(default, deserialize_with = "tolerant::list")]
    resources: Vec<ReceivedResource>,
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

impl TryFrom<Received> for ConsentRequest {
    type Error = ConsentRequestError;

    fn try_from(received: Received) -> Result<Self, ConsentRequestError> {
        let kind = received.duration_type.ok_or(ConsentRequestError::DurationType)?;
        let mut request = Self::new(ConsentDuration::of(&kind, received.duration_period)?);
        if let Some(days) = received.lookback_period {
            request = request.lookback_period(days);
        }
        for resource in received.resources {
            if resource.resource_id.is_some() {
                return Err(ConsentRequestError::ResourceId);
            }
            let resource_type =
                resource.resource_type.ok_or(ConsentRequestError::NoResourceType)?;
            request = request.resource(resource_type, resource.data_clusters);
        }
        request.build()
    }
}
