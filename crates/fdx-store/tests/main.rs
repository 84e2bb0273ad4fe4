//! Tests of operations and of their statements.
#![allow(clippy::disallowed_methods, reason = "tests read sources")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are tests too"
)]

mod operation;
mod receipts;
mod statements;
