//! The behaviour of the institution, one module for each behaviour.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod strict_server;
