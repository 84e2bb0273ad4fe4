//! Carries the exchanges of fdx-par to servers, over hyper and rustls.
//!
//! [`Transport`] sends one [`Request`](fdx_par::Request) and returns the response.
//! [`Transport::run`] is the loop that signs, sends and receives until an exchange is done.
//! [`Transport::verify`] fetches the server's keys if a signature needs them. The crate makes no
//! protocol decisions, keeps no cookies and sets no process-wide default. Its futures
//! need a tokio runtime with I/O and time enabled. With the feature `store`, `Driver` runs the
//! procedures of `fdx-store`.
//!
//! ```text
//!   Draft ──sign──▶ Request ──▶ connection with or without certificate ──▶ server
//!     ▲                                                                      │
//!     └── Step::Again ◀── receive ◀── response, up to the request's cap ◀────┘
//!                            └──▶ Step::Done, or RunError: refused, not sent, no response
//! ```
//!
//! ```
//! # use std::net::Ipv4Addr;
//! # use std::sync::{Arc, Mutex};
//! # use fdx_jose::{Algorithm, PrivateKey, backend};
//! # use fdx_sandbox::certificates::CertificateAuthority;
//! # use fdx_sandbox::server::{Server, TlsIdentity};
//! # use fdx_sandbox::{Sandbox, InstitutionConfig};
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
//! # let institution = Arc::new(Mutex::new(Sandbox::new(config, Entropy::new([7; 32]))));
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
//! // No server listens there: the error names the next step that is safe.
//! let unused = Issuer::parse("https://localhost:1")?;
//! let draft = discover(&unused, WellKnown::OAuthAuthorizationServer, system_now())?;
//! match transport.run(draft, &signer, system_now).await {
//!     Err(RunError::NotSent { next_step, .. }) => {
//!         assert_eq!(next_step, NextStep::Retry { after: None });
//!     }
//!     other => panic!("{other:?}"),
//! }
//! # Ok(()) }
//! ```
//!
//! # What is checked, and what is not
//!
//! | subject | rule |
//! |---|---|
//! | scheme | `https` only (FAPI 2.0 5.2.1-1). Exception: an exchange whose issuer [`Issuer::parse_loopback`](fdx_wire::Issuer::parse_loopback) made from `http`, to this machine |
//! | TLS version | 1.3, or 1.2 with ECDHE and AEAD (RFC 9325). No early data |
//! | roots | Mozilla's, as compiled in, or those of [`Roots::pem`] alone. The system's store is not read |
//! | server certificate | chain, validity period, and host name or IP address in the subject alternative names (RFC 5280, RFC 9525). No switch turns this off |
//! | certificate revocation | **not checked**: no CRL, no OCSP, and a stapled OCSP response is ignored. A check would need current CRLs for every issuer of the chain, given to the verifier of rustls |
//! | Certificate Transparency | **not checked**: signed certificate timestamps are ignored |
//! | client certificate (RFC 8705) | presented only by requests that say so, and only the one that the client's configuration names. Connections with and without it are in two pools |
//! | HTTP version | `h2`, else `http/1.1`, by ALPN (RFC 7301). A server without ALPN gets HTTP/1.1 |
//! | addresses | **every address is allowed** by default. [`TransportBuilder::address_filter`] checks each address before a connection to it; with a proxy, the proxy's addresses only |
//! | proxy | none by default, and the environment is not read. [`TransportBuilder::proxy`] tunnels `https` with CONNECT. TLS ends at the institution |
//! | headers | those of the request. [`TransportBuilder::user_agent`] replaces `User-Agent` |
//! | redirects | never followed: a 3xx is returned like any other response |
//! | size | heads to 32 KiB, a proxy's to 8 KiB, bodies to the request's own cap. A longer body is an error as soon as its length is known |
//! | time | [`connect_timeout`](TransportBuilder::connect_timeout) from the name to the end of the TLS handshake, [`timeout`](TransportBuilder::timeout) for the whole request |
//! | deadline | [`Transport::send_by`] reads the clock immediately before the body is written, and every 100 milliseconds until the response is there |
//! | hung connections | a connection is not reused after a request on it timed out or was dropped. HTTP/2 connections are probed with PING after 10 seconds without a frame, idle ones too, and closed 5 seconds later without an answer |
//! | repetition | none, except that a request goes to another connection if the server closed the pooled one before it was written |
//! | memory | private keys in DER and the proxy's authorization are wiped. The buffers of the HTTP and TLS libraries are not |

mod address;
mod builder;
mod certificates;
mod clock;
mod connect;
mod deadline;
#[cfg(feature = "store")]
mod driver;
mod error;
mod proxy;
mod run;
#[cfg(feature = "store")]
mod store;
#[cfg(test)]
mod tests;
mod tls;
mod transport;
mod verify;

pub use address::{AddressDecision, Resolver, public_addresses_only};
pub use builder::TransportBuilder;
pub use certificates::{ClientIdentity, RootCertificates, Roots};
pub use clock::{Clock, system_now};
#[cfg(feature = "store")]
pub use driver::Driver;
pub use error::{
    CertificateFault, ConnectFault, ProxyFault, ResponseFault, SetupFault, TransportError,
};
pub use proxy::Proxy;
pub use run::RunError;
#[cfg(feature = "store")]
pub use store::{BlockingStore, Store};
pub use transport::Transport;
pub use verify::{Checked, KeyCache, NotVerified, VerifyError};
