//! Keys, signatures and tokens of FAPI 2.0: PS256, ES256 and EdDSA, signed here or elsewhere, read
//! strictly.
//!
//! ```text
//!   claims ──▶ SigningInput ── sign, here or elsewhere ──▶ Signature
//!                   └──────────────── attach ─────────────────┘──▶ compact JWS, sent
//!
//!   compact JWS, received ──▶ Jws ── Jwks, expectation, now ──▶ IdToken, AuthorizationResponse, ...
//! ```
//!
//! *Writing.* A client assertion ([`AssertionKey`]), a request object ([`RequestObjectKey`]), a DPoP
//! proof ([`ProofKey`]) or any other [`statement`] is first a [`SigningInput`]: bytes, the key's
//! thumbprint, nothing signed. Whoever holds the key, a [`PrivateKey`] in memory or a service
//! elsewhere, makes a [`Signature`]; [`SigningInput::attach`] joins the two. A signing input is a
//! function of its arguments alone.
//!
//! *Reading.* [`PublicKey`] and [`Jwks`] hold only keys that FAPI 2.0 allows. [`Jws`] reads compact
//! tokens and trusts nothing in them; [`IdToken`] knows the rules of OpenID Connect,
//! [`AuthorizationResponse`] those of JARM, [`SignedIntrospection`] those of RFC 9701. No token of
//! one kind passes for another.
//!
//! *Opening.* A [`Jwe`] around a token is opened, never made, and believed in nothing: it gives a
//! [`DecryptionInput`], whoever holds the key a [`ContentKey`], and what is inside has to be signed.
//!
//! *Sealing.* [`SealingKeys`] turn a text into one that may travel through a stranger's hands.
//!
//! Cryptography is done by a [`backend::Backend`], a value that is passed in: ring by default,
//! aws-lc-rs beside it. ring does not wipe the private keys that it holds.
//!
//! It never reads a clock, never speaks HTTP, has no global state, and can't express `none`, HMAC
//! tokens, or RSA PKCS#1 v1.5.
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
//! let token = input.attach(&key.sign(&input)?)?; // or send input.digest() to a service
//!
//! let read = Jws::parse(&token)?;
//! read.verify(backend, key.public())?;
//! assert!(read.is_typ("client-authentication+jwt"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    not(any(feature = "aws-lc-rs", feature = "ring")),
    expect(dead_code, reason = "only a backend reads what goes into one")
)]

mod algorithm;
mod audience;
mod authorization_response;
pub mod backend;
mod claims;
mod client_assertion;
mod decryption;
mod der;
mod dpop;
mod header;
mod id_token;
mod jwe;
mod jwks;
mod jws;
mod key;
mod request_object;
mod seal;
mod signature;
mod signed_introspection;
mod signing;
mod statement;
mod thumbprint;
mod tolerance;

pub use algorithm::Algorithm;
pub use audience::Audience;
pub use authorization_response::{
    AuthorizationResponse, AuthorizationResponseError, AuthorizationResponseExpectation,
};
pub use backend::{Backend, RsaSize};
pub use client_assertion::{AssertionKey, AssertionType};
pub use decryption::{ContentKey, Decrypter, DecryptionError, DecryptionInput};
pub use dpop::{ProofClaims, ProofKey, access_token_hash};
pub use id_token::{IdToken, IdTokenError, IdTokenExpectation, at_hash};
pub use jwe::{Jwe, JweError, KeyEncryption, MAX_BYTES as MAX_JWE_BYTES};
pub use jwks::Jwks;
pub use jws::{Jws, JwsError, MAX_BYTES as MAX_JWS_BYTES};
pub use key::{DecryptionKey, EncryptionKey, FreshKey, KeyError, PrivateKey, PublicKey};
pub use request_object::{RequestObjectError, RequestObjectKey, RequestObjectParameters};
pub use seal::{SealError, SealingKey, SealingKeys};
pub use signature::Signature;
pub use signed_introspection::{
    SignedIntrospection, SignedIntrospectionError, SignedIntrospectionExpectation,
};
pub use signing::{Role, Signer, SigningError, SigningInput};
pub use statement::statement;
#[doc(hidden)]
pub use statement::unchecked_statement;
pub use thumbprint::Thumbprint;
pub use tolerance::Tolerance;
