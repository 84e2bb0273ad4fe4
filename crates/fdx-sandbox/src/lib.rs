//! A strict FAPI 2.0 and FDX v6 institution as a value, and a server for it on loopback.
//!
//! A [`Sandbox`] is an authorization server and a data provider in one: metadata, pushed
//! authorization requests, a consent page, tokens, introspection, revocation, and the granted FDX
//! resources. It has one customer, who is always logged in. [`customer`] plays the customer.
//!
//! ```text
//!   /.well-known/..., /jwks ─▶ /par ─▶ /authorize, the customer's page ─▶ /token ─▶ /fdx/v6/...
//!                                                                           │
//!                                     /introspect, /revoke ◀── tokens ──────┘
//! ```
//!
//! The sandbox refuses every request that FAPI 2.0 requires a server to refuse. The
//! `error_description` of its response contains the violated clause. [`Sandbox::last_verdicts`]
//! returns a [`Verdict`] for each check. A rule that binds the client alone is observed and not
//! enforced: parameters next to `request_uri` have no effect and are an [`Outcome::Finding`]. Clients
//! that know FAPI 2.0 and not FDX can use an institution on which [`Presence`] makes
//! `authorization_details` and `x-fapi-interaction-id` optional. [`DescribedClient`] reads clients
//! from files. Clients authenticate by `private_key_jwt` or by
//! certificate. Tokens are bound by DPoP or by certificate. Requests and responses can be signed,
//! as in FAPI 2.0 Message Signing. A simulated [`Provider`] can deviate from FAPI 2.0, for example
//! with client secrets.
//!
//! A [`Sandbox`] does no I/O, reads no clock and generates no randomness. [`Sandbox::handle`] takes
//! a request, the client's certificate as a [`Peer`] and the time, and returns a response. This
//! crate does not depend on `fdx-par`, so the client is tested against independent code. Both use
//! the same crates for keys, tokens, PKCE, JSON and the FDX vocabulary. The sandbox is for tests
//! only: it protects no data, and its state is lost when it is dropped. The feature `server` serves
//! it over TLS on two ports, with newly generated certificates.
//!
//! Five modules handle a request. Each imports only modules below it:
//!
//! ```text
//!   sandbox        intercept ─▶ map_request ─▶ handle ─▶ map_response ─▶ tamper
//!   misbehaviour   intercept                                             tamper
//!   provider                    map_request              map_response
//!   institution                                handle: configuration, state, routes
//!   pages                                      HTML, and the customer who reads it
//! ```
//!
//! ```
//! use fdx_jose::{Algorithm, PrivateKey, backend};
//! use fdx_sandbox::{InstitutionConfig, Outcome, Sandbox};
//! use fdx_wire::{Entropy, HttpsUrl, Issuer, UnixTime};
//!
//! let backend = backend::ring();
//! let pkcs8 = backend.generate_pkcs8(Algorithm::Es256)?;
//! let key = PrivateKey::from_pkcs8_der(backend, &pkcs8, None)?;
//! let issuer = Issuer::parse("https://bank.example")?;
//! let mtls = HttpsUrl::parse("https://mtls.bank.example")?;
//! let config = InstitutionConfig::new(issuer, mtls, backend, vec![key]);
//! let mut sandbox = Sandbox::new(config, Entropy::new([7; 32])); // or Entropy::from_os()?
//!
//! let push = http::Request::post("https://bank.example/par")
//!     .header("content-type", "application/x-www-form-urlencoded")
//!     .body(b"client_id=app&client_secret=s".to_vec())?;
//! let response = sandbox.handle(&push, None, UnixTime::from_seconds(1_767_607_200));
//! assert_eq!(response.status(), 401);
//! let failed = sandbox.last_verdicts().last().unwrap();
//! assert_eq!((failed.clause, failed.outcome), ("FAPI 2.0 SP 5.3.2.1-6", Outcome::Failed));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod document;
mod institution;
pub mod misbehaviour;
mod pages;
mod provider;
mod sandbox;
#[cfg(feature = "server")]
pub mod server;
#[cfg(test)]
mod tests;

pub use crate::institution::client::{
    Binding, CertificateName, ClientAuthentication, ClientSecret, RegisteredClient, RequestObjects,
    SecretPlace,
};
pub use crate::institution::config::{
    ConsentIdCarrier, InstitutionConfig, NoncePolicy, OldKeys, Paths, Presence, RefreshPolicy,
    RegistrationPolicy,
};
pub use crate::institution::customer_data::{Account, Customer, Transaction};
pub use crate::institution::described_client::{ClientMetadataError, DescribedClient};
pub use crate::institution::received::Peer;
pub use crate::institution::rule::rules;
pub use crate::institution::signing::x5c_thumbprints;
pub use crate::institution::verdict::{Outcome, Verdict};
pub use crate::misbehaviour::Misbehaviour;
pub use crate::pages::customer;
pub use crate::provider::definition::Provider;
pub use crate::sandbox::Sandbox;
#[cfg(feature = "server")]
pub use crate::server::certificates;
