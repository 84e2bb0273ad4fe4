//! A server for a sandbox, with TLS on two ports.
//!
//! The main port requests no client certificate. The mTLS port requests one, and accepts those of a
//! given CA and given certificates. Without one, TLS succeeds and each request that needs a
//! certificate is refused. Binding comes first, because the issuer contains the port:
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use std::net::Ipv4Addr;
//! use std::sync::{Arc, Mutex};
//!
//! use fdx_jose::{Algorithm, PrivateKey, backend};
//! use fdx_sandbox::certificates::CertificateAuthority;
//! use fdx_sandbox::server::{Server, TlsIdentity};
//! use fdx_sandbox::{InstitutionConfig, Sandbox};
//! use fdx_wire::{Entropy, HttpsUrl, Issuer};
//!
//! let any_port = (Ipv4Addr::LOCALHOST, 0).into();
//! let server = Server::bind(any_port, any_port).await?;
//! let issuer = Issuer::parse(&format!("https://localhost:{}", server.main().port()))?;
//! let mtls = HttpsUrl::parse(&format!("https://localhost:{}", server.mtls().port()))?;
//!
//! let backend = backend::ring();
//! let pkcs8 = backend.generate_pkcs8(Algorithm::Es256)?;
//! let key = PrivateKey::from_pkcs8_der(backend, &pkcs8, None)?;
//! let config = InstitutionConfig::new(issuer, mtls, backend, vec![key]);
//! # let unpredictable = [0; 32];
//! let sandbox = Sandbox::new(config, Entropy::new(unpredictable));
//!
//! let authority = CertificateAuthority::new("Sandbox CA")?;
//! let identity = TlsIdentity::from(authority.server()?);
//! let sandbox = Arc::new(Mutex::new(sandbox));
//! let running = server.serve(sandbox, identity, &[authority.certificate_der()])?;
//! // ... until `running` is dropped.
//! # drop(running);
//! # Ok(())
//! # }
//! ```

pub mod certificates;
mod connection;
mod listener;
mod peer;
#[cfg(test)]
mod tests;
mod tls;

pub use crate::server::connection::{Answered, Observer};
pub use crate::server::listener::{Running, Server};
pub use crate::server::tls::{ServerError, TlsIdentity};
