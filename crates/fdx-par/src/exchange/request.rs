use core::fmt;

use fdx_jose::Thumbprint;
use fdx_wire::HttpsUrl;
use http::Method;
use zeroize::Zeroize;

/// One HTTP request. Send it once, and do not follow redirects.
///
/// `Debug` prints neither headers nor body, which contain secrets. [`Request::into_http`] returns them,
/// with `Authorization` and `DPoP` marked sensitive.
///
/// A request is wiped when it is dropped. After `into_http`, `Authorization` and `DPoP` are still wiped
/// when the last copy of the [`HeaderMap`](http::HeaderMap) is dropped. The caller wipes the body,
/// which is a `Vec`.
pub struct Request {
    pub(super) http: http::Request<Vec<u8>>,
    pub(super) url: HttpsUrl,
    pub(super) certificate: ClientCertificate,
    pub(super) thumbprint: Option<Thumbprint>,
    pub(super) flow_certificate: Option<Thumbprint>,
    pub(super) max_response_bytes: usize,
}

/// Whether the connection of a request shows the client's certificate (RFC 8705).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ClientCertificate {
    /// Show it.
    Present,
    /// Do not.
    Withhold,
}

impl Request {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.http.method()
    }

    /// The URL, as it was configured or received.
    #[must_use]
    pub fn url(&self) -> &HttpsUrl {
        &self.url
    }

    /// Whether to show the client's certificate: that of [`Request::certificate_thumbprint`].
    #[must_use]
    pub fn certificate(&self) -> ClientCertificate {
        self.certificate
    }

    /// `x5t#S256` of the certificate to show (RFC 8705 section 3.1): the configured certificate, or
    /// that of the token. `None` if no certificate is shown, or any may be.
    #[must_use]
    pub fn certificate_thumbprint(&self) -> Option<Thumbprint> {
        match self.certificate {
            ClientCertificate::Present => self.thumbprint,
            ClientCertificate::Withhold => None,
        }
    }

    /// `x5t#S256` of the certificate that later requests of the flow show, if this request begins a
    /// flow. A transport without it should send nothing: otherwise the customer consents first, and
    /// then the code can't be exchanged.
    #[must_use]
    pub fn flow_certificate(&self) -> Option<Thumbprint> {
        self.flow_certificate
    }

    /// The largest response body that is accepted, in bytes.
    #[must_use]
    pub fn max_response_bytes(&self) -> usize {
        self.max_response_bytes
    }

    /// The request itself, with all its secrets.
    #[must_use]
    pub fn into_http(mut self) -> http::Request<Vec<u8>> {
        core::mem::take(&mut self.http)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.http.body_mut().zeroize();
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", self.method())
            .field("url", &self.url.without_query())
            .field("certificate", &self.certificate)
            .field("body", &format_args!("[redacted], {} bytes", self.http.body().len()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `Draft::attach` relies on this.
        #[test]
        fn every_https_url_is_a_uri_of_the_same_text(
            host in "([a-z0-9_-]{1,8}(\\.[a-zA-Z0-9]{1,5}){0,2}|\\[::1\\]|\\[1:2:3:4:5:6:7\\.8\\.9\\.1\\])",
            port in "(:[1-9][0-9]{0,3})?",
            tail in "([/?][!-~]{0,30}){0,3}",
        ) {
            if let Ok(url) = HttpsUrl::parse(&format!("https://{host}{port}{tail}")) {
                let uri: http::Uri = url.as_str().parse().unwrap();
                prop_assert_eq!(uri.host(), Some(url.host()));
                prop_assert_eq!(uri.port_u16().unwrap_or(443), url.port());
                let path = if url.path().is_empty() { "/" } else { url.path() };
                prop_assert_eq!(uri.path(), path);
                prop_assert_eq!(uri.query(), url.query());
            }
        }
    }
}
