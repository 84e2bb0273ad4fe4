//! Choosing layers: which crates to take, and what to bring yourself.
//!
//! Every crate is of use by itself. Take the lowest one that does what you need.
//!
//! | you want | take | you bring |
//! |---|---|---|
//! | PKCE in an OAuth client that you have | `fdx-pkce` | 32 random bytes |
//! | FDX's words: clusters, scopes, consent requests, grants, receipts | `fdx-rar` | JSON that came from somewhere |
//! | client assertions, DPoP proofs, request objects, ID tokens, sealed cookies | `fdx-jose` | random bytes, the time, keys |
//! | the whole consent over your own HTTP client | `fdx-par` | a driver: see below |
//! | the whole consent, and no opinion on HTTP | `fdx-par`, `fdx-transport-hyper` | a tokio runtime |
//! | an institution to test against | `fdx-sandbox` | nothing |
//! | to see it work first | `fdx-cli` | a terminal |
//!
//! None of the crates up to `fdx-par` does I/O, so none of them chooses a runtime for you. They
//! run in tokio, in smol, in a blocking program, in a function that lives for one request, and in a
//! fuzzer. The transport adds no rule of the protocol: what it does not check, nobody relies on it
//! to check.
//!
//! # A driver of your own
//!
//! An HTTP client becomes a driver by keeping six promises:
//! 1. It carries out each [`Request`](crate::Request) once. It repeats nothing by itself: a
//!    repeated assertion or proof is a replay, and a repeated code is worse.
//! 2. It follows no redirect. A 3xx is handed to [`Sent::receive`](crate::Sent::receive), which
//!    refuses it.
//! 3. It shows the client's certificate exactly where
//!    [`Request::certificate`](crate::Request::certificate) says so, and keeps the two kinds of
//!    connection in two pools.
//! 4. It stops reading at
//!    [`Request::max_response_bytes`](crate::Request::max_response_bytes).
//! 5. It checks the server's certificate and name, speaks TLS 1.2 or 1.3, and has no switch that
//!    turns this off.
//! 6. It has a timeout. Where no answer comes, it asks [`Sent::on_no_response`](crate::Sent::on_no_response) what
//!    is safe.
//!
//! The rest is one loop, the same for every exchange, with `await` or without:
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! use fdx_jose::Signer;
//! use fdx_par::{ClientCertificate, Draft, Error, NextStep, Output, Step};
//!
//! trait Http {
//!     /// No answer is `None`.
//!     fn send(&mut self, request: http::Request<Vec<u8>>, certificate: ClientCertificate, cap: usize)
//!         -> Option<http::Response<Vec<u8>>>;
//! }
//!
//! enum Failed {
//!     Protocol(Error),
//!     NoResponse(NextStep),
//! }
//!
//! fn run<T: Output>(mut draft: Draft<T>, signer: &impl Signer, http: &mut impl Http, now: UnixTime)
//!     -> Result<T, Failed>
//! {
//!     loop {
//!         let signatures = draft.sign(signer).map_err(Failed::Protocol)?;
//!         let (request, sent) = draft.attach(signatures).map_err(|r| Failed::Protocol(r.error))?;
//!         let (certificate, cap) = (request.certificate(), request.max_response_bytes());
//!         let Some(response) = http.send(request.into_http(), certificate, cap) else {
//!             return Err(Failed::NoResponse(sent.on_no_response()));
//!         };
//!         match sent.receive(response, now).map_err(Failed::Protocol)? {
//!             Step::Again(fresh) => draft = fresh,
//!             Step::Done(output) => return Ok(output),
//!         }
//!     }
//! }
//!
//! # struct Silence;
//! # impl Http for Silence {
//! #     fn send(&mut self, _: http::Request<Vec<u8>>, _: ClientCertificate, _: usize)
//! #         -> Option<http::Response<Vec<u8>>> { None }
//! # }
//! # let key = new_key();
//! # let client = client(&key);
//! // A code that may have been spent is not sent twice; keys may be asked for again.
//! let lost = run(client.exchange(accepted(&client, &key), entropy(2), NOW)?, &key, &mut Silence, NOW);
//! assert!(matches!(lost, Err(Failed::NoResponse(NextStep::StartOver))));
//! let lost = run(client.fetch_keys(NOW)?, &key, &mut Silence, NOW);
//! assert!(matches!(lost, Err(Failed::NoResponse(NextStep::Retry { .. }))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Time and randomness
//!
//! `now` is the wall clock in seconds, read once for each step. A clock that is wrong by more than
//! the tolerance (10 seconds, [`ClientConfig::tolerance`](crate::ClientConfig)) makes assertions
//! and proofs that are refused; the error then says by how much the server's `Date` differs
//! ([`Said::clock_offset`](crate::Said)). Correct the clock; do not widen the tolerance.
//!
//! [`Entropy`](fdx_wire::Entropy) is 32 bytes from the operating system, fresh for each draft:
//! `Entropy::from_os` with the feature `os-entropy` of `fdx-wire`. It can't be cloned. Two drafts
//! from the same bytes would make the same `state`, verifier and `jti`.
//!
//! # Backends
//!
//! The cryptographic backend is a value: `fdx_jose::backend::ring()` or `aws_lc_rs()`. The features
//! `ring` (default) and `aws-lc-rs` of fdx-jose, fdx-par and fdx-transport-hyper add them: with
//! `default-features = false, features = ["aws-lc-rs"]` nothing depends on ring. Both backends pass
//! the same tests. aws-lc-rs signs PS256 in about half the time of ring, and generates RSA keys.
//! There is no process-wide default.
