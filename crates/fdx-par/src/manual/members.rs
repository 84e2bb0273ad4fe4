//! Members: how strictly each member of each response is read.
//!
//! A *protective* member is checked strictly. A *required* member is needed for the next step; the
//! error names the member, its place and the kind of its value. An *informative* member never costs
//! the response: `null` and empty values count as absent, and a value that can't be understood is
//! reported as [`Notice::NotUnderstood`](crate::Notice::NotUnderstood). It does not count as absent:
//! no default replaces it.
//!
//! A reader gets a value only for a row of this table, so a member without a row does not compile. A
//! test tries every member with values of every kind.
//!
#![doc = include_str!("members.md")]

use fdx_wire::members::Row;

use crate::consent::push::pushed;
use crate::discovery::metadata;
use crate::exchange::error_body;
use crate::registration::document;
use crate::tokens::{introspection, issued};

/// The members of every response, by message.
pub const TABLES: &[&[Row]] = &[
    metadata::members::ROWS,
    fdx_jose::JWKS_MEMBERS,
    pushed::members::ROWS,
    issued::members::ROWS,
    introspection::members::ROWS,
    fdx_rar::GRANT_MEMBERS,
    fdx_rar::GRANTED_DETAIL_MEMBERS,
    fdx_rar::REVOCATION_MEMBERS,
    document::members::ROWS,
    error_body::members::ROWS,
];
