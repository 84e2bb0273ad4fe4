//! Keys, signatures and tokens of FAPI 2.0: PS256, ES256 and EdDSA, signed in memory or by a
//! service, read strictly.
//!
//! ```text
//!   claims ──▶ SigningInput ── sign, here or in a KMS ──▶ Signature
//!                   └──────────────── attach ─────────────────┘──▶ compact JWS, sent
//!
//!   compact JWS, received ──▶ Jws ── Jwks, expectation, now ──▶ IdToken, AuthorizationResponse, ...
//! ```
//!
//! *Writing.* A client assertion ([`AssertionKey`]), a request object ([`RequestObjectKey`]), a DPoP
//! proof ([`ProofKey`]) or any other [`statement`] is first a [`SigningInput`]: the bytes to sign and
//! the key's thumbprint. A [`Signer`], a [`PrivateKey`] in memory or a service, returns a
//! [`Signature`], and [`SigningInput::attach`] joins the two. A signing input depends only on its
//! arguments.
//!
//! *Reading.* [`PublicKey`] and [`Jwks`] contain only keys that FAPI 2.0 allows. [`Jws`] reads
//! compact tokens without trusting them. [`IdToken`] checks the rules of OpenID Connect,
//! [`AuthorizationResponse`] those of JARM, [`SignedIntrospection`] those of RFC 9701. A token of one
//! type never passes as another type.
//!
//! *Decrypting.* A [`Jwe`] returns a [`DecryptionInput`], and a [`Decrypter`] turns it into the
//! [`ContentKey`]. The decrypted content must be a signed token. This crate never encrypts.
//!
//! *Sealing.* [`SealingKeys`] encrypt and authenticate a text or bytes, so that untrusted parties can
//! store them.
//!
//! A [`backend::Backend`] is passed in as a value: ring by default, or aws-lc-rs. ring does not wipe
//! its private keys.
//!
//! The crate never reads a clock, uses no network, has no global state, and has no `none`, HMAC
//! tokens or RSA PKCS#1 v1.5.
//!
//! ```
//! use core::time::Duration;
//! use fdx_jose::{AssertionKey, AssertionType, Jws, PrivateKey, Signer, Algorithm, backend};
//! use fdx_wire::{Issuer, UnixTime};
//!
//! let backend = backend::ring();
//! let key = PrivateKey::generate(backend, Algorithm::Es256, Some("2026-01"))?.key;
//!
//! let assertions = AssertionKey::new(key.public().clone(), AssertionType::default());
//! let issuer = Issuer::parse("https://bank.example")?;
//! let now = UnixTime::from_seconds(1_767_607_200);
//! let input = assertions.client_assertion("app", &issuer, "jti", now, Duration::from_secs(60));
//! let token = input.attach(&key.sign(&input)?)?; // or sign input.digest() in a service
//!
//! let read = Jws::parse(&token)?;
//! read.verify(backend, key.public())?;
//! assert!(read.is_typ("client-authentication+jwt"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    not(any(feature = "aws-lc-rs", feature = "ring")),
    expect(dead_code, reason = "only backends use the inputs of a backend")
)]

mod algorithm;
mod authorization_response;
pub mod backend;
mod client_assertion;
mod decryption;
mod dpop;
mod id_token;
mod jwe;
mod jwks;
mod jws;
mod jwt;
mod key;
mod request_object;
mod seal;
mod signed_introspection;
mod signing;
#[cfg(test)]
mod tests;
mod thumbprint;

pub use algorithm::{Algorithm, KeyEncryption};
pub use authorization_response::{AuthorizationResponse, AuthorizationResponseError};
pub use backend::{Backend, RsaSize};
pub use client_assertion::{AssertionKey, AssertionType, Audience};
pub use decryption::{ContentKey, Decrypter, DecryptionError, DecryptionInput};
pub use dpop::{ProofClaims, ProofKey, access_token_hash};
pub use id_token::{IdToken, IdTokenError, IdTokenExpectation, at_hash};
pub use jwe::{Jwe, JweError, MAX_BYTES as MAX_JWE_BYTES};
pub use jwks::{JWKS_MEMBERS, Jwks};
pub use jws::{Jws, JwsError, MAX_BYTES as MAX_JWS_BYTES};
pub use jwt::{JwtError, JwtExpectation, Tolerance};
pub use key::{DecryptionKey, EncryptionKey, FreshKey, KeyError, PrivateKey, PublicKey};
pub use request_object::{
    RequestObjectError, RequestObjectKey, RequestObjectParameters, RequestObjectType,
};
pub use seal::{SealError, SealingKey, SealingKeys};
pub use signed_introspection::{SignedIntrospection, SignedIntrospectionError};
#[doc(hidden)]
pub use signing::unchecked_statement;
pub use signing::{Role, Signature, Signer, SigningError, SigningInput, statement};
pub use thumbprint::Thumbprint;
