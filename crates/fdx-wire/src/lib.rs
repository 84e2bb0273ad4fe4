//! Wire formats and basic types that the `fdx` crates share.
//!
//! The crate has strict JSON ([`json`]), readers that know the class of each member ([`members`](mod@members)), form bodies and query strings ([`form`]), URLs that are kept
//! as received ([`HttpsUrl`], [`Issuer`], [`RedirectUri`]), times ([`UnixTime`]), values that must not
//! be printed ([`Secret`], [`SecretBuffer`]) and the source of all unpredictable values ([`Entropy`]).
//!
//! It has no I/O, reads no clock, environment or random number generator, and implements no protocol.
//! `no_std` with `alloc`. The feature `os-entropy` adds [`Entropy::from_os`], for programs, and `std`
//! adds `json::to_secret`.
//!
//! ```
//! use fdx_wire::{Issuer, UnixTime, form::Form, json};
//!
//! let issuer = Issuer::parse("https://bank.example/fdx")?;
//! assert_eq!(issuer.as_str(), "https://bank.example/fdx"); // as received, for exact comparison
//!
//! let mut body = Form::new();
//! body.pair("scope", "openid fdx:transactions:read");
//! assert_eq!(body.as_str(), "scope=openid%20fdx%3Atransactions%3Aread");
//!
//! let twice = br#"{"scope":"a","sc\u006fpe":"b"}"#;
//! assert_eq!(json::scan(twice, &json::Limits::default()).unwrap_err().kind(), json::Kind::DuplicateKey);
//!
//! assert_eq!(UnixTime::parse_rfc3339("2026-01-05T10:00:00.250Z")?.to_rfc3339(), "2026-01-05T10:00:00Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![cfg_attr(test, allow(clippy::disallowed_types, reason = "tests compare with serde_json::Value"))]

extern crate alloc;
#[cfg(any(test, feature = "os-entropy", feature = "std"))]
extern crate std;

pub mod base64;
pub mod base64url;
mod entropy;
pub mod form;
pub mod json;
pub mod members;
mod secret;
mod secret_buffer;
#[cfg(test)]
mod tests;
mod time;
mod url;
mod uuid;

pub use entropy::{Entropy, Label};
pub use secret::Secret;
pub use secret_buffer::SecretBuffer;
pub use time::{TimeError, UnixTime};
pub use url::{HttpsUrl, Issuer, Origin, RedirectUri, UrlError, check_path_id, percent_encode};
pub use uuid::uuid_v4;
