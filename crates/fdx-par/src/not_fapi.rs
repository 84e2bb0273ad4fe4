//! What is not FAPI 2.0 at all: client secrets, requests that nobody pushed, tokens that whoever
//! holds them can use.
//!
//! It is here because some institutions have nothing else, and apart, so that nobody comes by it
//! unawares: each thing has to be named where it is configured, a [`Dialect`](crate::Dialect) must
//! name it too, and the receipt says it again.

pub use crate::client::config::{ClientSecret, Unbound};
pub use crate::consent::push::authorize::authorize;
pub use crate::dialect::not_fapi::autional::AUTIONAL_CLIENT_SECRET;
pub use crate::dialect::not_fapi::departure::{Departure, DocumentedEndpoints};
pub use crate::dialect::not_fapi::mx::{MX, MX_SCOPES};
