//! Behaviour tests through the public API.
#![allow(clippy::disallowed_types, reason = "tests compare with serde_json::Value")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod assertions;
mod authorization_responses;
mod id_tokens;
mod jwe;
mod jws;
mod key_files;
mod key_sets;
mod keys;
mod kinds;
mod printed;
mod proofs;
mod request_objects;
mod seal;
mod signatures;
mod signed_introspections;
mod support;
mod vectors;
