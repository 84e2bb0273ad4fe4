//! Every protocol interaction is a value.
//!
//! ```text
//!             sign, attach                    receive
//!   Draft<T> ─────────────▶ Request, Sent<T> ─────────▶ Step::Done(T)
//!      ▲                                       │
//!      └───────────── Step::Again(Draft<T>) ◀──┘   once, for a DPoP nonce, everything minted afresh
//! ```
//!
//! As a [`Draft`] it holds the bytes that want signing, and nothing was sent. With its signatures
//! it gives up one [`Request`] and waits as a [`Sent`]. The response turns that into its output,
//! an error, or, once, into a fresh draft.

pub(crate) mod answer;
pub(crate) mod challenge;
pub(crate) mod draft;
pub(crate) mod error_body;
pub(crate) mod interaction;
pub(crate) mod mint;
pub(crate) mod nonces;
pub(crate) mod outgoing;
pub(crate) mod request;
