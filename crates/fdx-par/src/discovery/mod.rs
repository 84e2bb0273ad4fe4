//! The metadata, endpoints and keys that an institution publishes.

pub(crate) mod discover;
pub(crate) mod document;
pub(crate) mod endpoint;
pub(crate) mod keys;
pub(crate) mod metadata;
pub(crate) mod reserved;

pub use discover::{WellKnown, discover};
pub use document::{MetadataDocument, discover_document};
pub use endpoint::Endpoint;
pub use keys::{KeyDecision, KeyNeed, KeyPolicy, ServerKeys};
pub use metadata::ServerMetadata;
