//! Proof Key for Code Exchange (RFC 7636) with the method `S256`.
//!
//! ```text
//!   32 bytes ──▶ CodeVerifier ──S256──▶ CodeChallenge
//!                     │                      │
//!         code_verifier, to /token     code_challenge, to /par
//! ```
//!
//! A recipient creates a [`CodeVerifier`] from 32 random bytes, pushes its [`CodeChallenge`], and sends
//! the verifier with the code. An institution stores the challenge and checks the verifier with
//! [`CodeChallenge::verify`], in constant time.
//!
//! The crate has no I/O, no heap allocation, no random number generator, and depends on no other `fdx`
//! crate. It does not support the method `plain`. `no_std`, without `alloc`.
//!
//! ```
//! use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeChallenge, CodeVerifier};
//!
//! let verifier = CodeVerifier::new([7; 32]); // 32 unpredictable bytes
//! let challenge = verifier.challenge();
//! assert_eq!(verifier.expose().len(), 43);
//! assert_eq!(CODE_CHALLENGE_METHOD, "S256");
//!
//! // At the institution:
//! let stored = CodeChallenge::parse(challenge.as_str())?;
//! let received = CodeVerifier::parse(verifier.expose())?;
//! assert!(stored.verify(&received));
//! # Ok::<(), fdx_pkce::PkceError>(())
//! ```
#![no_std]

mod challenge;
mod error;
#[cfg(test)]
mod tests;
mod verifier;

pub use challenge::{CODE_CHALLENGE_METHOD, CodeChallenge};
pub use error::PkceError;
pub use verifier::CodeVerifier;
