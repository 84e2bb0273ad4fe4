//! A strict FAPI 2.0 and FDX v6 institution as a value, and a server for it on loopback.
//!
//! An [`Institution`] is an authorization server and a data provider in one: metadata, pushed
//! authorization requests, a consent page, tokens and all that is done with them, and the FDX
//! resources that were granted. It has one customer, who is always logged in and whom [`customer`]
//! plays.
//!
//! ```text
//!   /.well-known/..., /jwks ─▶ /par ─▶ /authorize, the customer's page ─▶ /token ─▶ /fdx/v6/...
//!                                                                           │
//!                                     /introspect, /revoke ◀── tokens ──────┘
//! ```
//!
//! It refuses every request that FAPI 2.0 tells a server to refuse, and says which clause was
//! broken: to the client in `error_description`, and to the test beside it as a [`Verdict`] for
//! each check that was made. Clients authenticate by `private_key_jwt` or by certificate; tokens
//! are bound by DPoP or by certificate; requests and answers may be signed, as FAPI 2.0 Message
//! Signing has it.
//!
//! The institution never does I/O, reads no clock and draws no randomness: [`Institution::handle`]
//! takes a request, the client's certificate as a [`Peer`] and the time, and gives a response.
//! It shares no code with the client of this project above keys, tokens and vocabulary, so that the
//! two can't share a mistake. It forgets everything when it is dropped, and guards nobody's money.
//! With the feature `server` it stands behind TLS on two ports, with certificates made at start.
//!
//! ```
//! use fdx_jose::{Algorithm, PrivateKey, backend};
//! use fdx_sandbox::{Institution, InstitutionConfig, Outcome};
//! use fdx_wire::{Entropy, HttpsUrl, Issuer, UnixTime};
//!
//! let backend = backend::ring();
//! let pkcs8 = backend.generate_pkcs8(Algorithm::Es256)?;
//! let key = PrivateKey::from_pkcs8_der(backend, &pkcs8, None)?;
//! let issuer = Issuer::parse("https://bank.example")?;
//! let mtls = HttpsUrl::parse("https://mtls.bank.example")?;
//! let config = InstitutionConfig::new(issuer, mtls, backend, vec![key]);
//! let mut institution = Institution::new(config, Entropy::new([7; 32])); // or from the system
//!
//! let push = http::Request::post("https://bank.example/par")
//!     .header("content-type", "application/x-www-form-urlencoded")
//!     .body(b"client_id=app&client_secret=s".to_vec())?;
//! let response = institution.handle(&push, None, UnixTime::from_seconds(1_767_607_200));
//! assert_eq!(response.status(), 401);
//! let broken = institution.last_verdicts().last().unwrap();
//! assert_eq!((broken.clause, broken.outcome), ("FAPI 2.0 SP 5.3.2.1-6", Outcome::Failed));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod authorize;
#[cfg(feature = "server")]
pub mod certificates;
mod client;
mod client_authentication;
mod config;
pub mod customer;
mod data;
mod document;
mod dpop;
mod error;
mod id_token;
mod institution;
mod introspection;
mod jwks;
mod memory;
mod metadata;
pub mod misbehaviour;
mod nonces;
mod par;
mod peer;
mod place;
mod provider;
mod randomness;
mod received;
mod registration;
mod replay;
mod resources;
mod revocation;
#[cfg(feature = "server")]
pub mod server;
mod signed;
mod telling;
#[cfg(test)]
mod tests;
mod token;
mod verdict;
mod x5c;

pub use client::{
    Binding, CertificateName, ClientAuthentication, ClientSecret, RegisteredClient, RequestObjects,
    SecretPlace,
};
pub use config::{ConsentIdCarrier, InstitutionConfig, NoncePolicy, OldKeys, RefreshPolicy};
pub use data::{Account, Customer, Transaction};
pub use institution::Institution;
pub use misbehaviour::Misbehaviour;
pub use peer::Peer;
pub use provider::{Paths, Provider};
pub use registration::RegistrationPolicy;
pub use verdict::{Outcome, Verdict};
pub use x5c::x5c_thumbprints;
