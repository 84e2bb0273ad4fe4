//! A recipient and an institution in one process, without a socket between them.
//!
//! [`World`] drives the exchanges of `fdx-par` against the institution of `fdx-sandbox`, keeps what
//! went over the wire, and lets a test change an answer on its way.

#![cfg(feature = "ring")]

mod checked;
pub mod kit;
mod later;
mod matrix;
mod printed;
pub mod providers;
mod setup;
mod signed;
mod stages;
#[cfg(feature = "strict")]
pub mod strict;
mod wire;
mod wire_text;

pub use checked::checked;
pub use later::{persisted, restored};
pub use matrix::matrix;
pub use printed::Printed;
pub use setup::{
    Authentication, Binding, CERTIFICATE, Requests, Setup, bank_issuer, consent_request, entropy,
    keys, scopes, start,
};
pub use signed::{fresh_key, header, set, signed, with_header};
pub use stages::{answer, claims, patched, signed_again, usual_request};
pub use wire::{Answer, Asked, Outgoing, World};
pub use wire_text::{WireTexts, wire_text};
