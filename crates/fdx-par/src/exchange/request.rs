use core::fmt;

use fdx_wire::HttpsUrl;
use http::Method;

/// One HTTP request to carry out, once, without following redirects.
///
/// It prints neither headers nor body, which hold secrets; [`Request::into_http`] hands them over,
/// with `Authorization` and `DPoP` marked sensitive.
pub struct Request {
    pub(super) http: http::Request<Vec<u8>>,
    pub(super) url: HttpsUrl,
    pub(super) certificate: ClientCertificate,
    pub(super) max_response_bytes: usize,
}

/// Whether a request goes over a connection that shows the client's certificate (RFC 8705).
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

    /// Whether the client's certificate is to be shown.
    #[must_use]
    pub fn certificate(&self) -> ClientCertificate {
        self.certificate
    }

    /// How many bytes of the response's body are worth reading. One more is an error.
    #[must_use]
    pub fn max_response_bytes(&self) -> usize {
        self.max_response_bytes
    }

    /// The request itself, with all its secrets.
    #[must_use]
    pub fn into_http(self) -> http::Request<Vec<u8>> {
        self.http
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
