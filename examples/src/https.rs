use std::error::Error;
use std::sync::Arc;

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

/// The size of a response's head at most, in bytes.
pub const MAX_HEAD: usize = 32 * 1024;

/// Writes an HTTP/1.1 request for a connection that carries no other.
#[must_use]
pub fn serialize(request: &Request<Vec<u8>>) -> Vec<u8> {
    let uri = request.uri();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let (method, body) = (request.method(), request.body());
    let mut bytes = format!(
        "{method} {target} HTTP/1.1\r\n{HOST}: {authority}\r\n{CONNECTION}: close\r\n\
         {CONTENT_LENGTH}: {}\r\n",
        body.len()
    )
    .into_bytes();
    for (name, value) in request.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// Reads the response from all bytes received until the connection was closed.
///
/// # Errors
/// If they are not one complete response with a `Content-Length`. This is no HTTP client: it reads
/// what the examples need.
pub fn parse(bytes: &[u8]) -> Result<Response<Vec<u8>>, Box<dyn Error>> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or("the response's head is incomplete")?;
    let (head, body) = bytes.split_at(end);
    let mut lines = str::from_utf8(head)?.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let status = status.and_then(|rest| rest.get(..3)).ok_or("the response is not HTTP/1.1")?;

    let mut response = Response::new(body.get(4..).unwrap_or_default().to_vec());
    *response.status_mut() = status.parse()?;
    for line in lines {
        let (name, value) = line.split_once(':').ok_or("a header field has no colon")?;
        let (name, value) = (name.parse::<HeaderName>()?, value.trim());
        response.headers_mut().append(name, HeaderValue::from_str(value)?);
    }
    let length = match response.headers().get(CONTENT_LENGTH) {
        Some(length) => length.to_str()?.parse::<usize>()?,
        // RFC 9110 8.6: it has no body.
        None if response.status() == StatusCode::NO_CONTENT => 0,
        None => return Err("the response has no Content-Length".into()),
    };
    if length != response.body().len() {
        return Err("the response is incomplete".into());
    }
    Ok(response)
}

/// Returns the TLS configuration of a client that trusts one root certificate. The process-wide
/// default provider is neither read nor set.
///
/// # Errors
/// If the root is not a certificate.
pub fn tls(root_der: &[u8]) -> Result<Arc<ClientConfig>, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(root_der.to_vec()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
