//! Dialects: how each known provider deviates from FAPI 2.0, with sources.
//!
//! A client is strict unless its [`ClientConfig`](crate::ClientConfig) names a provider's
//! [`Dialect`](crate::Dialect). Only the dialect's *members* change the client. A member is one
//! deviation in what is sent or accepted, with the clause that it departs from and its source.
//! Without a member the flow fails at the client or at the server. A failure at the client has a
//! code from which [`Error::allowed_by`](crate::Error::allowed_by) finds the member. Tests switch
//! each member off to show this. `Client::new` checks what a provider *needs*. A difference that
//! changes neither requests nor reading is a *note*.
//!
//! ```
//! use fdx_par::dialect::{self, Dialect, Line, Member};
//!
//! // A provider that is not in the list, with one deviation and its source.
//! const MY_BANK: Dialect = Dialect::new("my-bank", "My Bank's sandbox").with_members(&[Line {
//!     member: Member::PushStatusOk,
//!     source: "My Bank's API reference of 2026-03, POST /par",
//! }]);
//! assert_eq!(MY_BANK.members()[0].member.clause(), "RFC 9126 section 2.2");
//! assert_eq!(dialect::by_name("wso2").map(|wso2| wso2.members().len()), Some(5));
//! ```
//!
//! A test generates the tables from the values.
//!
#![doc = include_str!("dialects.md")]
