use core::fmt;
use core::str;
use std::net::IpAddr;

use fdx_wire::Secret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use crate::connect::io_fault;
use crate::{ConnectFault, ProxyFault, SetupFault, TransportError};

/// Of the proxy's response to CONNECT, interim responses included, in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// An HTTP proxy that opens tunnels to the institution (RFC 9110 section 9.3.6, CONNECT).
///
/// The connection to the proxy is plain TCP. Inside the tunnel, TLS is between this program and
/// the institution: the proxy sees the institution's host and port, and no request.
#[derive(Clone)]
pub struct Proxy {
    host: String,
    port: u16,
    authorization: Option<Secret>,
}

impl Proxy {
    /// A proxy at a host name or an IP address.
    ///
    /// # Errors
    /// [`SetupFault::Proxy`] if the host is neither.
    pub fn new(host: &str, port: u16) -> Result<Self, TransportError> {
        let host = without_brackets(host);
        let is_name = (1..=253).contains(&host.len())
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        if !is_name && host.parse::<IpAddr>().is_err() {
            return Err(SetupFault::Proxy.into());
        }
        Ok(Self { host: host.to_owned(), port, authorization: None })
    }

    /// Sends this value as `Proxy-Authorization`, for example `Basic YXBwOnNlc2FtZQ==`.
    ///
    /// Only the proxy receives it. Our copies are wiped; those in the operating system's socket
    /// buffers are not.
    ///
    /// # Errors
    /// [`SetupFault::Proxy`] if the value is empty, or has bytes other than printable ASCII.
    pub fn authorization(mut self, value: Secret) -> Result<Self, TransportError> {
        let text = value.expose();
        // RFC 9110 5.5: a line break would end the field.
        if text.is_empty() || !text.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Err(SetupFault::Proxy.into());
        }
        self.authorization = Some(value);
        Ok(self)
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Requests a tunnel to a host, over a connection to the proxy. The host is as in a URL, with
    /// brackets where it is an IPv6 address.
    pub(crate) async fn open_tunnel<S>(
        &self,
        stream: &mut S,
        host: &str,
        port: u16,
    ) -> Result<(), TransportError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let head = self.connect_head(host, port);
        stream.write_all(head.as_bytes()).await.map_err(|error| io_fault(&error))?;
        let mut received = Vec::with_capacity(MAX_HEAD);
        let mut room = MAX_HEAD;
        loop {
            while let Some((head, rest)) = split_head(&received) {
                match status(head).ok_or(ProxyFault::Unreadable)? {
                    // RFC 9110 15.2: an interim response precedes the final one.
                    100 | 102..=199 => received = rest.to_vec(),
                    // TLS clients speak first, so bytes after the head cannot be the server's.
                    200..=299 if rest.is_empty() => return Ok(()),
                    200..=299 => return Err(ProxyFault::Unreadable.into()),
                    407 => return Err(SetupFault::ProxyAuthorization.into()),
                    status => return Err(ProxyFault::Refused { status }.into()),
                }
            }
            if room == 0 {
                return Err(ProxyFault::HeadTooLarge.into());
            }
            let mut limited = (&mut *stream).take(u64::try_from(room).unwrap_or_default());
            let read = limited.read_buf(&mut received).await.map_err(|error| io_fault(&error))?;
            if read == 0 {
                return Err(ConnectFault::Lost.into());
            }
            room = room.saturating_sub(read);
        }
    }

    fn connect_head(&self, host: &str, port: u16) -> Zeroizing<String> {
        let target = format!("{host}:{port}");
        let mut parts = vec!["CONNECT ", &target, " HTTP/1.1\r\nHost: ", &target, "\r\n"];
        if let Some(authorization) = &self.authorization {
            parts.extend(["Proxy-Authorization: ", authorization.expose(), "\r\n"]);
        }
        parts.push("\r\n");
        Zeroizing::new(parts.concat())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("authorization", &self.authorization)
            .finish()
    }
}

/// The host of a URL, without the brackets of an IPv6 address.
pub(crate) fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Splits off a response's head, at the empty line that ends it.
fn split_head(received: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    received.split_at_checked(end + 4)
}

