use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Informative, Member, MemberFault, NotUnderstood, Protective, Required, Row, Value};
use crate::json::{JsonError, Limits, RawJson, scan};

/// A JSON object of a scanned document, whose values are not read yet. Copies nothing.
#[derive(Clone)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a str)>,
    document: &'a str,
}

impl<'a> Object<'a> {
    /// Reads a document that is an object.
    ///
    /// # Errors
    /// [`JsonError`]; [`Kind::Shape`](crate::json::Kind::Shape) if the document is another value.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, JsonError> {
        let text = scan(bytes, limits)?;
        Self::read(text, text)
    }

    /// Reads JSON that was kept as its text.
    ///
    /// # Errors
    /// [`JsonError`], with a place that is counted from the beginning of this text.
    pub fn of_raw(raw: &'a RawJson) -> Result<Self, JsonError> {
        Self::parse(raw.as_str().as_bytes(), &Limits::of_part())
    }

    /// `text` is a part of `document`, which was scanned.
    pub(super) fn read(text: &'a str, document: &'a str) -> Result<Self, JsonError> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let members = reader.deserialize_map(Pairs).and_then(|members| {
            reader.end()?;
            Ok(members)
        });
        match members {
            Ok(members) => Ok(Self { members, document }),
            Err(error) => Err(JsonError::from_serde(error, text)),
        }
    }

    /// The value of a protective member, read with `read`.
    ///
    /// # Errors
    /// [`MemberFault`] if the member is missing, or `read` returns `None`.
    pub fn protective<T>(
        &self,
        member: &Member<Protective>,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<T, MemberFault> {
        self.read_required(member.row(), read)
    }

    /// The value of a protective member that may be absent or `null`, read with `read`.
    ///
    /// # Errors
    /// [`MemberFault`] if `read` returns `None`.
    pub fn protective_if_present<T>(
        &self,
        member: &Member<Protective>,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, MemberFault> {
        let Some(value) = self.value(member.row()).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or_else(|| MemberFault::of(member.row(), value))
    }

    /// The value of a protective member as received, `null` included.
    #[must_use]
    pub fn protective_as_received(&self, member: &Member<Protective>) -> Option<Value<'a>> {
        self.value(member.row())
    }

    /// The value of a required member, read with `read`.
    ///
    /// # Errors
    /// [`MemberFault`] if the member is missing, or `read` returns `None`.
    pub fn required<T>(
        &self,
        member: &Member<Required>,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<T, MemberFault> {
        self.read_required(member.row(), read)
    }

    /// The value of an informative member, read with `read`. `null` and empty values are `None`. If
    /// `read` returns `None`, `not_understood` gets the value, unless it has one of this member.
    pub fn informative<T>(
        &self,
        member: &Member<Informative>,
        not_understood: &mut Vec<NotUnderstood>,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(member.row()).filter(|value| !value.is_empty())?;
        let understood = read(value);
        if understood.is_none() {
            NotUnderstood::note(not_understood, member.row().name, value);
        }
        understood
    }

    /// The value of an informative member as received, `null` and empty values included.
    #[must_use]
    pub fn received(&self, member: &Member<Informative>) -> Option<Value<'a>> {
        self.value(member.row())
    }

    /// Whether the object has a member that the table lists, whatever its value.
    #[must_use]
    pub fn has<C>(&self, member: &Member<C>) -> bool {
        self.value(member.row()).is_some()
    }

    /// All names and values, for messages that keep members which they do not know.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Value<'a>)> {
        self.members.iter().map(|(name, text)| (name.as_ref(), Value::new(text, self.document)))
    }

    /// Whether the object has no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn read_required<T>(
        &self,
        row: Row,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<T, MemberFault> {
        let value = self.value(row).ok_or(MemberFault::missing(row))?;
        read(value).ok_or_else(|| MemberFault::of(row, value))
    }

    fn value(&self, row: Row) -> Option<Value<'a>> {
        let (_, text) = self.members.iter().find(|(name, _)| name == row.key())?;
        Some(Value::new(text, self.document))
    }
}

/// The names only: values may be secrets.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.iter().map(|(name, _)| name)).finish()
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = object.next_key_seed(Name)? {
            members.push((name, object.next_value::<&RawValue>()?.get()));
        }
        Ok(members)
    }
}

/// A name, borrowed where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, name: D) -> Result<Self::Value, D::Error> {
        name.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.into()))
    }
}

/// Reads the elements of a JSON array.
pub(super) fn elements<'a>(text: &'a str, document: &'a str) -> Option<Vec<Value<'a>>> {
    let elements: Vec<&'a RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(|element| Value::new(element.get(), document)).collect())
}
