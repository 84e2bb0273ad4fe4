//! Keys in a KMS: signing elsewhere, and renewing keys in mid-life.
//!
//! No crate here needs a private key. A configuration holds public keys; a draft says which bytes want
//! signing, by which key; whoever has the key signs.
//!
//! # Which keys when
//!
//! | request | signatures | by |
//! |---|---|---|
//! | discovery, keys of the server | none | |
//! | push | client assertion; request object, where those are used; DPoP proof, where tokens are bound so | up to three keys |
//! | code exchange, refresh | client assertion, DPoP proof | |
//! | introspection, revocation | client assertion | |
//! | consent, resources | DPoP proof | |
//!
//! With client authentication by certificate there is no assertion, with tokens bound by certificate
//! no proof: the connection shows the certificate instead, and its key has to be where TLS ends.
//!
//! The signatures of one request are independent of each other, so one round is enough: ask for all
//! of them at once. An assertion and a request object are signed a few times for each consent; a DPoP
//! proof is signed for every call of the FDX API. A KMS that counts or charges signatures is a good
//! place for the first two, and a key in memory, made by this process and never stored, is a
//! reasonable one for the third: DPoP keys are registered nowhere.
//!
//! # One round with a KMS
//!
//! A whole flow with a KMS that fails once and is slow once: `cargo run -p fdx-examples --bin kms`.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! use fdx_jose::{Algorithm, Signature, SigningInput};
//!
//! # struct Kms<'a>(&'a PrivateKey);
//! # impl Kms<'_> {
//! #     // A service would get the digest; the key in its place signs the bytes, and writes DER.
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
//!     // input.key() is the thumbprint, input.kid() the name, input.role() what it is for.
//!     assert_eq!(input.algorithm(), Algorithm::Es256);
//!     let der = kms.sign_digest(input, input.digest()).ok_or("the KMS is down: ask it again")?;
//!     signatures.push(Signature::from_der_ecdsa(&der)?);
//! }
//! let (request, sent) = draft.attach(signatures)?;
//! # drop((request, sent));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **The draft is only borrowed** while it is signed. A KMS that fails is asked again, for the same
//!   inputs, or for the one that failed. [`Draft::attach`](crate::Draft::attach) takes it, and gives
//!   it back where a signature is missing or has the wrong length.
//! - **Raw bytes or a digest.** `bytes()` is what is signed; `digest()` is its SHA-256, for services
//!   that take digests (a request object can be longer than the 4,096 bytes that some services take
//!   raw). Ed25519 signs the bytes themselves: a digest will not do.
//! - **DER or not.** ECDSA signers give DER
//!   ([`Signature::from_der_ecdsa`](fdx_jose::Signature::from_der_ecdsa)) or `r` and `s` side by side
//!   ([`Signature::from_jws`](fdx_jose::Signature::from_jws)). Say which; nothing is guessed from a
//!   length. PS256 and Ed25519 signatures are in JWS form already. Ask an RSA service for PSS with
//!   SHA-256 and a salt of 32 bytes.
//! - **Two requests may be two rounds.** A DPoP nonce makes a fresh draft
//!   ([`Step::Again`](crate::Step)), and that wants signatures of its own.
//!
//! # Drafts that have grown old
//!
//! A draft says its `now` in its assertion and its proof. A server takes those for a minute or so. If
//! the KMS took longer, [`Draft::renew`](crate::Draft::renew) mints the same interaction for a later
//! moment; nothing of the old draft was sent, and its signatures do not fit any more.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! # let key = new_key();
//! # let client = client(&key);
//! # use core::time::Duration;
//! let draft = client.push(&request(), entropy(1), NOW)?;
//! let slow = draft.signing_inputs().to_vec();
//! let later = NOW + Duration::from_secs(45); // the KMS was asked, and took its time
//! let draft = draft.renew(later)?;
//! assert!(draft.signing_inputs().iter().zip(&slow).all(|(new, old)| new != old));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Opening in a KMS
//!
//! Where ID tokens are encrypted to a key of yours
//! ([`ClientConfig::id_token_encryption`](crate::ClientConfig::id_token_encryption)), verification
//! says so first. It hands out what is to be decrypted, and takes the content key:
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
//! ) -> Result<Verification, Refused<Exchanged>> {
//!     let encrypted = match client.verify(exchanged, keys, now)? {
//!         Verification::Decrypt(encrypted) => encrypted,
//!         other => return Ok(other),
//!     };
//!     // input().key() is the thumbprint, kid() the name, algorithm() RSA-OAEP or RSA-OAEP-256.
//!     let key = match kms_decrypt(encrypted.input()) {
//!         Some(decrypted) => ContentKey::new(&decrypted),
//!         None => ContentKey::unavailable(), // the KMS refused: tell nobody that it was the key
//!     };
//!     client.verify(encrypted.open(&key)?, keys, now)
//! }
//! ```
//!
//! - **It is only borrowed** while the KMS works; ask again where that is down. What fails gives the
//!   tokens back.
//! - **One error for everything.** Whether the KMS refused or the tag was wrong is not told
//!   (RFC 7516 section 11.5). Don't tell it in your own logs to whoever can send tokens either.
//! - **Nothing inside is believed** for having been encrypted: anyone has the public key. The ID token
//!   in it is signed, and verified as any other.
//! - With a key in memory, `encrypted.open_with(&keys)` does both
//!   ([`DecryptionKey`](fdx_jose::DecryptionKey): over aws-lc-rs alone, ring has no RSA-OAEP).
//!
//! # Renewing keys
//!
//! **The assertion's key and the request object's.** The server learns keys from your `jwks_uri`, where
//! [`ClientConfig::public_jwks`](crate::ClientConfig::public_jwks) is published, and may keep what it
//! read for a while.
//! 1. Add the next key to `published_keys`, and wait until servers have read the set again.
//! 2. Configure the next key as the one that signs, and put the last one among `published_keys`.
//! 3. When nothing that the old key signed is under way, take it out.
//!
//! Give keys ids (`kid`), and never the same id twice.
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! # let (key, next) = (new_key(), new_key());
//! let mut config = config(&key);
//! config.published_keys.push(next.public().clone());
//! assert_eq!(config.public_jwks().keys().len(), 2); // both are published before the next one signs
//! ```
//!
//! **The DPoP key.** Codes and tokens are bound to the key that they were asked for with. Configure the
//! new key, and keep the old one among `retired_proof_keys`: a code that was pushed for it is
//! exchanged with it, an access token is used with it, and a refresh binds the next token to the new
//! key. An exchange that would need a key that is not configured fails before anything is sent
//! ([`CallerFault::OtherKey`](crate::CallerFault)). Drop the old key when the last token bound to it
//! has been refreshed or has expired.
//!
//! **The certificate.** A certificate binds tokens, not codes. After a renewal, access tokens that are
//! bound to the old certificate are refreshed with the new one; the refresh token of a client that
//! authenticates is bound to the client, not to the certificate (RFC 8705 7.1). With
//! `self_signed_tls_client_auth` register the new certificate before it is shown.
//!
//! **The server's keys** are the server's to renew: [`KeyPolicy`](crate::KeyPolicy) says when to use
//! what you hold, when to fetch again, and when an unknown key is to be refused.
