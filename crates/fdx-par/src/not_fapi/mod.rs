//! What is not FAPI 2.0 at all: client secrets, requests that nobody pushed, tokens that whoever
//! holds them can use.
//!
//! It is here because some institutions have nothing else, and apart, so that nobody comes by it
//! unawares: each thing has to be named where it is configured, a [`Dialect`](crate::Dialect) must
//! name it too, and the receipt says it again.

mod authorize;
mod autional;
mod departure;
mod mx;
mod secret;

pub use authorize::authorize;
pub use autional::AUTIONAL_CLIENT_SECRET;
pub(crate) use departure::on_origin;
pub use departure::{Departure, DocumentedEndpoints};
pub use mx::{MX, MX_SCOPES};
pub use secret::{ClientSecret, Unbound};
