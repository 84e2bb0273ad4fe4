use alloc::boxed::Box;
use alloc::vec::Vec;

use fdx_wire::json::{self, JsonError, Limits, RawJson};
use fdx_wire::members::{NotUnderstood, Row, Value};
use serde::{Serialize, Serializer};

use super::{FDX_V1_0, OtherDetail};
use crate::ConsentGrant;

/// The `authorization_details` that a server granted (RFC 9396 section 7), as received.
///
/// A grant may have what a request may not: identifiers of resources, longer periods, several
/// elements of FDX's type. If an element can't be understood, only that element is skipped.
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
        let array = Value::of_raw(&json)?;
        for element in array.to_elements().ok_or_else(|| array.to_shape_error())? {
            match GrantedDetail::read(element, &mut not_understood) {
                Some(detail) => elements.push(detail),
                None => {
                    unread += 1;
                    NotUnderstood::note(&mut not_understood, ELEMENT, element);
                }
            }
        }
        Ok(Self { json, elements, not_understood, unread })
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

    /// The array as received.
    #[must_use]
    pub fn as_json(&self) -> &RawJson {
        &self.json
    }
}

impl GrantedDetail {
    fn read(element: Value<'_>, not_understood: &mut Vec<NotUnderstood>) -> Option<Self> {
        let object = element.to_object()?;
        if object.received(&detail::TYPE)?.to_text()? != FDX_V1_0 {
            return element.read().map(Self::Other);
        }
        let request = object.received(&detail::CONSENT_REQUEST)?.to_object()?;
        let consent = ConsentGrant::of_object(&request).ok()?;
        for value in consent.not_understood() {
            if not_understood.iter().all(|it| it.member() != value.member()) {
                not_understood.push(value.clone());
            }
        }
        Some(Self::FdxV1(consent.into()))
    }
}

const ELEMENT: &str = "authorization_details[]";

fdx_wire::members! {
    /// The members of a granted detail. The members of `consentRequest` are those of a grant.
    mod detail = "granted authorization details" {
        Informative TYPE = "authorization_details[].type", "a text", "RFC 9396 section 2";
        Informative CONSENT_REQUEST = "authorization_details[].consentRequest",
            "the members of a consent grant", "FDX Consent API, ConsentRequest";
    }
}

/// The members of a granted detail, each with its class.
pub const GRANTED_DETAIL_MEMBERS: &[Row] = detail::ROWS;

impl Serialize for GrantedDetails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}
