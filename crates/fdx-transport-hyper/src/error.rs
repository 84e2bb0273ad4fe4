use std::io;
use std::net::SocketAddr;

/// Why no answer was had, sorted by how far the request came.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Ours: a configuration or a call that can't be right. Nothing was sent.
    #[error("the transport is not set up for this: {0}")]
    Setup(SetupFault),
    /// No usable connection came about. Nothing was sent.
    #[error("no connection: {0}")]
    Connect(ConnectFault),
    /// There was a connection, but no whole answer came over it. The server may have acted.
    #[error("no whole answer: {0}")]
    Answer(AnswerFault),
}

/// What is wrong on our side.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupFault {
    /// The URL of a request is not an `https` URL with a host, nor one that may be `http` to this
    /// machine.
    #[error("the URL is not https")]
    NotHttps,
    /// A request is to show the client's certificate (RFC 8705), and there is none.
    #[error("no client certificate is configured")]
    NoClientCertificate,
    /// A request is to show the client's certificate (RFC 8705), and the one that is there is not
    /// that which authenticates the client, or to which its tokens are bound.
    #[error("another client certificate is configured here than the client's configuration names")]
    OtherClientCertificate,
    /// The text holds no certificate, or one that can't be read.
    #[error("the PEM text of certificates can't be read")]
    Certificates,
    /// The text holds no private key, or one that can't be used.
    #[error("the PEM text holds no private key that can be used")]
    PrivateKey,
    /// The private key is not that of the first certificate of the chain.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// The TLS backend refused its settings.
    #[error("the TLS settings were refused")]
    Tls,
    /// The address filter rejected every address of the host, or the IP literal of the URL.
    #[error(
        "the address filter rejected {address} and every other address of the host; correct the \
         URL, or allow the address in `TransportBuilder::address_filter`"
    )]
    AddressRejected {
        /// The first of them.
        address: SocketAddr,
    },
    /// The proxy's host is neither a name nor an IP address, or its authorization is not the value
    /// of a header field.
    #[error("the proxy's host or authorization cannot be used; see `Proxy`")]
    Proxy,
    /// The proxy requires an authorization, or rejected the configured one (RFC 9110 section
    /// 15.5.8).
    #[error("the proxy answered 407; correct `Proxy::authorization`")]
    ProxyAuthorization,
}

/// Why no connection came about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectFault {
    /// The host's name has no address.
    #[error("the server's name was not resolved")]
    NameNotResolved,
    /// The network said no.
    #[error("the server was not reached ({0})")]
    Unreachable(io::ErrorKind),
    /// Nothing came of it in time.
    #[error("not connected in time")]
    TimedOut,
    /// The server's certificate was refused by us.
    #[error("the server's certificate {0}")]
    ServerCertificate(CertificateFault),
    /// The server refused the client's certificate, or wants one that we did not show.
    #[error("the server refused the client's certificate, or misses it")]
    ClientCertificateRefused,
    /// The server has no TLS version or cipher suite in common with us (RFC 9325).
    #[error("no TLS version and cipher suite in common")]
    NothingInCommon,
    /// The TLS handshake failed in another way.
    #[error("the TLS handshake failed")]
    Handshake,
    /// The proxy did not open a tunnel.
    #[error("the proxy {0}")]
    Proxy(ProxyFault),
    /// The connection ended before anything was sent.
    #[error("the connection was lost before anything was sent")]
    Lost,
}

/// Why a proxy did not open a tunnel (RFC 9110 section 9.3.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyFault {
    /// The proxy refused, or did not reach the server.
    #[error("refused the tunnel with status {status}")]
    Refused {
        /// The status code of the proxy's response.
        status: u16,
    },
    /// The proxy's response is not HTTP/1, or bytes follow it that no TLS server sends.
    #[error("sent a response that is not HTTP/1.1")]
    Unreadable,
    /// The head of the proxy's response is larger than 8 KiB.
    #[error("sent a response head larger than 8 KiB")]
    HeadTooLarge,
}

/// What is wrong with a server's certificate (RFC 5280, RFC 9525).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// It is over.
    #[error("has expired")]
    Expired,
    /// It has not begun.
    #[error("is not valid yet")]
    NotYetValid,
    /// It names other hosts.
    #[error("is for another name")]
    OtherName,
    /// No root that we trust stands behind it.
    #[error("comes from an unknown issuer")]
    UnknownIssuer,
    /// Anything else.
    #[error("is not valid")]
    Invalid,
}

/// Why there was no whole answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// It did not come, or not wholly, in time.
    #[error("not in time")]
    TimedOut,
    /// The connection ended; in HTTP/2, the stream, by either side: there, too large a head is
    /// among the reasons.
    #[error("the connection was lost")]
    Lost,
    /// The server refused the client's certificate, or wants one that we did not show. In TLS 1.3
    /// that may be heard only after the request was written.
    #[error("the server refused the client's certificate, or misses it")]
    ClientCertificateRefused,
    /// What came is not HTTP/1.1, or its status line and header fields are too long or too many.
    #[error("what came can't be read as HTTP")]
    Unreadable,
    /// The body is longer than was wanted.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// How many bytes were wanted at most.
        limit: usize,
    },
}

impl TransportError {
    /// Whether the request may have reached the server. Where not, it certainly did not act.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Answer(_))
    }
}

impl From<SetupFault> for TransportError {
    fn from(fault: SetupFault) -> Self {
        Self::Setup(fault)
    }
}

impl From<ConnectFault> for TransportError {
    fn from(fault: ConnectFault) -> Self {
        Self::Connect(fault)
    }
}

impl From<ProxyFault> for ConnectFault {
    fn from(fault: ProxyFault) -> Self {
        Self::Proxy(fault)
    }
}

impl From<ProxyFault> for TransportError {
    fn from(fault: ProxyFault) -> Self {
        Self::Connect(fault.into())
    }
}

impl From<AnswerFault> for TransportError {
    fn from(fault: AnswerFault) -> Self {
        Self::Answer(fault)
    }
}
