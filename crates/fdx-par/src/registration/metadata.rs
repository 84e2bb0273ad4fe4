use std::collections::BTreeMap;

use fdx_wire::json::{ObjectWriter, RawJson};
use serde::Serialize;

use crate::error::caller::CallFault;

/// Client metadata (RFC 7591 section 2): members by name, each as its JSON text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct ClientMetadata(BTreeMap<String, RawJson>);

impl ClientMetadata {
    /// Sets a member.
    ///
    /// # Errors
    /// [`CallFault::ParameterText`] if `value` has no JSON form.
    pub(super) fn set<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), CallFault> {
        let value = RawJson::of(value).map_err(|_| CallFault::ParameterText)?;
        self.insert(name.to_owned(), value);
        Ok(())
    }

    /// Sets a member from its JSON. `null` counts as absent: RFC 7592 section 2.2 requires that for
    /// requests, and servers write it in responses.
    pub(super) fn insert(&mut self, name: String, value: RawJson) {
        if value.as_str() != "null" {
            self.0.insert(name, value);
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(super) fn raw(&self, name: &str) -> Option<&RawJson> {
        self.0.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &RawJson)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// All members as one object.
    pub(super) fn to_object(&self) -> ObjectWriter {
        let mut object = ObjectWriter::with_capacity(4096);
        self.write(&mut object);
        object
    }

    /// Appends all members to an object.
    pub(super) fn write<'a>(&self, object: &'a mut ObjectWriter) -> &'a mut ObjectWriter {
        for (name, value) in self.iter() {
            object.json(name, value);
        }
        object
    }
}
