//! What is enforced: FAPI 2.0 and related specifications, clause by clause.
//!
//! Each row is a rule for a client, or a rule for a server that affects a client. The wording is
//! ours. *How it is enforced*:
//! - **type**: a violation can't be expressed;
//! - **check**: the code checks it and returns a typed error;
//! - **yours**: a library without I/O can't enforce it; the [threat model](super::threat_model)
//!   states what to do;
//! - **not here**: the rule is about a feature that this workspace does not have.
//!
//! The rows apply to a client without a [dialect](crate::dialect). Each member of a dialect names
//! the clause that it departs from. Deviations that are not FAPI are in
//! [`not_fapi`](crate::not_fapi).
//!
//! The last column names the tests that show it, by file and function. A test reads these tables
//! and fails if a row or a test is missing. The ids are ours.
//!
#![doc = include_str!("what_is_enforced.md")]
