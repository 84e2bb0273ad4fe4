//! The pushed authorization request (RFC 9126) and the redirect that follows it.

pub(crate) mod authorize;
pub(crate) mod parameters;
pub(crate) mod push;
pub(crate) mod pushed;
pub(crate) mod request;
