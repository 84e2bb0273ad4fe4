use std::io;
use std::net::SocketAddr;

use fdx_par::NextStep;

/// Why there is no response, sorted by how far the request came.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The transport's configuration does not allow this request. Nothing was sent. The same request
    /// fails again.
    #[error("the transport's configuration does not allow this request: {0}")]
    Setup(SetupFault),
    /// No connection was established. Nothing was sent.
    #[error("no connection: {0}")]
    Connect(ConnectFault),
    /// The request was sent, and no complete response arrived. The server may have acted on it.
    #[error("no complete response: {0}")]
    Response(ResponseFault),
}

/// What is wrong with the configuration or the call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupFault {
    /// The request's URL is not an `https` URL with a host, nor a loopback `http` URL (FAPI 2.0
    /// Security Profile 5.2.1).
    #[error("the URL is not https; use an https URL with a host")]
    NotHttps,
    /// The request must present the client's certificate (RFC 8705), and none is configured.
    #[error("no client certificate is configured; set `TransportBuilder::client_certificate`")]
    NoClientCertificate,
    /// The request must present a certificate that authenticates the client, or to which its tokens
    /// are bound (RFC 8705), and another one is configured.
    #[error(
        "the transport's client certificate differs from the one in the client's configuration; \
         configure the same certificate in both"
    )]
    OtherClientCertificate,
    /// The text contains no certificate, or a malformed one.
    #[error("the text contains no readable PEM certificates")]
    Certificates,
    /// The text contains no private key, or an encrypted, malformed or unsupported one.
    #[error("the text contains no usable PEM private key; use an unencrypted PKCS#8 key")]
    PrivateKey,
    /// The private key does not belong to the first certificate of the chain.
    #[error("the private key does not belong to the first certificate of the chain")]
    KeyMismatch,
    /// The TLS backend rejected the settings.
    #[error("the TLS backend rejected the settings")]
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
    /// `User-Agent` is empty, has spaces at its ends, or is not printable ASCII (RFC 9110 section
    /// 10.1.5).
    #[error(
        "the User-Agent is empty or not printable ASCII; correct `TransportBuilder::user_agent`"
    )]
    UserAgent,
}

/// Why no connection was established.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectFault {
    /// The host's name has no address, or is not a valid name.
    #[error("the server's name cannot be resolved")]
    NameNotResolved,
    /// The server, or the proxy, cannot be reached.
    #[error("the server cannot be reached ({0})")]
    Unreachable(io::ErrorKind),
    /// The connection took longer than the configured time.
    #[error("the time limit for connecting passed")]
    TimedOut,
    /// The server's certificate was rejected.
    #[error("the server's certificate {0}")]
    ServerCertificate(CertificateFault),
    /// The server refused the client's certificate, or requires one that was not presented.
    #[error("the server refused the client's certificate, or requires one")]
    ClientCertificateRefused,
    /// The server supports none of our TLS versions and cipher suites (RFC 9325).
    #[error("the server supports no TLS version and cipher suite that RFC 9325 recommends")]
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
    /// The deadline of [`Transport::send_by`](crate::Transport::send_by) passed before the request
    /// was written.
    #[error("the deadline passed before the request was written")]
    TooLate,
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
    /// Its validity period has ended.
    #[error("has expired")]
    Expired,
    /// Its validity period has not begun.
    #[error("is not valid yet")]
    NotYetValid,
    /// Its subject alternative names do not include the host.
    #[error("does not name the host")]
    OtherName,
    /// Its chain ends at no trusted root.
    #[error("was issued by an unknown authority")]
    UnknownIssuer,
    /// Another rule of RFC 5280 is violated, for example by its signature.
    #[error("is not valid")]
    Invalid,
}

/// Why there is no complete response.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseFault {
    /// The response did not arrive completely within the configured time, or before the deadline.
    #[error("the time limit for the request passed")]
    TimedOut,
    /// The connection ended, or left a PING unanswered; in HTTP/2, also if the stream was reset, for
    /// example because the response's head was too large.
    #[error("the connection was lost")]
    Lost,
    /// The server refused the client's certificate, or requires one that was not presented. In TLS
    /// 1.3 that alert can arrive after the request was written.
    #[error("the server refused the client's certificate, or requires one")]
    ClientCertificateRefused,
    /// The response is not HTTP/1.1, or its status line and header fields are too long or too many.
    #[error("the response is not valid HTTP, or its head is larger than 32 KiB")]
    Unreadable,
    /// The body is longer than the request allows.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The request's limit in bytes.
        limit: usize,
    },
}

