use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::json::{self, JsonError, Limits, RawJson};
use fdx_wire::members::{Informative, Member, MemberFault, NotUnderstood, Object, Row, Value};
use serde::{Serialize, Serializer};

use super::other::COMMON;
use super::{FDX_V1_0, OtherDetail};
use crate::ConsentGrant;
use crate::other_members::OtherMembers;

/// The `authorization_details` that a server granted (RFC 9396 section 7), as received.
///
/// A grant may have what a request may not: identifiers of resources, longer periods, several
/// elements of FDX's type. If an element can't be understood, only that element is skipped. An
/// element with another type grants no FDX consent, whatever its members.
///
/// ```
/// use fdx_rar::{DataCluster, GrantedDetails};
///
/// let granted = GrantedDetails::parse(r#"[{"type":"fdx_v1.0","consentRequest":{"durationType":"TIME_BOUND",
///     "durationPeriod":731,"resources":[{"resourceType":"ACCOUNT","resourceId":"acc-1",
///     "dataClusters":["TRANSACTIONS"]}]}}, {"no":"type"}]"#)?;
/// let consent = granted.consents().next().unwrap();
/// assert_eq!(consent.duration_period(), Some(731));
/// assert_eq!(consent.resources().unwrap()[0].resource_id(), "acc-1");
/// assert_eq!(granted.not_understood()[0].member(), "authorization_details[]");
/// # Ok::<(), fdx_wire::json::JsonError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrantedDetails {
    json: RawJson,
    elements: Vec<GrantedDetail>,
    not_understood: Vec<NotUnderstood>,
    unread: usize,
    /// Boxed, because it is rare.
    fault: Option<Box<MemberFault>>,
}

/// One element of [`GrantedDetails`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GrantedDetail {
    /// The consent of a detail of type [`FDX_V1_0`], which usually has no id and no status. Boxed,
    /// because it is larger than the other variant.
    FdxV1(Box<ConsentGrant>),
    /// A detail of another type.
    Other(OtherDetail),
}

impl GrantedDetails {
    /// Reads the array's JSON, of at most 64 KiB.
    ///
    /// # Errors
    /// [`JsonError`], also for JSON that is no array.
    pub fn parse(json: impl AsRef<[u8]>) -> Result<Self, JsonError> {
        Self::of_json(json::from_slice(json.as_ref(), &Limits::default())?)
    }

    /// Reads JSON that was kept as its text.
    ///
    /// # Errors
    /// [`JsonError`] for JSON that is no array.
    pub fn of_json(json: RawJson) -> Result<Self, JsonError> {
        let (mut elements, mut not_understood, mut unread) = (Vec::new(), Vec::new(), 0);
        let mut fault = None;
        let array = Value::of_raw(&json)?;
        for element in array.to_elements().ok_or_else(|| array.to_shape_error())? {
            match GrantedDetail::read(element, &mut not_understood) {
                Ok(detail) => elements.push(detail),
                Err(of_element) => {
                    fault = fault.or(of_element.map(Box::new));
                    unread += 1;
                    NotUnderstood::note(&mut not_understood, ELEMENT, element);
                }
            }
        }
        Ok(Self { json, elements, not_understood, unread, fault })
    }

    /// The elements that are understood, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &GrantedDetail> {
        self.elements.iter()
    }

    /// The FDX consents.
    pub fn consents(&self) -> impl Iterator<Item = &ConsentGrant> {
        self.iter().filter_map(|detail| match detail {
            GrantedDetail::FdxV1(consent) => Some(&**consent),
            GrantedDetail::Other(_) => None,
        })
    }

    /// The details of other types.
    pub fn others(&self) -> impl Iterator<Item = &OtherDetail> {
        self.iter().filter_map(|detail| match detail {
            GrantedDetail::FdxV1(_) => None,
            GrantedDetail::Other(other) => Some(other),
        })
    }

    /// How many elements can't be understood.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// The values that can't be understood: of elements, as `authorization_details[]`, and of the
    /// members of FDX consents.
    #[must_use]
    pub fn not_understood(&self) -> &[NotUnderstood] {
        &self.not_understood
    }

    /// The first `id` or `status` of an FDX consent that can't be understood. Its element counts as
    /// [`unread`](Self::unread). [`ConsentGrant::of_object`] rejects such a grant: so must the reader
    /// of these details.
    #[must_use]
    pub fn fault(&self) -> Option<MemberFault> {
        self.fault.as_deref().copied()
    }

    /// The array as received.
    #[must_use]
    pub fn as_json(&self) -> &RawJson {
        &self.json
    }
}

