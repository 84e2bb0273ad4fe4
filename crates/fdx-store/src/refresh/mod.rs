//! One refresh at a time: who may send a refresh token now, and what happens to the response.
//!
//! The rules. `cargo xtask explore` explores every order of events in which two processes refresh one
//! consent, with the real procedures and statements: crashes, a lost response, an overrun lease, and
//! each class of rotation. `cargo xtask explore --rules` switches each rule off and finds the shortest
//! way to a loss: see below.
//!
//! 1. *At most one unanswered request per consent.* [`begin_attempt`] stores the intent (generation,
//!    attempt, deadline) before anything is sent. Another process takes over only after the deadline
//!    and the tolerated difference of clocks. The sender checks its deadline immediately before it
//!    sends, and closes the connection at the deadline.
//! 2. [`keep_response`] stores the response by comparing generation and attempt, before anything else
//!    looks at it. A response that loses is kept sealed until the next successful refresh, and is never
//!    revoked.
//! 3. What a lost response means depends on the provider's
//!    [rotation](fdx_par::dialect::RefreshTokens).
//! 4. [`end_attempt`]: a refused consent is suspect before it is dead, and many refusals at one
//!    institution pause the institution instead.
//! 5. A response never replaces the tokens of a consent that was revoked or erased meanwhile.
//!
//! Two losses remain that no recipient can exclude: the institution's window for replays closes before
//! the retry, or there is none; and a process pauses between its last check of the deadline and the write to the network
//! for longer than the deadline.
//!
//! # Without each rule
//!
#![doc = include_str!("rules.md")]

pub(crate) mod begin;
pub(crate) mod end;
pub(crate) mod keep;
pub(crate) mod log;
pub(crate) mod policy;
pub(crate) mod row;

pub use begin::{Attempt, AttemptId, BeginAttempt, Begun, StoredTokens, Want, begin_attempt};
pub use end::{AttemptEnd, EndAttempt, Ended, end_attempt};
pub use keep::{KeepResponse, KeepVerified, Kept, NewTokens, keep_response, keep_verified};
pub use policy::{Baseline, PolicyFault, RefreshPolicy};
