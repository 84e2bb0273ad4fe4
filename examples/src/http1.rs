use std::error::Error;

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use http::{Request, Response};

/// Bytes that the head of an answer may have.
pub const MAX_HEAD: usize = 32 * 1024;

/// One request of HTTP/1.1, on a connection that carries no other.
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

/// The answer, from all the bytes that came until the connection was closed.
///
/// # Errors
/// Where they are not one whole answer of a known length: this is the least that an example needs,
/// not an HTTP client.
pub fn parse(bytes: &[u8]) -> Result<Response<Vec<u8>>, Box<dyn Error>> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or("the answer's head did not end")?;
    let (head, body) = bytes.split_at(end);
    let mut lines = str::from_utf8(head)?.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let status = status.and_then(|rest| rest.get(..3)).ok_or("not an answer of HTTP/1.1")?;

    let mut response = Response::new(body.get(4..).unwrap_or_default().to_vec());
    *response.status_mut() = status.parse()?;
    for line in lines {
        let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
        let (name, value) = (name.parse::<HeaderName>()?, value.trim());
        response.headers_mut().append(name, HeaderValue::from_str(value)?);
    }
    let length = response.headers().get(CONTENT_LENGTH).ok_or("an answer of unknown length")?;
    if length.to_str()?.parse() != Ok(response.body().len()) {
        return Err("the answer was cut short".into());
    }
    Ok(response)
}
