//! How to use these crates well: chapters to read, and no code to call.
//!
//! | chapter | when to read it |
//! |---|---|
//! | [`choosing_layers`] | before you add a dependency |
//! | [`threat_model`] | before you decide what your own program has to do |
//! | [`sealing_and_cookies`] | when the customer's browser carries the flow |
//! | [`keys_in_a_kms`] | when private keys are elsewhere, and when they are renewed |
//! | [`many_nodes`] | when more than one process serves the same customers |
//! | [`message_signing`] | when an institution wants request objects, JARM or signed introspection |
//! | [`dialects`] | when an institution differs from FAPI 2.0 |
//! | [`what_is_enforced`] | to look a clause up: how it is held, and by which test |
//! | [`defence_in_depth`] | to see what stands behind each check |
//! | [`proof`] | when you audit: what is proven, how, and what is not |
//! | [`error_codes`] | to look an error up |
//!
//! Examples in these chapters run as tests, against an institution of a few canned answers. Whole
//! programs (blocking, smol, axum with the cookie, a KMS) stand in the repository under `examples/`.

pub mod choosing_layers;
pub mod defence_in_depth;
pub mod dialects;
pub mod error_codes;
pub mod keys_in_a_kms;
pub mod many_nodes;
pub mod message_signing;
pub mod proof;
pub mod sealing_and_cookies;
pub mod threat_model;
pub mod what_is_enforced;
