//! A small driver for the exchanges of fdx-par, over hyper and rustls.
//!
//! [`Transport`] carries one [`Request`](fdx_par::Request) out and hands back what came.
//! [`Transport::run`] is the loop that signs, sends and receives until an exchange is done.
//!
//! - `https` only: TLS 1.3, and TLS 1.2 with ECDHE and AEAD. There is no switch that accepts a bad
//!   certificate; a test names its own roots with [`Roots::pem`]. The exception is an exchange
//!   whose issuer [`Issuer::parse_loopback`](fdx_wire::Issuer::parse_loopback) made from `http`.
//! - HTTP/2 where the server speaks it, else HTTP/1.1. Connections are reused, in two pools: those
//!   that show the client's certificate (RFC 8705) and those that don't never mix.
//! - A connection must come in [`connect_timeout`](TransportBuilder::connect_timeout), the whole
//!   answer in [`timeout`](TransportBuilder::timeout). Heads are read up to 32 KiB, and a body is
//!   read up to the request's own cap: a longer one is an error as soon as it is known to be longer.
//! - A redirect is an answer like any other. It is never followed.
//!
//! It decides nothing about the protocol, keeps no cookies, knows no proxies, and sets no
//! process-wide default. Its futures want a tokio runtime with I/O and time enabled.
//!
//! ```text
//!   Draft ──sign──▶ Request ──▶ connection with or without certificate ──▶ server
//!     ▲                                                                      │
//!     └── Step::Again ◀── receive ◀── answer, as it came, up to its cap ◀────┘
//!                            └──▶ Step::Done, or RunError: refused, not sent, not heard
//! ```
//!
//! ```
//! # use std::net::Ipv4Addr;
//! # use std::sync::{Arc, Mutex};
//! # use fdx_jose::{Algorithm, PrivateKey, backend};
//! # use fdx_sandbox::certificates::CertificateAuthority;
//! # use fdx_sandbox::server::{Server, TlsIdentity};
//! # use fdx_sandbox::{Institution, InstitutionConfig};
//! # use fdx_wire::{Entropy, HttpsUrl};
//! use fdx_par::{NextStep, ServerMetadata, WellKnown, discover};
//! use fdx_transport_hyper::{ClientIdentity, Roots, RunError, Transport, system_now};
//! use fdx_wire::Issuer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let new_key = || -> Result<PrivateKey, Box<dyn std::error::Error>> {
//! #     let pkcs8 = backend::ring().generate_pkcs8(Algorithm::Es256)?;
//! #     Ok(PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, None)?)
//! # };
//! # let any_port = (Ipv4Addr::LOCALHOST, 0).into();
//! # let server = Server::bind(any_port, any_port).await?;
//! # let issuer = Issuer::parse(&format!("https://localhost:{}", server.main().port()))?;
//! # let mtls = HttpsUrl::parse(&format!("https://localhost:{}", server.mtls().port()))?;
//! # let config = InstitutionConfig::new(issuer.clone(), mtls, backend::ring(), vec![new_key()?]);
//! # let institution = Arc::new(Mutex::new(Institution::new(config, Entropy::new([7; 32]))));
//! # let authority = CertificateAuthority::new("An authority")?;
//! # let (identity, own) = (TlsIdentity::from(authority.server()?), authority.client("app")?);
//! # let running = server.serve(institution, identity, &[authority.certificate_der()])?;
//! # let (roots, chain, key) = (authority.certificate_pem(), own.pem(), &own.private_key_pem());
//! # let signer = new_key()?;
//! let transport = Transport::builder()
//!     .root_certificates(Roots::pem(roots)?) // public authorities, if this is left out
//!     .client_certificate(ClientIdentity::from_pem(chain, key)?)
//!     .build()?;
//!
//! let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, system_now())?;
//! let metadata: ServerMetadata = transport.run(draft, &signer, system_now).await?;
//! assert_eq!(metadata.issuer(), &issuer);
//!
//! # drop(running);
//! // Nobody there: the error tells what is safe.
//! let nobody = Issuer::parse("https://localhost:1")?;
//! let draft = discover(&nobody, WellKnown::OAuthAuthorizationServer, system_now())?;
//! match transport.run(draft, &signer, system_now).await {
//!     Err(RunError::NotSent { next_step, .. }) => {
//!         assert_eq!(next_step, NextStep::Retry { after: None });
//!     }
//!     other => panic!("{other:?}"),
//! }
//! # Ok(()) }
//! ```

mod builder;
mod connect;
mod error;
mod identity;
mod read;
mod roots;
mod run;
mod tls;
mod transport;

pub use builder::TransportBuilder;
pub use error::{AnswerFault, CertificateFault, ConnectFault, SetupFault, TransportError};
pub use identity::ClientIdentity;
pub use roots::{RootCertificates, Roots};
pub use run::{RunError, system_now};
pub use transport::Transport;
