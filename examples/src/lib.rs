//! Code that the examples share: an institution, and the request of a recipient.
//!
//! | program | requests are sent by | signer |
//! |---|---|---|
//! | `blocking` | `std::net` and rustls, no async | a key in memory |
//! | `smol` | smol and rustls, no tokio | a key in memory |
//! | `kms` | a function call: the institution is a value | a key management service |
//! | `axum` | tokio, hyper and rustls | a key in memory |
//! | `blocking_store` | as `blocking`, and stores consents in SQLite | a key in memory |
//!
//! Each program needs no input, for example `cargo run -p fdx-examples --bin smol`, and prints each
//! step. The function `flow` of the first three is the same text except for `async` and `.await`,
//! which a test checks. The programs differ in `Wire::run`, which sends the requests.
//!
//! The institution is `fdx-sandbox`, in the same process. Its server runs in tokio. Of the
//! recipients, only `axum` uses tokio.

mod bank;
mod https;
mod recipient;

pub use bank::Bank;
pub use https::{MAX_HEAD, parse, serialize, tls};
pub use recipient::{consent_request, entropy, fresh_key, granted_lines, now, print_granted, step};
