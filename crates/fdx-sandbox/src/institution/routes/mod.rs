//! The institution's endpoints.

mod authorize;
pub(super) mod client_metadata;
mod consent_api;
mod customer_resources;
mod introspection;
mod issue;
pub(crate) mod metadata;
mod par;
mod registration;
mod request_object;
mod resources;
mod token;
