use core::error::Error;
use core::fmt;
use core::time::Duration;
use std::io;
use std::sync::Arc;

use fdx_jose::Thumbprint;
use fdx_par::{ClientCertificate, Request};
use fdx_wire::{SecretBuffer, UnixTime};
use http::header::USER_AGENT;
use http::uri::Scheme;
use http::{HeaderValue, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, Connected, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use crate::connect::{Connector, Network, Schemes, find};
use crate::deadline::{Deadline, Outgoing};
use crate::tls::{refuses_client_certificate, text_refuses_client_certificate};
use crate::{Clock, ConnectFault, ResponseFault, SetupFault, TransportBuilder, TransportError};

/// The size of a response's status line and header fields, in bytes.
const MAX_HEAD: u32 = 32 * 1024;
/// How far an HTTP/2 server may send ahead of our reading, in bytes: for a stream and a connection.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Shorter than typical idle timeouts of load balancers, so that a reused connection is seldom dead.
const IDLE: Duration = Duration::from_secs(30);
/// After this time without a frame, an HTTP/2 connection is probed with PING (RFC 9113 6.7).
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// A connection whose server leaves a PING unanswered for this long is closed.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The memory that `Content-Length` reserves at most, in bytes, before the body arrives.
const MAX_RESERVED: usize = 64 * 1024;

/// Sends requests to servers. Clones are cheap and share their connections.
#[derive(Clone)]
pub struct Transport {
    pub(crate) withholding: Pool,
    pub(crate) presenting: Option<Presenting>,
    pub(crate) timeout: Duration,
    /// Replaces the requests' own.
    pub(crate) user_agent: Option<HeaderValue>,
}

/// Connections that present the certificate with this thumbprint.
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

/// Connections that all present the client's certificate, or all do not.
#[derive(Clone)]
pub(crate) struct Pool(Client<Connector, Outgoing>);

impl Transport {
    /// Returns the default settings.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::new()
    }

    /// Sends one request, once. The request says whether the connection presents the client's
    /// certificate. Redirects are returned, not followed. The first request of a flow is sent only if
    /// this transport has the certificate that the flow needs later.
    ///
    /// The request's body is wiped when hyper drops it. The copies in the buffers of hyper and rustls
    /// are not wiped. The caller wipes the response's body, as [`Transport::run`] does.
    ///
    /// A request without certificate whose URL [`HttpsUrl::parse_loopback`] made from `http` goes
    /// over plain TCP to this machine.
    ///
    /// # Errors
    /// [`TransportError`]; [`SetupFault::NoClientCertificate`],
    /// [`SetupFault::OtherClientCertificate`] and [`SetupFault::NotHttps`] before anything is sent.
    ///
    /// [`HttpsUrl::parse_loopback`]: fdx_wire::HttpsUrl::parse_loopback
    pub async fn send(&self, request: Request) -> Result<http::Response<Vec<u8>>, TransportError> {
        self.send_limited(request, None).await
    }

    /// Sends one request as [`send`](Self::send) does, and gives it up at `deadline`: its connection is
    /// closed, or its stream in HTTP/2. Nothing of its body is written later.
    ///
    /// The clock is read immediately before the body is written, and not only before the connection is
    /// opened: another process may send the same request after the deadline. A response that has
    /// arrived is returned even if the machine slept beyond the deadline.
    ///
    /// # Errors
    /// As [`send`](Self::send). [`ConnectFault::TooLate`] if the deadline passed before the request was
    /// written, [`ResponseFault::TimedOut`] if it passed afterwards.
    pub async fn send_by(
        &self,
        request: Request,
        deadline: UnixTime,
        clock: &Clock,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let deadline = Deadline::new(deadline, clock);
        if deadline.is_over() {
            return Err(ConnectFault::TooLate.into());
        }
        self.send_limited(request, Some(deadline)).await
    }

    async fn send_limited(
        &self,
        request: Request,
        deadline: Option<Arc<Deadline>>,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let plain = request.url().is_loopback_http();
        if let Some(expected) = request.flow_certificate() {
            self.check_certificate(expected)?;
        }
        let pool = match request.certificate() {
            // Without TLS, no certificate can be presented.
            ClientCertificate::Present if plain => return Err(SetupFault::NotHttps.into()),
            ClientCertificate::Present => {
                if let Some(expected) = request.certificate_thumbprint() {
                    self.check_certificate(expected)?;
                }
                &self.presenting.as_ref().ok_or(SetupFault::NoClientCertificate)?.pool
            }
            ClientCertificate::Withhold => &self.withholding,
        };
        let limit = request.max_response_bytes();
        let mut request = request.into_http();
        if let Some(user_agent) = &self.user_agent {
            request.headers_mut().insert(USER_AGENT, user_agent.clone());
        }
        // The URL's type guarantees `https` or a loopback literal. Checked again on what is sent.
        let to_this_machine = matches!(request.uri().host(), Some("127.0.0.1" | "[::1]"));
        if !(plain && to_this_machine) {
            https(&request)?;
        }
        self.exchange(pool, request, limit, deadline).await
    }

    /// Sends a request that belongs to no exchange, without the client's certificate. A response
    /// body longer than `max_response_bytes` is an error.
    ///
    /// # Errors
    /// [`TransportError`]; [`SetupFault::NotHttps`] before anything is sent.
    pub async fn send_plain(
        &self,
        request: http::Request<Vec<u8>>,
        max_response_bytes: usize,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        https(&request)?;
        self.exchange(&self.withholding, request, max_response_bytes, None).await
    }

    fn check_certificate(&self, expected: Thumbprint) -> Result<(), SetupFault> {
        match &self.presenting {
            None => Err(SetupFault::NoClientCertificate),
            Some(presenting) if presenting.thumbprint != expected => {
                Err(SetupFault::OtherClientCertificate)
            }
            Some(_) => Ok(()),
        }
    }

    async fn exchange(
        &self,
        pool: &Pool,
        request: http::Request<Vec<u8>>,
        limit: usize,
        deadline: Option<Arc<Deadline>>,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let mut request = request.map(|body| Outgoing::new(body, deadline.clone()));
        // RFC 7301: ALPN selects the version of HTTP.
        *request.version_mut() = Version::HTTP_11;
        // Set when a connection receives the request. Before that, nothing was sent.
        let connection = capture_connection(&mut request);
        let mut retiring = RetireUnlessAnswered { connection: connection.clone(), answered: false };
        // Why the request was not written, or `written` if it was. Withholds it from now on.
        let unless_written = |fault: ConnectFault, written: ResponseFault| {
            let withheld = deadline.as_ref().is_some_and(|deadline| deadline.withhold());
            if connection.connection_metadata().is_some() && !withheld {
                return TransportError::Response(written);
            }
            match &deadline {
                Some(deadline) if deadline.is_over() => ConnectFault::TooLate.into(),
                _ => fault.into(),
            }
        };

        let exchange = async {
            let response = pool.0.request(request).await.map_err(|error| {
                match find::<TransportError>(&error) {
                    Some(error) => *error,
                    None => unless_written(ConnectFault::Lost, response_fault(&error)),
                }
            })?;
            let (parts, incoming) = response.into_parts();
            let bytes = body(incoming, limit).await?;
            Ok(http::Response::from_parts(parts, bytes))
        };
        let limited = async {
            match &deadline {
                Some(deadline) => deadline.limit(exchange).await,
                None => Some(exchange.await),
            }
        };
        match tokio::time::timeout(self.timeout, limited).await {
            Ok(Some(response)) => {
                retiring.answered = true;
                response
            }
            Ok(None) | Err(_) => {
                Err(unless_written(ConnectFault::TimedOut, ResponseFault::TimedOut))
            }
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

/// Reads a body of at most `limit` bytes. Dropping the rest closes an HTTP/1.1 connection, and
/// resets an HTTP/2 stream.
async fn body(mut incoming: Incoming, limit: usize) -> Result<Vec<u8>, ResponseFault> {
    let too_large = ResponseFault::BodyTooLarge { limit };
    // A `Content-Length` over the limit is rejected before the body is read.
    let announced = usize::try_from(incoming.size_hint().lower()).map_err(|_| too_large)?;
    if announced > limit {
        return Err(too_large);
    }
    // Wiped when it is outgrown or given up: a body may contain tokens.
    let mut bytes = SecretBuffer::with_capacity(announced.min(MAX_RESERVED));
    while let Some(frame) = incoming.frame().await {
        // Trailers are ignored.
        let Ok(data) = frame.map_err(|error| response_fault(&error))?.into_data() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(too_large);
        }
        bytes.push(&data);
    }
    Ok(bytes.into_bytes())
}

/// Sorts the error of a request that a connection received.
fn response_fault(error: &(dyn Error + 'static)) -> ResponseFault {
    if find::<rustls::Error>(error).is_some_and(refuses_client_certificate)
        || find::<io::Error>(error).is_some_and(text_refuses_client_certificate)
    {
        return ResponseFault::ClientCertificateRefused;
    }
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => ResponseFault::Unreadable,
        _ => ResponseFault::Lost,
    }
}

impl Pool {
    pub(crate) fn new(config: ClientConfig, schemes: Schemes, network: Network) -> Self {
        // hyper-util sends a request that a closed connection returned unwritten on another one.
        // The server still receives it once. Nothing else is repeated.
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
