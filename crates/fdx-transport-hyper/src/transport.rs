use core::fmt;
use core::time::Duration;

use bytes::Bytes;
use fdx_jose::Thumbprint;
use fdx_par::{ClientCertificate, Request};
use http::Version;
use http::uri::Scheme;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, Connected, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use crate::connect::{Connector, Network, Schemes, find};
use crate::read::{answer_fault, body};
use crate::{AnswerFault, ConnectFault, SetupFault, TransportBuilder, TransportError};

/// Of one response's status line and header fields, in bytes.
const MAX_HEAD: u32 = 32 * 1024;
/// What an HTTP/2 server may send ahead of our reading, in bytes: of one stream, of a connection.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Shorter than load balancers are wont to wait, so that a reused connection is seldom dead.
const IDLE: Duration = Duration::from_secs(30);
/// After this time without a frame, an HTTP/2 connection is probed with PING (RFC 9113 6.7).
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// A connection whose server leaves a PING unanswered for this long is closed.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Carries requests to servers. Cloning it is cheap, and clones share their connections.
#[derive(Clone)]
pub struct Transport {
    pub(crate) withholding: Pool,
    pub(crate) presenting: Option<Presenting>,
    pub(crate) timeout: Duration,
}

/// Connections that show the certificate of this thumbprint.
#[derive(Clone)]
pub(crate) struct Presenting {
    pub(crate) thumbprint: Thumbprint,
    pub(crate) pool: Pool,
}

/// Retires the connection of a request that was given up: it timed out here, or the caller dropped
/// the future, perhaps for a timeout of its own. The connection may hang, and HTTP/2 would put
/// every later request on it.
struct RetireUnlessAnswered {
    connection: CaptureConnection,
    answered: bool,
}

/// Connections that all show the client's certificate, or all don't.
#[derive(Clone)]
pub(crate) struct Pool(Client<Connector, Full<Bytes>>);

impl Transport {
    /// The settings, with their defaults.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::new()
    }

    /// Carries one request out, once, over a connection that shows the client's certificate or
    /// does not, as the request says. Redirects come back as they are.
    ///
    /// The request's body is wiped when hyper drops it. The copies in the buffers of hyper and rustls
    /// are not wiped, and the response's body is the caller's to wipe, which
    /// [`Transport::run`] does.
    ///
    /// A request that shows no certificate, and whose URL [`HttpsUrl::parse_loopback`] made from
    /// `http`, goes over plain TCP to this machine.
    ///
    /// # Errors
    /// [`TransportError`]; [`SetupFault::NoClientCertificate`],
    /// [`SetupFault::OtherClientCertificate`] and [`SetupFault::NotHttps`] before anything is sent.
    ///
    /// [`HttpsUrl::parse_loopback`]: fdx_wire::HttpsUrl::parse_loopback
    pub async fn send(&self, request: Request) -> Result<http::Response<Vec<u8>>, TransportError> {
        let plain = request.url().is_loopback_http();
        let pool = match request.certificate() {
            // Over plain TCP there is nothing to show it to.
            ClientCertificate::Present if plain => return Err(SetupFault::NotHttps.into()),
            ClientCertificate::Present => {
                let presenting = self.presenting.as_ref().ok_or(SetupFault::NoClientCertificate)?;
                let named = request.certificate_thumbprint();
                if named.is_some_and(|named| named != presenting.thumbprint) {
                    return Err(SetupFault::OtherClientCertificate.into());
                }
                &presenting.pool
            }
            ClientCertificate::Withhold => &self.withholding,
        };
        let limit = request.max_response_bytes();
        let request = request.into_http();
        // Once more, by what is carried out: the URL's type vouches for `https` or a literal.
        let to_itself = matches!(request.uri().host(), Some("127.0.0.1" | "[::1]"));
        if !(plain && to_itself) {
            https(&request)?;
        }
        self.carry(pool, request, limit).await
    }

    /// Carries out a request that is not an exchange's, as a browser would, without the client's
    /// certificate. Of the answer's body `max_response_bytes` are read at most.
    ///
    /// # Errors
    /// [`TransportError`]; [`SetupFault::NotHttps`] before anything is sent.
    pub async fn send_plain(
        &self,
        request: http::Request<Vec<u8>>,
        max_response_bytes: usize,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        https(&request)?;
        self.carry(&self.withholding, request, max_response_bytes).await
    }

    async fn carry(
        &self,
        pool: &Pool,
        request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let mut request = request.map(|body| Full::new(Bytes::from_owner(Zeroizing::new(body))));
        // Which version is spoken is settled with the server (ALPN, RFC 7301).
        *request.version_mut() = Version::HTTP_11;
        // Set once the request is handed to a connection: before that, nothing can have been sent.
        let connection = capture_connection(&mut request);
        let mut retiring = RetireUnlessAnswered { connection: connection.clone(), answered: false };

        let answered = tokio::time::timeout(self.timeout, async {
            let response = pool.0.request(request).await.map_err(|error| {
                if let Some(error) = find::<TransportError>(&error) {
                    return *error;
                }
                if connection.connection_metadata().is_some() {
                    return TransportError::Answer(answer_fault(&error));
                }
                ConnectFault::Lost.into()
            })?;
            let (parts, incoming) = response.into_parts();
            let bytes = body(incoming, limit).await?;
            Ok(http::Response::from_parts(parts, bytes))
        });
        match answered.await {
            Ok(answered) => {
                retiring.answered = true;
                answered
            }
            Err(_) if connection.connection_metadata().is_some() => {
                Err(AnswerFault::TimedOut.into())
            }
            Err(_) => Err(ConnectFault::TimedOut.into()),
        }
    }
}

/// FAPI 2.0 Security Profile 5.2.1-1.
fn https(request: &http::Request<Vec<u8>>) -> Result<(), SetupFault> {
    let uri = request.uri();
    let https = uri.scheme() == Some(&Scheme::HTTPS);
    if https && uri.host().is_some_and(|host| !host.is_empty()) {
        Ok(())
    } else {
        Err(SetupFault::NotHttps)
    }
}

impl Pool {
    pub(crate) fn new(config: ClientConfig, schemes: Schemes, network: Network) -> Self {
        // A request that a dead connection gives back unwritten goes over another one: it is still
        // carried out once. That is hyper-util's default, and the one repetition there is.
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(MAX_HEAD as usize)
            .http2_max_header_list_size(MAX_HEAD)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .http2_keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            // A connection that dies in the pool would cost the next request its whole timeout. The
            // pool keeps an idle connection for about `IDLE`, so that few PINGs are sent.
            .http2_keep_alive_while_idle(true)
            .build(Connector::new(config, schemes, network));
        Self(client)
    }
}

impl Drop for RetireUnlessAnswered {
    fn drop(&mut self) {
        if !self.answered {
            // The pool drops a poisoned connection instead of reusing it.
            self.connection.connection_metadata().as_ref().map(Connected::poison);
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("client_certificate", &self.presenting.is_some())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
