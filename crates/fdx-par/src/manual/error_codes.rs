//! Error codes: every stable name that [`Error::code`](crate::Error::code) can return.
//!
//! A code names the rule, not a place in the source. It can be logged, counted and used for alerts,
//! and it does not change within a major version. [`Error::next_step`](crate::Error::next_step)
//! returns what to do about an error. It uses more than the code: whether the server failed or
//! refused, and whether a code or token may be spent.
//!
//! A test generates the tables from the enums. If a part of a text varies, the table has an
//! example.
//!
#![doc = include_str!("error_codes.md")]
