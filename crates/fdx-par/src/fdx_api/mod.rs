//! Calls with an access token: the consent, and the customer's data.

pub(crate) mod call;
pub(crate) mod consent;
pub(crate) mod error;
pub(crate) mod resource;
pub(crate) mod revocation;

pub use consent::ConsentRead;
pub use resource::{ResourceAnswer, ResourceRequest};
pub use revocation::{ConsentRevoked, RevocationOutcome, Revocations};
