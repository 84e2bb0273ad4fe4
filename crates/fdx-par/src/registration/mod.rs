//! Dynamic registration (RFC 7591) and its management (RFC 7592).
//!
//! ```text
//!   ClientConfig, Registration, ServerMetadata ──▶ Registrar
//!                                                      │ register
//!                                                      ▼
//!                  ┌────── read, update ────▶ Registered ── client_config ──▶ ClientConfig
//!                  └──────────────────────────────┤
//!                                                 └── delete ──▶ Deleted
//! ```
//!
//! UAE Open Finance registers otherwise:
//! [`Client::register_by_certificate`](crate::Client::register_by_certificate).

mod answer;
mod choices;
mod client_keys;
mod comparison;
mod delete;
mod derived;
mod document;
mod exchange;
mod fdx;
mod metadata;
mod read;
mod refusal;
mod register;
mod registered;
mod registrar;
mod reserved;
mod stored;
mod tls_client_auth;
mod update;

pub use choices::Registration;
pub use delete::Deleted;
pub use fdx::{Intermediary, RegistryReference};
pub use register::InitialAccess;
pub use registered::{Registered, RegistrationAccess};
pub use registrar::Registrar;
pub use tls_client_auth::TlsClientAuthName;
