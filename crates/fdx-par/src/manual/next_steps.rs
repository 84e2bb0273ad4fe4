//! Next steps: what to do after a refusal.
//!
//! [`Error::next_step`](crate::Error::next_step) returns what can be done about an error. For a
//! refusal by a server it comes from one table, [`NEXT_STEPS`](crate::error::NEXT_STEPS), printed here. The
//! first row that fits decides. *Retry* is returned only if repeating can succeed: after a 429 or a
//! 5xx that the exchange can survive.
//!
#![doc = include_str!("next_steps.md")]
