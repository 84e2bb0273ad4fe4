//! The records of the store and their keys.

pub(crate) mod id;
pub(crate) mod state;
