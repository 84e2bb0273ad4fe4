//! Error codes: every stable name that [`Error::code`](crate::Error::code) can give.
//!
//! A code names the rule, not the place in our sources: it may be logged, counted and alerted on, and
//! it does not change within a major version. What to do about an error is
//! [`Error::next_step`](crate::Error::next_step), which knows more than the code: whether the server
//! was out of order or said no, and whether anything may have been spent.
//!
//! The tables are written by a test from the enums themselves. Where a text has a part that varies,
//! an example stands here.
//!
#![doc = include_str!("error_codes.md")]
