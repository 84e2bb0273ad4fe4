//! Every protocol interaction is a value.
//!
//! ```text
//!             sign, attach                    receive
//!   Draft<T> ─────────────▶ Request, Sent<T> ─────────▶ Step::Done(T)
//!      ▲                                       │
//!      └───────────── Step::Again(Draft<T>) ◀──┘   once, for a DPoP nonce, with new values
//! ```
//!
//! A [`Draft`](draft::Draft) has the bytes to sign; nothing was sent. With the signatures it becomes one
//! [`Request`](request::Request) and a [`Sent`](draft::Sent), which waits for the response. The response
//! turns that into the output, an error, or, once, a new draft.

pub(crate) mod answer;
pub(crate) mod challenge;
pub(crate) mod draft;
pub(crate) mod error_body;
pub(crate) mod interaction;
pub(crate) mod mint;
pub(crate) mod nonces;
pub(crate) mod outgoing;
pub(crate) mod request;
