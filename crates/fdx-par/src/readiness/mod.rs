//! A comparison of an institution's metadata with FAPI 2.0 and a client's configuration.
//!
//! [`discover`](crate::discover) rejects metadata at the first rule that makes it unusable. This
//! module reports every violation with the expected value, the clause and a severity, for a person
//! who talks with the institution. It proves nothing about the server's behaviour.

pub(crate) mod algorithms;
pub(crate) mod endpoints;
pub(crate) mod flow;
pub(crate) mod readiness;
pub(crate) mod reading;
pub(crate) mod rule;

pub use readiness::Readiness;
pub use rule::{Finding, Severity};
