//! What the store holds in a state: the row of the consent, and its tokens.

use fdx_store::Value;

use crate::scene::Scene;
use crate::store::Snapshot;

/// The columns of `fdx_consents` that matter, by name.
pub(crate) struct Columns(Vec<String>);

impl Columns {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self(names)
    }
}

/// A row of `fdx_consents`.
pub(crate) struct Consent<'a> {
    row: Option<&'a Vec<Value>>,
    columns: &'a Columns,
}

impl<'a> Consent<'a> {
    pub(crate) fn of(store: &'a Snapshot, columns: &'a Columns) -> Self {
        let [consents, ..] = &**store;
        Self { row: consents.first(), columns }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        let at = self.columns.0.iter().position(|column| column == name)?;
        self.row?.get(at)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Tokens in the store.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct StoredToken {
    /// Whether they are the current ones.
    pub(crate) current: bool,
    pub(crate) generation: i64,
    /// The refresh token.
    pub(crate) token: Option<u32>,
    /// Whether the institution refused it.
    pub(crate) refused: bool,
}

impl StoredToken {
    /// The tokens of the consent.
    pub(crate) fn all(store: &Snapshot, scene: &Scene) -> Vec<Self> {
        let [_, tokens, ..] = &**store;
        let read = |row: &Vec<Value>| match row.as_slice() {
            [
                _,
                _,
                Value::Text(place),
                Value::Integer(generation),
                Value::Bytes(sealed),
                _,
                refused,
            ] => Some(Self {
                current: place == "current",
                generation: *generation,
                token: scene.token(*generation, sealed),
                refused: !matches!(refused, Value::Null(_)),
            }),
            _ => None,
        };
        tokens.iter().filter_map(read).collect()
    }
}
