//! A small driver for the exchanges of fdx-par, over hyper and rustls.
//!
//! [`Transport`] carries one [`Request`](fdx_par::Request) out and hands back what came.
//! [`Transport::run`] is the loop that signs, sends and receives until an exchange is done.
//!
//! - `https` only: TLS 1.3, and TLS 1.2 with ECDHE and AEAD. There is no switch that accepts a bad
//!   certificate; a test names its own roots with [`Roots::pem`].
//! - HTTP/2 where the server speaks it, else HTTP/1.1. Connections are reused, in two pools: those
//!   that show the client's certificate (RFC 8705) and those that don't never mix.
//! - A connection must come in [`connect_timeout`](TransportBuilder::connect_timeout), the whole
//!   answer in [`timeout`](TransportBuilder::timeout). Heads are read up to 32 KiB, and a body is read up to
//!   the request's own cap: a longer one is an error as soon as it is known to be longer.
//! - A redirect is an answer like any other. It is never followed.
//!
//! It decides nothing about the protocol, keeps no cookies, knows no proxies, and sets no
//! process-wide default. Its futures want a tokio runtime with I/O and time enabled.
//!
//! ```no_run
//! use fdx_jose::PrivateKey;
//! use fdx_par::{ServerMetadata, WellKnown, discover};
//! use fdx_transport_hyper::{ClientIdentity, RunError, Transport, system_now};
//! use fdx_wire::Issuer;
//!
//! # async fn example(chain: &str, key: &str, issuer: Issuer, signer: PrivateKey)
//! #     -> Result<(), Box<dyn std::error::Error>> {
//! let transport =
//!     Transport::builder().client_certificate(ClientIdentity::from_pem(chain, key)?).build()?;
//!
//! let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, system_now())?;
//! let metadata: ServerMetadata = match transport.run(draft, &signer, system_now).await {
//!     Ok(metadata) => metadata,
//!     Err(RunError::Unheard { error, next_step }) => {
//!         eprintln!("{error}; safe is: {next_step:?}");
//!         return Ok(());
//!     }
//!     Err(other) => return Err(other.into()),
//! };
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
