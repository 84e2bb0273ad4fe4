//! Deviations that are not FAPI 2.0: client secrets, requests that are not pushed, tokens that are
//! not sender-constrained.
//!
//! Some institutions support nothing else. These deviations have a module of their own, so that they
//! cannot be enabled by accident: the configuration names each one, a [`Dialect`](crate::Dialect)
//! must allow it, and the receipt records it.

pub use crate::client::config::{ClientSecret, Unbound};
pub use crate::consent::push::authorize::authorize;
pub use crate::dialect::not_fapi::autional::AUTIONAL_CLIENT_SECRET;
pub use crate::dialect::not_fapi::departure::{Departure, DocumentedEndpoints};
pub use crate::dialect::not_fapi::mx::{MX, MX_SCOPES};
