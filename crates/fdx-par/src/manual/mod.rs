//! The manual: chapters to read, without code to call.
//!
//! | chapter | when to read it |
//! |---|---|
//! | [`choosing_layers`] | before you add a dependency |
//! | [`threat_model`] | before you decide what your own program has to do |
//! | [`sealing_and_cookies`] | when the customer's browser carries the flow |
//! | [`keys_in_a_kms`] | when another service holds the private keys, and when keys are rotated |
//! | [`many_nodes`] | when more than one process serves the same customers |
//! | [`stored_consents`] | when consents outlive a process: the store, and the commands `fdx consents` and `fdx keeper` |
//! | [`message_signing`] | when an institution requires request objects, JARM or signed introspection |
//! | [`dialects`] | when an institution differs from FAPI 2.0 |
//! | [`what_is_enforced`] | to look up a clause: how it is enforced, and which test shows it |
//! | [`defence_in_depth`] | to see which other checks cover each check |
//! | [`proof`] | for an audit: what is shown, how, and what is not |
//! | [`granted`] | to see what counts as granted, and how it is known |
//! | [`error_codes`] | to look up an error |
//! | [`next_steps`] | to look up what to do after a refusal |
//! | [`members`] | to look up how strictly a member of a response is read |
//!
//! The examples in these chapters run as tests, against a few fixed responses. Complete programs
//! (blocking, smol, axum with the cookie, a KMS) are in the repository under `examples/`.

pub mod choosing_layers;
pub mod defence_in_depth;
pub mod dialects;
pub mod error_codes;
pub mod granted;
pub mod keys_in_a_kms;
pub mod many_nodes;
pub mod members;
pub mod message_signing;
pub mod next_steps;
pub mod proof;
pub mod sealing_and_cookies;
pub mod stored_consents;
pub mod threat_model;
pub mod what_is_enforced;