/// The status code of a response's head (RFC 9112 section 4). Its fields have no meaning here: RFC
/// 9110 9.3.6 ignores `Content-Length` and `Transfer-Encoding` of a successful response.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.1 ").or_else(|| head.strip_prefix(b"HTTP/1.0 "))?;
    let (code, rest) = rest.split_at_checked(3)?;
    let ends = matches!(rest.first(), Some(b' ' | b'\r'));
    let digits = code.iter().all(u8::is_ascii_digit);
    if !ends || !digits {
        return None;
    }
    str::from_utf8(code).ok()?.parse().ok().filter(|code| (100..600).contains(code))
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    #[tokio::test]
    async fn reads_each_response_to_connect() {
        let refused = |status| Err(TransportError::Connect(ProxyFault::Refused { status }.into()));
        let unreadable = Err(TransportError::from(ProxyFault::Unreadable));
        let too_large = Err(TransportError::from(ProxyFault::HeadTooLarge));
        let lost = Err(TransportError::from(ConnectFault::Lost));
        let authorization = Err(TransportError::from(SetupFault::ProxyAuthorization));
        let large = |bytes| format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(bytes));
        let (fits, over) = (large(MAX_HEAD - 24), large(MAX_HEAD - 23));
        assert_eq!(fits.len(), MAX_HEAD);
        let endless = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
        for (response, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Ok(())),
            ("HTTP/1.0 200 OK\r\n\r\n", Ok(())),
            ("HTTP/1.1 204\r\nContent-Length: 5\r\n\r\n", Ok(())),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", Ok(())),
            (&fits, Ok(())),
            (&over, too_large),
            (&endless, too_large),
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", authorization),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", refused(101)),
            ("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", refused(302)),
            ("HTTP/1.1 403 Forbidden\r\n\r\nno", refused(403)),
            ("HTTP/1.1 502 Bad Gateway\r\n\r\n", refused(502)),
            ("HTTP/1.1 200 OK\r\n\r\n\x16\x03", unreadable),
            ("HTTP/1.1 2000 OK\r\n\r\n", unreadable),
            ("HTTP/1.1 +20 OK\r\n\r\n", unreadable),
            ("HTTP/1.1 999 OK\r\n\r\n", unreadable),
            ("HTTP/2 200 OK\r\n\r\n", unreadable),
            ("\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", unreadable),
            ("HTTP/1.1 200 OK\n\n", lost),
            ("HTTP/1.1 200 OK\r\n", lost),
            ("", lost),
        ] {
            // Whole, and byte by byte.
            for chunk in [response.len().max(1), 1] {
                let (mut ours, theirs) = duplex(chunk.max(256));
                let serve = async move {
                    let (mut reader, mut writer) = tokio::io::split(theirs);
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(reader.read_u8().await.unwrap());
                    }
                    for part in response.as_bytes().chunks(chunk) {
                        // The client hangs up as soon as it rejects the response.
                        let _ = writer.write_all(part).await;
                        tokio::task::yield_now().await;
                    }
                };
                let proxy = Proxy::new("proxy.example", 3128).unwrap();
                let open = async {
                    let opened = proxy.open_tunnel(&mut ours, "bank.example", 443).await;
                    drop(ours);
                    opened
                };
                let ((), opened) = tokio::join!(serve, open);
                let cut: String = response.chars().take(60).collect();
                // In one piece, bytes after the head are noticed; later ones would be TLS's.
                if chunk > 1 || !response.contains('\x16') {
                    assert_eq!(opened, expected, "{cut:?} by {chunk}");
                }
            }
        }
    }

    #[test]
    fn accepts_names_and_addresses_as_proxy_hosts() {
        for host in ["proxy", "proxy.example", "10.0.0.1", "::1", "[::1]", "under_score"] {
            assert!(Proxy::new(host, 1).is_ok(), "{host}");
        }
        let long = "x".repeat(254);
        for host in ["", "a b", "a:1", "user@host", "http://a", "a/b", "a\r\nx", "[::1", "ä", &long]
        {
            let error = Proxy::new(host, 1).unwrap_err();
            assert_eq!(error, SetupFault::Proxy.into(), "{host}");
        }
    }

    #[test]
    fn rejects_authorization_that_could_add_a_field() {
        let proxy = || Proxy::new("proxy.example", 3128).unwrap();
        for value in ["", "Basic a\r\nX: y", "Basic \0", "Basic ä", "a\tb"] {
            let error = proxy().authorization(Secret::new(value.to_owned())).unwrap_err();
            assert_eq!(error, SetupFault::Proxy.into(), "{value:?}");
        }
        let proxy = proxy().authorization(Secret::new("Basic YQ==".to_owned())).unwrap();
        assert_eq!(
            proxy.connect_head("[::1]", 8443).as_str(),
            "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n\
             Proxy-Authorization: Basic YQ==\r\n\r\n"
        );
        assert_eq!(
            format!("{proxy:?}"),
            "Proxy { host: \"proxy.example\", port: 3128, authorization: Some([redacted]) }"
        );
    }
}
