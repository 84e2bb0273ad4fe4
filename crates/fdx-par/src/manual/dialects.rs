//! Dialects: what each provider does otherwise than FAPI 2.0, and who says so.
//!
//! A client is strict until its [`ClientConfig`](crate::ClientConfig) names a provider's
//! [`Dialect`](crate::Dialect). The dialect's *members* are all that changes: each is one difference
//! in what is sent or taken, with the clause that it departs from and its source. Without a member
//! the flow fails, at the client under a code that [`Error::allowed_by`](crate::Error::allowed_by)
//! traces back to the member, or at the server; tests switch each of them off and look. What a
//! provider *needs* is checked when the client is made. What neither side can notice is a *note*.
//!
//! ```
//! use fdx_par::dialect::{self, Dialect, Line, Member};
//!
//! // A provider that is not here, with one difference that somebody can look up.
//! const MY_BANK: Dialect = Dialect::new("my-bank", "My Bank's sandbox").with_members(&[Line {
//!     member: Member::PushStatusOk,
//!     source: "My Bank's API reference of 2026-03, POST /par",
//! }]);
//! assert_eq!(MY_BANK.members()[0].member.clause(), "RFC 9126 section 2.2");
//! assert_eq!(dialect::by_name("wso2").map(|wso2| wso2.members().len()), Some(4));
//! ```
//!
//! The tables are written by a test from the values themselves.
//!
#![doc = include_str!("dialects.md")]
