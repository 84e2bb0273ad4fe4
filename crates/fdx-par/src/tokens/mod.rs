//! Tokens, and the calls that issue, describe and revoke them.

pub(crate) mod client_credentials;
pub(crate) mod introspection;
pub(crate) mod issued;
pub(crate) mod revocation;
pub(crate) mod signed_introspection;
pub(crate) mod tokens;
