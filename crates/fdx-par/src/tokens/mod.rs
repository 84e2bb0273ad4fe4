//! Tokens, and the calls that issue, describe and revoke them.

pub(crate) mod client_credentials;
pub(crate) mod introspection;
pub(crate) mod issued;
pub(crate) mod revocation;
pub(crate) mod signed_introspection;
pub(crate) mod tokens;

pub use client_credentials::ClientToken;
pub use introspection::Introspection;
pub use revocation::{Revoked, TokenTypeHint};
pub use signed_introspection::IntrospectionJwt;
pub use tokens::{AccessToken, Revocable, Tokens};
