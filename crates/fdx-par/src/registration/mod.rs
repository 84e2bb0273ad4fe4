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
//! Some providers register a client by its certificate instead:
//! [`Client::register_by_certificate`](crate::Client::register_by_certificate).

pub(crate) mod answer;
pub(crate) mod by_certificate;
pub(crate) mod choices;
pub(crate) mod client_keys;
pub(crate) mod comparison;
pub(crate) mod derived;
pub(crate) mod document;
pub(crate) mod exchanges;
pub(crate) mod metadata;
pub(crate) mod registered;
pub(crate) mod registrar;
pub(crate) mod registry;
pub(crate) mod stored;

pub use choices::Registration;
pub use exchanges::{Deleted, InitialAccess};
pub use registered::{Registered, RegistrationAccess};
pub use registrar::Registrar;
pub use registry::{Intermediary, RegistryReference, TlsClientAuthName};