impl TransportError {
    /// Returns whether the request may have reached the server. If not, the server did not act.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Response(_))
    }

    /// Returns the next step. `on_no_response` is the step that is safe if the server may have
    /// acted ([`Sent::on_no_response`](fdx_par::Sent::on_no_response)).
    ///
    /// | error | next step |
    /// |---|---|
    /// | the transport's configuration | [`NextStep::Correct`] |
    /// | no address, no TCP connection, time limit, deadline, connection lost | [`NextStep::Retry`] |
    /// | the server's certificate, TLS handshake | [`NextStep::Correct`] |
    /// | a certificate that is required or was refused | [`NextStep::Correct`] |
    /// | the proxy refused with 429 or 5xx | [`NextStep::Retry`] |
    /// | the proxy refused with another status, or its response is not usable | [`NextStep::Correct`] |
    /// | no complete response | `on_no_response` |
    #[must_use]
    pub fn next_step(&self, on_no_response: NextStep) -> NextStep {
        use ConnectFault as Connect;
        const RETRY: NextStep = NextStep::Retry { after: None };
        match self {
            Self::Setup(_) => NextStep::Correct,
            Self::Connect(fault) => match fault {
                Connect::NameNotResolved
                | Connect::Unreachable(_)
                | Connect::TimedOut
                | Connect::Lost
                | Connect::TooLate => RETRY,
                // Certificates and settings stay as they are until someone replaces them.
                Connect::ServerCertificate(_)
                | Connect::ClientCertificateRefused
                | Connect::NothingInCommon
                | Connect::Handshake => NextStep::Correct,
                // RFC 9110 15.6: 502 and 504 of a proxy that did not reach the server.
                Connect::Proxy(ProxyFault::Refused { status: 429 | 500.. }) => RETRY,
                Connect::Proxy(_) => NextStep::Correct,
            },
            // TLS failed: no server read the request.
            Self::Response(ResponseFault::ClientCertificateRefused) => NextStep::Correct,
            Self::Response(_) => on_no_response,
        }
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

impl From<ResponseFault> for TransportError {
    fn from(fault: ResponseFault) -> Self {
        Self::Response(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const RETRY: NextStep = NextStep::Retry { after: None };

    #[test]
    fn a_request_is_repeated_only_if_the_next_attempt_can_succeed() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 443));
        let setup = [
            SetupFault::NotHttps,
            SetupFault::NoClientCertificate,
            SetupFault::OtherClientCertificate,
            SetupFault::Certificates,
            SetupFault::PrivateKey,
            SetupFault::KeyMismatch,
            SetupFault::Tls,
            SetupFault::AddressRejected { address },
            SetupFault::Proxy,
            SetupFault::ProxyAuthorization,
            SetupFault::UserAgent,
        ];
        let certificate = [
            CertificateFault::Expired,
            CertificateFault::NotYetValid,
            CertificateFault::OtherName,
            CertificateFault::UnknownIssuer,
            CertificateFault::Invalid,
        ];
        let permanent = [
            ConnectFault::ClientCertificateRefused,
            ConnectFault::NothingInCommon,
            ConnectFault::Handshake,
            ProxyFault::Refused { status: 400 }.into(),
            ProxyFault::Refused { status: 403 }.into(),
            ProxyFault::Unreadable.into(),
            ProxyFault::HeadTooLarge.into(),
        ];
        let temporary = [
            ConnectFault::NameNotResolved,
            ConnectFault::Unreachable(io::ErrorKind::ConnectionRefused),
            ConnectFault::TimedOut,
            ConnectFault::Lost,
            ConnectFault::TooLate,
            ProxyFault::Refused { status: 429 }.into(),
            ProxyFault::Refused { status: 502 }.into(),
            ProxyFault::Refused { status: 504 }.into(),
        ];
        let rows = setup
            .map(|fault| (TransportError::from(fault), NextStep::Correct))
            .into_iter()
            .chain(
                certificate
                    .map(|it| (ConnectFault::ServerCertificate(it).into(), NextStep::Correct)),
            )
            .chain(permanent.map(|fault| (fault.into(), NextStep::Correct)))
            .chain(temporary.map(|fault| (fault.into(), RETRY)))
            .chain([(ResponseFault::ClientCertificateRefused.into(), NextStep::Correct)]);
        for on_no_response in [RETRY, NextStep::StartOver, NextStep::AskTheInstitution] {
            for (error, next_step) in rows.clone() {
                assert_eq!(error.next_step(on_no_response), next_step, "{error}");
            }
            for fault in [
                ResponseFault::TimedOut,
                ResponseFault::Lost,
                ResponseFault::Unreadable,
                ResponseFault::BodyTooLarge { limit: 1 },
            ] {
                let error = TransportError::from(fault);
                assert_eq!(error.next_step(on_no_response), on_no_response, "{error}");
            }
        }
    }
}
