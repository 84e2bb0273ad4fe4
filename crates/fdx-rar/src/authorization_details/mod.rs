//! `authorization_details` (RFC 9396): typed for FDX, and open to other types.

mod comparison;
mod fdx;
mod granted;
mod other;
mod shape;

use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::json::{self, JsonError, Kind, Limits, RawJson};
use fdx_wire::members::MemberFault;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use fdx::FdxDetail;
pub use granted::{GRANTED_DETAIL_MEMBERS, GrantedDetail, GrantedDetails};
pub use other::OtherDetail;

use crate::{ConsentRequest, ConsentRequestError};

/// The `type` of an FDX consent request.
pub const FDX_V1_0: &str = "fdx_v1.0";

/// The array of RFC 9396 section 2, as a client requests it. It has at most one FDX consent request,
/// because one push requests one consent. [`GrantedDetails`] are what a server grants.
///
/// Members that the types do not model are kept, written, and compared.
///
/// ```
/// use fdx_rar::{AuthorizationDetails, AuthorizationDetailsError, ConsentRequestError};
///
/// let echoed = r#"[{"type":"fdx_v1.0","consentRequest":{"durationType":"ONETIME","resources":
///     [{"resourceType":"ACCOUNT","dataClusters":["TAX"]}]}},{"type":"payment","actions":["initiate"]}]"#;
/// let details = AuthorizationDetails::parse(echoed)?;
/// assert!(details.consent_request().is_some());
/// assert_eq!(details.iter().len(), 2);
///
/// assert_eq!(
///     AuthorizationDetails::parse(r#"[{"type":"fdx_v1.0","consentRequest":{"durationType":"PERSISTENT"}}]"#),
///     Err(AuthorizationDetailsError::ConsentRequest(ConsentRequestError::NoResources))
/// );
/// # Ok::<(), AuthorizationDetailsError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct AuthorizationDetails(Vec<AuthorizationDetail>);

/// One element of the array.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AuthorizationDetail {
    /// An FDX consent request, of type [`FDX_V1_0`].
    FdxV1(FdxDetail),
    /// A detail of another type.
    Other(OtherDetail),
}

impl AuthorizationDetails {
    /// An array of one consent request.
    #[must_use]
    pub fn of_consent(request: ConsentRequest) -> Self {
        Self::of_fdx(FdxDetail::new(request))
    }

    /// An array of one consent request with the other members of its detail.
    #[must_use]
    pub fn of_fdx(detail: FdxDetail) -> Self {
        Self([AuthorizationDetail::FdxV1(detail)].into())
    }

    /// An array of one detail of another type.
    #[must_use]
    pub fn of_other(other: OtherDetail) -> Self {
        Self([AuthorizationDetail::Other(other)].into())
    }

    /// Adds a detail of another type.
    #[must_use]
    pub fn and(mut self, other: OtherDetail) -> Self {
        self.0.push(AuthorizationDetail::Other(other));
        self
    }

    /// Reads the array's JSON, of at most 64 KiB.
    ///
    /// # Errors
    /// [`AuthorizationDetailsError`]: the first rule that the array breaks.
    pub fn parse(json: impl AsRef<[u8]>) -> Result<Self, AuthorizationDetailsError> {
        Self::parse_within(json.as_ref(), &Limits::default())
    }

    /// Reads the array's JSON within `limits`.
    pub(crate) fn parse_within(
        json: &[u8],
        limits: &Limits,
    ) -> Result<Self, AuthorizationDetailsError> {
        let elements: Vec<RawJson> =
            json::from_slice(json, limits).map_err(|error| match error.kind() {
                Kind::Shape => AuthorizationDetailsError::NotArray,
                _ => AuthorizationDetailsError::Json(error),
            })?;
        Self::of_elements(&elements)
    }

    /// The array as compact JSON, the value of the form parameter.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and received JSON always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The FDX consent request.
    #[must_use]
    pub fn consent_request(&self) -> Option<&ConsentRequest> {
        self.iter().find_map(AuthorizationDetail::consent_request)
    }

    /// The details of other types than FDX's.
    pub fn others(&self) -> impl Iterator<Item = &OtherDetail> {
        self.iter().filter_map(|detail| match detail {
            AuthorizationDetail::FdxV1(_) => None,
            AuthorizationDetail::Other(other) => Some(other),
        })
    }