impl GrantedDetail {
    /// The error has the `id` or the `status` that can't be understood, if that is the reason.
    fn read(
        element: Value<'_>,
        not_understood: &mut Vec<NotUnderstood>,
    ) -> Result<Self, Option<MemberFault>> {
        const UNREAD: Option<MemberFault> = None;
        let object = element.to_object().ok_or(UNREAD)?;
        let detail_type = object.received(&detail::TYPE).and_then(Value::to_text);
        let detail_type = detail_type.filter(|name| !name.is_empty()).ok_or(UNREAD)?;
        if detail_type != FDX_V1_0 {
            return Ok(Self::Other(read_other(detail_type, &object, not_understood)));
        }
        let request = object.received(&detail::CONSENT_REQUEST);
        let request = request.and_then(Value::to_object).ok_or(UNREAD)?;
        let consent = ConsentGrant::of_object(&request).map_err(Some)?;
        for value in consent.not_understood() {
            if not_understood.iter().all(|it| it.member() != value.member()) {
                not_understood.push(value.clone());
            }
        }
        Ok(Self::FdxV1(consent.into()))
    }
}

/// Reads a detail of another type. Its type alone says what it is: a common member that can't be
/// understood is left out and noted.
fn read_other(
    detail_type: String,
    object: &Object<'_>,
    not_understood: &mut Vec<NotUnderstood>,
) -> OtherDetail {
    let mut texts = |member| {
        common(object, member, not_understood, |value| {
            value.to_elements()?.into_iter().map(Value::to_text).collect::<Option<Vec<_>>>()
        })
    };
    let [locations, actions, datatypes, privileges] =
        [&detail::LOCATIONS, &detail::ACTIONS, &detail::DATATYPES, &detail::PRIVILEGES]
            .map(&mut texts);
    let identifier = common(object, &detail::IDENTIFIER, not_understood, Value::to_text);
    let members = OtherMembers::of_object(object, &COMMON);
    OtherDetail { detail_type, locations, actions, datatypes, identifier, privileges, members }
}

/// Reads a common member. The inner `None` is `null`.
fn common<'a, T>(
    object: &Object<'a>,
    member: &Member<Informative>,
    not_understood: &mut Vec<NotUnderstood>,
    read: impl FnOnce(Value<'a>) -> Option<T>,
) -> Option<Option<T>> {
    let value = object.received(member)?;
    if value.is_null() {
        return Some(None);
    }
    let understood = read(value);
    if understood.is_none() {
        NotUnderstood::note(not_understood, member.row().name, value);
    }
    understood.map(Some)
}

const ELEMENT: &str = "authorization_details[]";

fdx_wire::members! {
    /// The members of a granted detail. The members of `consentRequest` are those of a grant.
    mod detail = "granted authorization details" {
        Informative TYPE = "authorization_details[].type", "a text", "RFC 9396 section 2";
        Informative CONSENT_REQUEST = "authorization_details[].consentRequest",
            "the members of a consent grant", "FDX Consent API, ConsentRequest";
        Informative LOCATIONS =
            "authorization_details[].locations", "a list of texts", "RFC 9396 section 2.2";
        Informative ACTIONS =
            "authorization_details[].actions", "a list of texts", "RFC 9396 section 2.2";
        Informative DATATYPES =
            "authorization_details[].datatypes", "a list of texts", "RFC 9396 section 2.2";
        Informative IDENTIFIER =
            "authorization_details[].identifier", "a text", "RFC 9396 section 2.2";
        Informative PRIVILEGES =
            "authorization_details[].privileges", "a list of texts", "RFC 9396 section 2.2";
    }
}

/// The members of a granted detail, each with its class.
pub const GRANTED_DETAIL_MEMBERS: &[Row] = detail::ROWS;

impl Serialize for GrantedDetails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}
