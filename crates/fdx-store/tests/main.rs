//! Tests of operations and of their statements.
#![allow(clippy::disallowed_types, reason = "tests change responses as serde_json::Value")]
#![allow(clippy::disallowed_methods, reason = "tests read sources")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are tests too"
)]

mod operation;
mod plans;
mod procedures;
mod receipts;
mod statements;