    /// The elements in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &AuthorizationDetail> {
        self.0.iter()
    }

    fn of_elements(elements: &[RawJson]) -> Result<Self, AuthorizationDetailsError> {
        let details: Vec<AuthorizationDetail> = elements
            .iter()
            .zip(1..)
            .map(|(element, number)| {
                AuthorizationDetail::of_element(element).map_err(|error| error.in_element(number))
            })
            .collect::<Result<_, _>>()?;
        let requests = details.iter().filter_map(AuthorizationDetail::consent_request);
        if requests.count() > 1 {
            return Err(AuthorizationDetailsError::TwoConsentRequests);
        }
        Ok(Self(details))
    }
}

impl AuthorizationDetail {
    /// The `type`, which defines the other members.
    #[must_use]
    pub fn detail_type(&self) -> &str {
        match self {
            Self::FdxV1(_) => FDX_V1_0,
            Self::Other(other) => other.detail_type(),
        }
    }

    fn consent_request(&self) -> Option<&ConsentRequest> {
        match self {
            Self::FdxV1(detail) => Some(detail.consent_request()),
            Self::Other(_) => None,
        }
    }

    fn of_element(element: &RawJson) -> Result<Self, AuthorizationDetailsError> {
        #[derive(Deserialize)]
        struct Element {
            // RFC 9396 2: `type` is REQUIRED
            #[serde(default, rename = "type")]
            detail_type: Option<String>,
        }
        shape::check(element)?;
        match element.read::<Element>()?.detail_type.as_deref() {
            None | Some("") => Err(AuthorizationDetailsError::NoType),
            Some(FDX_V1_0) => FdxDetail::of_json(element).map(Self::FdxV1),
            Some(_) => element.read().map(Self::Other).map_err(Into::into),
        }
    }
}

impl Serialize for AuthorizationDetail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::FdxV1(detail) => detail.serialize(serializer),
            Self::Other(other) => other.serialize(serializer),
        }
    }
}

/// Deserializes from JSON only: elements are kept as JSON text.
impl<'de> Deserialize<'de> for AuthorizationDetails {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elements = Vec::<RawJson>::deserialize(deserializer)?;
        Self::of_elements(&elements).map_err(D::Error::custom)
    }
}

/// The rule that `authorization_details` broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationDetailsError {
    /// The FDX consent request is invalid.
    #[error("authorization_details: {0}")]
    ConsentRequest(#[from] ConsentRequestError),
    /// An element, or a member of it, does not have the expected type.
    #[error("authorization_details: element {number}: {member}")]
    Element {
        /// The place in the array, from 1.
        number: usize,
        /// The member, which for an element is `authorization_details[]`.
        member: MemberFault,
    },
    /// Not JSON, or too large.
    #[error("authorization_details: {0}")]
    Json(#[from] JsonError),
    /// An additional member has a name that RFC 9396 section 2.2 or another member uses.
    #[error(
        "authorization_details: a member's name is reserved or repeated (RFC 9396 section 2.2)"
    )]
    Member,
    /// An element of the FDX type has no `consentRequest`.
    #[error("authorization_details: an element of type fdx_v1.0 has no consentRequest")]
    NoConsentRequest,
    /// Not an array.
    #[error("authorization_details: not an array of objects (RFC 9396 section 2)")]
    NotArray,
    /// An element has no `type` (RFC 9396 section 2).
    #[error("authorization_details: an element has no type (RFC 9396 section 2)")]
    NoType,
    /// More than one FDX consent request.
    #[error("authorization_details: more than one element of type fdx_v1.0")]
    TwoConsentRequests,
    /// The FDX type in a detail of another type.
    #[error("authorization_details: type fdx_v1.0 needs a consent request: use `of_consent`")]
    TypeIsFdx,
}

impl AuthorizationDetailsError {
    fn in_element(self, number: usize) -> Self {
        match self {
            Self::Element { member, .. } => Self::Element { number, member },
            // The position inside an element is relative to a part of it, and says nothing.
            Self::Json(_) => Self::Element { number, member: shape::ELEMENT.fault_of_unread() },
            other => other,
        }
    }
}

/// The number of the element follows: see `in_element`.
impl From<MemberFault> for AuthorizationDetailsError {
    fn from(member: MemberFault) -> Self {
        Self::Element { number: 1, member }
    }
}

#[cfg(test)]
mod tests;
