//! A recipient and an institution in one process, without a socket between them.
//!
//! [`World`] drives the exchanges of `fdx-par` against the institution of `fdx-sandbox`, keeps what
//! went over the wire, and lets a test change an answer on its way.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't be set up has failed")]

mod setup;
mod wire;

pub use setup::{Binding, Setup, bank_issuer, consent_request, entropy, keys, start};
pub use wire::{Answer, Asked, World};
