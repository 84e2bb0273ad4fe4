use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::json::RawJson;
use fdx_wire::members::{Object, Value};
use serde::ser::SerializeMap;

/// The members that a type does not model: their names and their JSON, in their order.
///
/// RFC 9396 section 5: a server refuses unknown members. They are therefore kept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct OtherMembers(Vec<(String, RawJson)>);

impl OtherMembers {
    /// The members of `object` whose names are not in `known`.
    pub(crate) fn of_object(object: &Object<'_>, known: &[&str]) -> Self {
        let others = object.iter().filter(|(name, _)| !known.contains(name));
        Self(
            others.filter_map(|(name, value)| Some((name.into(), Value::to_raw(value)?))).collect(),
        )
    }

    /// The members of a list, unless a name is repeated.
    pub(crate) fn of_list(members: Vec<(String, RawJson)>) -> Option<Self> {
        // A set, because untrusted input may have thousands of members.
        let mut seen = BTreeSet::new();
        members.iter().all(|(name, _)| seen.insert(name.as_str())).then_some(())?;
        Some(Self(members))
    }

    /// Adds a member. Returns `false` if there is one of this name.
    pub(crate) fn insert(&mut self, name: &str, value: RawJson) -> bool {
        let is_new = self.get(name).is_none();
        if is_new {
            self.0.push((name.into(), value));
        }
        is_new
    }

    pub(crate) fn get(&self, name: &str) -> Option<&RawJson> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &RawJson)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the members into an object.
    pub(crate) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))
    }
}
