//! A recipient, an institution and a customer in one process, without a socket.
//!
//! [`World`] runs the exchanges of `fdx-par` against the institution of `fdx-sandbox`. It records
//! requests and answers, and a test can change both on their way. [`Setup`] is its configuration,
//! [`kit`] has single steps, `strict` the table of wrong clients.

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
