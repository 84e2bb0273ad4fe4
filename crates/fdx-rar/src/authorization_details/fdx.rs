use fdx_wire::json::RawJson;
use fdx_wire::members::Object;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::{AuthorizationDetailsError, FDX_V1_0};
use crate::ConsentRequest;
use crate::consent_request::NoRequest;
use crate::other_members::OtherMembers;

/// A detail of type [`FDX_V1_0`]: a consent request, and any other members as JSON, such as the
/// common members of RFC 9396 section 2.2.
///
/// ```
/// use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, FdxDetail, ResourceType};
/// use fdx_wire::json::RawJson;
///
/// let consent = ConsentRequest::new(ConsentDuration::OneTime)
///     .resource(ResourceType::Document, [DataCluster::Tax])
///     .build()?;
/// let detail = FdxDetail::new(consent)
///     .with_member("locations", RawJson::of(&["https://bank.example/fdx/v6"])?)?;
/// assert_eq!(
///     serde_json::to_string(&detail)?,
///     r#"{"type":"fdx_v1.0","consentRequest":{"durationType":"ONE_TIME","resources":[{"resourceType":"DOCUMENT","dataClusters":["TAX"]}]},"locations":["https://bank.example/fdx/v6"]}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FdxDetail {
    consent_request: ConsentRequest,
    others: OtherMembers,
}

impl FdxDetail {
    /// A detail without other members.
    #[must_use]
    pub fn new(consent_request: ConsentRequest) -> Self {
        Self { consent_request, others: OtherMembers::default() }
    }

    /// Adds a member.
    ///
    /// # Errors
    /// [`AuthorizationDetailsError::Member`] for `type`, `consentRequest`, or a repeated member.
    pub fn with_member(
        mut self,
        name: &str,
        value: RawJson,
    ) -> Result<Self, AuthorizationDetailsError> {
        if MEMBERS.contains(&name) || !self.others.insert(name, value) {
            return Err(AuthorizationDetailsError::Member);
        }
        Ok(self)
    }

    /// `consentRequest`.
    #[must_use]
    pub fn consent_request(&self) -> &ConsentRequest {
        &self.consent_request
    }

    /// Another member.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&RawJson> {
        self.others.get(name)
    }

    /// The other members, in their order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, &RawJson)> {
        self.others.iter()
    }

    pub(super) fn of_json(json: &RawJson) -> Result<Self, AuthorizationDetailsError> {
        #[derive(Deserialize)]
        struct Received {
            #[serde(default, rename = "consentRequest")]
            consent_request: Option<RawJson>,
        }
        let request = json.read::<Received>()?.consent_request;
        let request = request.ok_or(AuthorizationDetailsError::NoConsentRequest)?;
        let others = OtherMembers::of_object(&Object::of_raw(json)?, &MEMBERS);
        Ok(Self { consent_request: ConsentRequest::of_json(&request)?, others })
    }
}

const MEMBERS: [&str; 2] = ["type", "consentRequest"];

impl From<NoRequest> for AuthorizationDetailsError {
    fn from(error: NoRequest) -> Self {
        match error {
            NoRequest::Json(error) => error.into(),
            NoRequest::Rule(error) => error.into(),
        }
    }
}

impl Serialize for FdxDetail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", FDX_V1_0)?;
        map.serialize_entry("consentRequest", &self.consent_request)?;
        self.others.write(&mut map)?;
        map.end()
    }
}
