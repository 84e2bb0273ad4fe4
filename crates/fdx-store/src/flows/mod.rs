//! Flows between the redirect and the stored consent.
//!
//! A flow whose pending state is kept here is found again in whatever browser its callback arrives. Its
//! id is the id of its consent. It is claimed once, after `state` and `iss` of the callback were
//! checked, because a code must never be sent twice. Its outcome is kept, so that a reload of the
//! callback returns it.
//!
//! ```text
//!   stored ── claim ──▶ claimed ── tokens and grant stored ──▶ granted
//!     │                    └────── no tokens ────────────────▶ failed
//!     ├── callback with an error ──▶ denied, refused
//!     └── callback_by ──▶ deleted in batches
//! ```

pub(crate) mod claim;
pub(crate) mod expire;
pub(crate) mod flow;
pub(crate) mod outcome;

pub use claim::{Claim, ClaimFlow, ClaimId, Claimed, EndFlow, claim_flow, end_flow};
pub use expire::{DeleteExpired, delete_expired_flows};
pub use flow::{InsertFlow, NewFlow, ReadFlow, StoredFlow, insert_flow, read_flow};
pub use outcome::FlowOutcome;
