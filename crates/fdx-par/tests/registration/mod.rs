//! Dynamic registration (RFC 7591) and its management (RFC 7592).

mod access;
mod answers;
mod choices;
mod elsewhere;
mod lifecycle;
mod mastercard;
mod properties;
pub(crate) mod scene;
mod secrets;
mod stored;
mod weakened;
