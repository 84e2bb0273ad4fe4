//! The metadata, endpoints and keys that an institution publishes.

pub(crate) mod discover;
pub(crate) mod document;
pub(crate) mod endpoint;
pub(crate) mod keys;
pub(crate) mod metadata;
pub(crate) mod reserved;
