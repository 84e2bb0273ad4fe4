//! What is enforced: FAPI 2.0 and its neighbours, clause by clause.
//!
//! Each row is a rule for a client, or a rule for a server that a client sees the other side of, in our
//! own words. *How it is held*:
//! - **type**: what would break it can't be written down;
//! - **check**: it is looked at, and there is a typed error;
//! - **yours**: a library without I/O can't hold it; the [threat model](super::threat_model) says what
//!   to do;
//! - **not here**: it is about something that this workspace does not do, today or ever.
//!
//! The rows hold for a client without a [dialect](crate::dialect). A dialect's members each name the
//! clause that they depart from, and what is not FAPI at all is in [`not_fapi`](crate::not_fapi).
//!
//! The last column names the test that shows it, by file and function. A test of its own reads these
//! tables and fails where a row or a test is missing. The ids are ours.
//!
#![doc = include_str!("what_is_enforced.md")]
