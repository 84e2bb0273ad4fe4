//! What an institution's metadata promises, held against what FAPI 2.0 asks for, before anything is
//! sent: every member that is wrong, not the first alone.
//!
//! [`discover`](crate::discover) refuses what can't be used. This says all of what is missing, what
//! it should be by which clause, and how much it matters, for a person who talks with the
//! institution. It proves nothing about what the server does.

pub(crate) mod algorithms;
pub(crate) mod endpoints;
pub(crate) mod flow;
pub(crate) mod readiness;
pub(crate) mod reading;
pub(crate) mod rule;
