//! What the crate promises, through its public API.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod assertions;
mod id_tokens;
mod jws;
mod key_files;
mod key_sets;
mod keys;
mod proofs;
mod seal;
mod signatures;
mod support;
mod vectors;
