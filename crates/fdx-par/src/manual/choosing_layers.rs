//! Choosing layers: which crates to use, and what your program must provide.
//!
//! Each crate is useful without the crates above it. Use the lowest one that does what you need.
//!
//! | you need | use | you provide |
//! |---|---|---|
//! | PKCE in an existing OAuth client | `fdx-pkce` | 32 random bytes |
//! | FDX types: clusters, scopes, consent requests, grants, receipts | `fdx-rar` | the JSON |
//! | client assertions, DPoP proofs, request objects, ID tokens, sealed cookies | `fdx-jose` | random bytes, the time, keys |
//! | the complete consent flow over your own HTTP client | `fdx-par` | a driver: see below |
//! | the complete consent flow, including HTTP | `fdx-par`, `fdx-transport-hyper` | a tokio runtime |
//! | an institution to test against | `fdx-sandbox` | nothing |
//! | a demonstration first | `fdx-cli` | a terminal |
//!
//! The crates up to `fdx-par` do no I/O, so none of them chooses a runtime for you. They run in
//! tokio, in smol, in a blocking program, in a serverless function and in a fuzzer. The transport
//! adds no protocol rule. `fdx-par` relies on it only for the six rules below.
//!
//! # Your own driver
//!
//! An HTTP client is a driver if it follows six rules:
//! 1. It sends each [`Request`](crate::Request) once and does not retry by itself. A repeated
//!    assertion or proof is a replay. A server may treat a repeated code as theft.
//! 2. It follows no redirect. It passes a 3xx to [`Sent::receive`](crate::Sent::receive), which
//!    rejects it.
//! 3. It presents the client's certificate exactly if
//!    [`Request::certificate`](crate::Request::certificate) requires it, and keeps connections with
//!    and without the certificate in separate pools.
//! 4. It stops reading at
//!    [`Request::max_response_bytes`](crate::Request::max_response_bytes).
//! 5. It verifies the server's certificate and name, uses TLS 1.2 or 1.3, and has no switch that
//!    turns verification off.
//! 6. It has a timeout. If there is no response,
//!    [`Sent::on_no_response`](crate::Sent::on_no_response) returns
//!    the next safe step.
//!
//! The rest is one loop. It is the same for every exchange, with or without `await`:
//!
//! ```
//! # mod scene { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/scene.rs")); }
//! # use scene::*;
//! use fdx_jose::Signer;
//! use fdx_par::{ClientCertificate, Draft, Error, NextStep, Output, Step};
//!
//! trait Http {
//!     /// Returns `None` if there is no response.
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
//! // A code that may be spent is not sent again. Keys may be fetched again.
//! let lost = run(client.exchange(accepted(&client, &key), entropy(2), NOW)?, &key, &mut Silence, NOW);
//! assert!(matches!(lost, Err(Failed::NoResponse(NextStep::StartOver))));
//! let lost = run(client.fetch_keys(NOW)?, &key, &mut Silence, NOW);
//! assert!(matches!(lost, Err(Failed::NoResponse(NextStep::Retry { .. }))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Time and randomness
//!
//! `now` is the wall clock in seconds. Read it once for each step. If the clock is wrong by more
//! than the tolerance (10 seconds, [`ClientConfig::tolerance`](crate::ClientConfig)), servers
//! refuse the assertions and proofs. The error then contains the difference to the server's `Date`
//! ([`Error::clock_offset`](crate::Error::clock_offset)). Correct the clock; do not widen the tolerance.
//!
//! [`Entropy`](fdx_wire::Entropy) is 32 bytes from the operating system, fresh for each draft:
//! `Entropy::from_os` with the feature `os-entropy` of `fdx-wire`. It can't be cloned, because two
//! drafts from the same bytes would have the same `state`, verifier and `jti`.
//!
//! # Backends
//!
//! The cryptographic backend is a value: `fdx_jose::backend::ring()` or `aws_lc_rs()`. The features
//! `ring` (default) and `aws-lc-rs` of fdx-jose, fdx-par and fdx-transport-hyper add them: with
//! `default-features = false, features = ["aws-lc-rs"]` nothing depends on ring. Both backends pass
//! the same tests. aws-lc-rs signs PS256 in about half the time of ring, and generates RSA keys.
//! There is no process-wide default.
