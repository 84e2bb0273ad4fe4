//! Keys in a KMS: signing with a remote service, and rotating keys.
//!
//! No crate here needs a private key. A configuration contains public keys. A draft lists the bytes
//! to sign and the key for each. Your program or your KMS signs.
//!
//! # Signatures of each request
//!
//! | request | signatures | by |
//! |---|---|---|
//! | discovery, keys of the server | none | |
//! | push | client assertion; request object and DPoP proof, if configured | up to three keys |
//! | code exchange, refresh | client assertion, DPoP proof | |
//! | introspection, revocation | client assertion | |
//! | consent, resources | DPoP proof | |
//!
//! Client authentication by certificate needs no assertion. Tokens bound to a certificate need no
//! proof. In both cases the connection presents the certificate, so its key must be where TLS
//! terminates.
//!
//! The signatures of one request are independent of each other: request all of them at once. A
//! consent needs a few assertions and at most a few request objects. Every call of the FDX API
//! needs a DPoP proof. A KMS that limits or charges signatures suits the first two. For proofs, a
//! key in memory that this process generates and never stores is reasonable: DPoP keys are not
//! registered.
//!
//! # Signing a request with a KMS
//!
//! A complete flow with a KMS that fails once and is slow once: `cargo run -p fdx-examples --bin
//! kms`.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! use fdx_jose::{Algorithm, Signature, SigningInput};
//!
//! # struct Kms<'a>(&'a PrivateKey);
//! # impl Kms<'_> {
//! #     // A service would sign the digest. This key signs the bytes and returns DER.
//! #     fn sign_digest(&self, input: &SigningInput, digest: [u8; 32]) -> Option<Vec<u8>> {
//! #         use fdx_jose::Signer;
//! #         assert_eq!(digest, input.digest());
//! #         let jws = self.0.sign(input).ok()?;
//! #         let mut numbers = Vec::new();
//! #         for half in jws.as_bytes().chunks(32) {
//! #             let start = half.iter().position(|byte| *byte != 0)?;
//! #             let half = &half[start..];
//! #             let pad = usize::from(half[0] >= 0x80);
//! #             numbers.extend([2, (half.len() + pad) as u8]);
//! #             numbers.extend(vec![0; pad]);
//! #             numbers.extend(half);
//! #         }
//! #         Some([&[0x30, numbers.len() as u8], &numbers[..]].concat())
//! #     }
//! # }
//! # let key = new_key();
//! # let client = client(&key);
//! # let kms = Kms(&key);
//! let draft = client.push(&request(), entropy(1), NOW)?;
//!
//! let mut signatures = Vec::new();
//! for input in draft.signing_inputs() {
//!     // input.key() is the thumbprint, input.kid() the key id, input.role() the purpose.
//!     assert_eq!(input.algorithm(), Algorithm::Es256);
//!     let der = kms.sign_digest(input, input.digest()).ok_or("the KMS is down: try again")?;
//!     signatures.push(Signature::from_der_ecdsa(&der)?);
//! }
//! let (request, sent) = draft.attach(signatures)?;
//! # drop((request, sent));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **Signing only borrows the draft.** If the KMS fails, try again with the same inputs, or with
//!   the one that failed. [`Draft::attach`](crate::Draft::attach) consumes the draft, and returns
//!   it if a signature is missing or has the wrong length.
//! - **Bytes or a digest.** `bytes()` are the bytes to sign. `digest()` is their SHA-256, for
//!   services that sign digests: a request object can be longer than the 4,096 bytes that some
//!   services accept. Ed25519 signs the bytes; a digest does not work.
//! - **DER or JWS form.** ECDSA signers return DER
//!   ([`Signature::from_der_ecdsa`](fdx_jose::Signature::from_der_ecdsa)) or `r` and `s`
//!   concatenated ([`Signature::from_jws`](fdx_jose::Signature::from_jws)). The caller chooses; the
//!   length is not used to guess. PS256 and Ed25519 signatures already have the JWS form. Configure
//!   an RSA service for PSS with SHA-256 and a salt of 32 bytes.
//! - **A request may need a second round.** A DPoP nonce produces a fresh draft
//!   ([`Step::Again`](crate::Step)), which needs new signatures.
//!
//! # Old drafts
//!
//! The assertion and the proof of a draft contain its `now`. A server accepts them for about a
//! minute. If the KMS took longer, [`Draft::renew`](crate::Draft::renew) mints the same interaction
//! for a later time. Nothing of the old draft was sent, and its signatures no longer match.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! # let key = new_key();
//! # let client = client(&key);
//! # use core::time::Duration;
//! let draft = client.push(&request(), entropy(1), NOW)?;
//! let slow = draft.signing_inputs().to_vec();
//! let later = NOW + Duration::from_secs(45); // the KMS was slow
//! let draft = draft.renew(later)?;
//! assert!(draft.signing_inputs().iter().zip(&slow).all(|(new, old)| new != old));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Decrypting with a KMS
//!
//! If ID tokens are encrypted to your key
//! ([`ClientConfig::id_token_encryption`](crate::ClientConfig::id_token_encryption)), verification
//! first returns the input to decrypt. Return the content key:
//!
//! ```
//! use fdx_jose::{ContentKey, DecryptionInput};
//! use fdx_par::{Client, Exchanged, Refused, ServerKeys, Verification};
//! use fdx_wire::UnixTime;
//!
//! # fn kms_decrypt(_: &DecryptionInput) -> Option<Vec<u8>> { None }
//! fn verify(
//!     client: &Client,
//!     exchanged: Exchanged,
//!     keys: Option<&ServerKeys>,
//!     now: UnixTime,
//! ) -> Result<Verification<Exchanged>, Refused<Exchanged>> {
//!     let encrypted = match client.verify(exchanged, keys, now)? {
//!         Verification::Decrypt(encrypted) => encrypted,
//!         other => return Ok(other),
//!     };
//!     // input().key() is the thumbprint, kid() the key id, algorithm() RSA-OAEP or RSA-OAEP-256.
//!     let key = match kms_decrypt(encrypted.input()) {
//!         Some(decrypted) => ContentKey::new(&decrypted),
//!         None => ContentKey::unavailable(), // do not reveal that the KMS refused
//!     };
//!     client.verify(encrypted.open(&key)?, keys, now)
//! }
//! ```
//!
//! - **The KMS only borrows the input.** Try again if the KMS is down. Every failure returns the
//!   tokens.
//! - **One error for every failure.** The error does not reveal whether the KMS refused or the tag
//!   was wrong (RFC 7516 section 11.5). Do not reveal it to the sender of tokens in your logs
//!   either.
//! - **Encryption is no proof of origin**, because the public key is public. The ID token inside is
//!   signed, and its signature is verified.
//! - With a key in memory, `encrypted.open_with(&keys)` does both steps
//!   ([`DecryptionKey`](fdx_jose::DecryptionKey): only with aws-lc-rs, ring has no RSA-OAEP).
//!
//! # Rotating keys
//!
//! **The keys of assertions and request objects.** The server reads keys from your `jwks_uri`,
//! where you publish [`ClientConfig::public_jwks`](crate::ClientConfig::public_jwks), and may cache
//! them.
//! 1. Add the next key to `published_keys`, and wait until servers have read the set again.
//! 2. Configure the next key as the signing key, and add the old one to `published_keys`.
//! 3. Remove the old key when no flow with its signatures is in progress.
//!
//! Give each key an id (`kid`), and never use an id twice.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! # let (key, next) = (new_key(), new_key());
//! let mut config = config(&key);
//! config.published_keys.push(next.public().clone());
//! assert_eq!(config.public_jwks().keys().len(), 2); // publish both before the next one signs
//! ```
//!
//! **The DPoP key.** Codes and tokens are bound to the key of their request. Configure the new key,
//! and add the old one to `retired_proof_keys`. Codes and access tokens that are bound to the old
//! key are used with it. A refresh binds the next token to the new key. An exchange whose key is
//! not configured fails before anything is sent
//! ([`StoredStateFault::OtherKey`](crate::StoredStateFault)). Remove the old key when the last
//! token bound to it was refreshed or has expired.
//!
//! **The certificate.** A certificate binds tokens, not codes. After a renewal, refresh the access
//! tokens that are bound to the old certificate. The refresh token of a client that authenticates
//! is bound to the client, not to the certificate (RFC 8705 7.1). With
//! `self_signed_tls_client_auth`, register the new certificate before you use it.
//!
//! **The server's keys.** The server rotates them. [`KeyPolicy`](crate::discovery::KeyPolicy)
//! returns whether to use the cached keys, fetch them again, or reject an unknown key.
