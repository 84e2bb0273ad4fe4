//! Proof Key for Code Exchange (RFC 7636), by `S256` alone.
//!
//! ```text
//!   32 bytes ──▶ CodeVerifier ──S256──▶ CodeChallenge
//!                     │                      │
//!         code_verifier, to /token     code_challenge, to /par
//! ```
//!
//! A recipient makes a [`CodeVerifier`] from 32 bytes of its own randomness, pushes its
//! [`CodeChallenge`], and sends the verifier with the code. An institution keeps the challenge and
//! checks the verifier with [`CodeChallenge::verify`], in constant time.
//!
//! It never does I/O, allocates, draws random bytes or depends on a sibling crate. The method
//! `plain` can't be expressed. `no_std`, without `alloc`.
//!
//! ```
//! use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeChallenge, CodeVerifier};
//!
//! let verifier = CodeVerifier::new([7; 32]); // 32 bytes that nobody can guess
//! let challenge = verifier.challenge();
//! assert_eq!(verifier.expose().len(), 43);
//! assert_eq!(CODE_CHALLENGE_METHOD, "S256");
//!
//! // At the institution:
//! let kept = CodeChallenge::parse(challenge.as_str())?;
//! let received = CodeVerifier::parse(verifier.expose())?;
//! assert!(kept.verify(&received));
//! # Ok::<(), fdx_pkce::PkceError>(())
//! ```
#![no_std]

mod challenge;
mod error;
mod verifier;

pub use challenge::{CODE_CHALLENGE_METHOD, CodeChallenge};
pub use error::PkceError;
pub use verifier::CodeVerifier;
