//! The life of a consent, one state per file.

pub(crate) mod callback;
pub(crate) mod code_exchange;
pub(crate) mod granted;
pub(crate) mod pending;
pub(crate) mod push;
pub(crate) mod refresh;
pub(crate) mod stored_grant;
pub(crate) mod unverified;
pub(crate) mod verified;
