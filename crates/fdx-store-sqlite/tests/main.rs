//! Tests of the driver: what it stores, what it reports when the database fails, and which database
//! it takes for the same.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are tests too"
)]

mod common;
mod creation;
mod failures;
mod origin;
mod rows;
