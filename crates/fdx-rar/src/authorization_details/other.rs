use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use fdx_wire::json::RawJson;
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AuthorizationDetailsError, FDX_V1_0};
use crate::other_members::OtherMembers;

/// A detail of a type other than FDX: the common members of RFC 9396 section 2.2, and any other
/// members as JSON.
///
/// ```
/// use fdx_rar::OtherDetail;
/// use fdx_wire::json::RawJson;
///
/// let payment = OtherDetail::new("payment_initiation")?
///     .with_action("initiate")
///     .with_location("https://bank.example/payments")
///     .with_member("amount", RawJson::of("12.50")?)?;
/// assert_eq!(
///     serde_json::to_string(&payment)?,
///     r#"{"type":"payment_initiation","locations":["https://bank.example/payments"],"actions":["initiate"],"amount":"12.50"}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OtherDetail {
    pub(super) detail_type: String,
    // The inner `None` is `null`. It differs from an absent member, and so does an empty list (RFC 9396
    // section 7.1).
    pub(super) locations: Option<Option<Vec<String>>>,
    pub(super) actions: Option<Option<Vec<String>>>,
    pub(super) datatypes: Option<Option<Vec<String>>>,
    pub(super) identifier: Option<Option<String>>,
    pub(super) privileges: Option<Option<Vec<String>>>,
    pub(super) members: OtherMembers,
}

impl OtherDetail {
    /// A detail with this type and no other members.
    ///
    /// # Errors
    /// [`AuthorizationDetailsError::NoType`] if it is empty,
    /// [`AuthorizationDetailsError::TypeIsFdx`].
    pub fn new(detail_type: &str) -> Result<Self, AuthorizationDetailsError> {
        match detail_type {
            "" => Err(AuthorizationDetailsError::NoType),
            FDX_V1_0 => Err(AuthorizationDetailsError::TypeIsFdx),
            _ => Ok(Self {
                detail_type: detail_type.into(),
                locations: None,
                actions: None,
                datatypes: None,
                identifier: None,
                privileges: None,
                members: OtherMembers::default(),
            }),
        }
    }

    /// Adds a location of the resource, usually a URI.
    #[must_use]
    pub fn with_location(mut self, location: &str) -> Self {
        self.locations.get_or_insert_default().get_or_insert_default().push(location.into());
        self
    }

    /// Adds a kind of action.
    #[must_use]
    pub fn with_action(mut self, action: &str) -> Self {
        self.actions.get_or_insert_default().get_or_insert_default().push(action.into());
        self
    }

    /// Adds a kind of data.
    #[must_use]
    pub fn with_datatype(mut self, datatype: &str) -> Self {
        self.datatypes.get_or_insert_default().get_or_insert_default().push(datatype.into());
        self
    }

    /// Sets the resource's identifier.
    #[must_use]
    pub fn with_identifier(mut self, identifier: &str) -> Self {
        self.identifier = Some(Some(identifier.into()));
        self
    }

    /// Adds a privilege.
    #[must_use]
    pub fn with_privilege(mut self, privilege: &str) -> Self {
        self.privileges.get_or_insert_default().get_or_insert_default().push(privilege.into());
        self
    }

    /// Adds a member that the type defines.
    ///
    /// # Errors
    /// [`AuthorizationDetailsError::Member`] for a common member, `type`, or a repeated member.
    pub fn with_member(
        mut self,
        name: &str,
        value: RawJson,
    ) -> Result<Self, AuthorizationDetailsError> {
        if COMMON.contains(&name) || !self.members.insert(name, value) {
            return Err(AuthorizationDetailsError::Member);
        }
        Ok(self)
    }

    /// The `type`.
    #[must_use]
    pub fn detail_type(&self) -> &str {
        &self.detail_type
    }

    /// Locations of the resource.
    #[must_use]
    pub fn locations(&self) -> &[String] {
        texts(&self.locations)
    }

    /// Kinds of action.
    #[must_use]
    pub fn actions(&self) -> &[String] {
        texts(&self.actions)
    }

    /// Kinds of data.
    #[must_use]
    pub fn datatypes(&self) -> &[String] {
        texts(&self.datatypes)
    }

    /// A resource's identifier.
    #[must_use]
    pub fn identifier(&self) -> Option<&str> {
        self.identifier.as_ref()?.as_deref()
    }

    /// Privileges.
    #[must_use]
    pub fn privileges(&self) -> &[String] {
        texts(&self.privileges)
    }

    /// A member that the type defines.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&RawJson> {
        self.members.get(name)
    }

    /// The members that the type defines, in their order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, &RawJson)> {
        self.members.iter()
    }
}

fn texts(member: &Option<Option<Vec<String>>>) -> &[String] {
    member.as_ref().and_then(Option::as_deref).unwrap_or_default()
}

/// RFC 9396 section 2.2, and `type`.
pub(super) const COMMON: [&str; 6] =
    ["type", "locations", "actions", "datatypes", "identifier", "privileges"];

impl Serialize for OtherDetail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.detail_type)?;
        for (name, texts) in [
            ("locations", &self.locations),
            ("actions", &self.actions),
            ("datatypes", &self.datatypes),
        ] {
            if let Some(texts) = texts {
                map.serialize_entry(name, texts)?;
            }
        }
        if let Some(identifier) = &self.identifier {
            map.serialize_entry("identifier", identifier)?;
        }
        if let Some(privileges) = &self.privileges {
            map.serialize_entry("privileges", privileges)?;
        }
        self.members.write(&mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for OtherDetail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = OtherDetail;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OtherDetail, A::Error> {
        // "-" is a placeholder until `type` is read, which may be the last member.
        let mut detail = OtherDetail::new("-").map_err(A::Error::custom)?;
        let (mut detail_type, mut members) = (None, Vec::new());
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "type" => detail_type = Some(map.next_value::<String>()?),
                "locations" => detail.locations = Some(map.next_value()?),
                "actions" => detail.actions = Some(map.next_value()?),
                "datatypes" => detail.datatypes = Some(map.next_value()?),
                "identifier" => detail.identifier = Some(map.next_value()?),
                "privileges" => detail.privileges = Some(map.next_value()?),
                _ => members.push((name, map.next_value()?)),
            }
        }
        let unique = OtherMembers::of_list(members);
        detail.members =
            unique.ok_or_else(|| A::Error::custom(AuthorizationDetailsError::Member))?;
        let checked =
            OtherDetail::new(&detail_type.unwrap_or_default()).map_err(A::Error::custom)?;
        detail.detail_type = checked.detail_type;
        Ok(detail)
    }
}
