//! What the examples share: an institution to talk to, and what a recipient asks for.
//!
//! | program | what carries its requests | who signs |
//! |---|---|---|
//! | `blocking` | `std::net` and rustls, no async | a key in memory |
//! | `smol` | smol and rustls, no tokio | a key in memory |
//! | `kms` | nothing: the institution is a value | a key management service |
//! | `axum` | tokio, hyper and rustls | a key in memory |
//!
//! Each runs to its end by itself, as in `cargo run -p fdx-examples --bin smol`, and tells what
//! happened step by step. The `flow` of the first three is the same text, but for `async` and
//! `.await`: a test holds them to it. What differs is the wire beneath, `Wire::run`.
//!
//! The institution is that of `fdx-sandbox`, in this process, and its server runs in tokio. No
//! crate of the recipient does; no recipient but `axum` does.

mod bank;
mod http1;
mod recipient;
mod tls;

pub use bank::Bank;
pub use http1::{MAX_HEAD, parse, serialize};
pub use recipient::{asked, entropy, fresh_key, lines, now, step, tell};
pub use tls::tls;
