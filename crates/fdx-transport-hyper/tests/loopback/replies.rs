use std::future::pending;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame};

const CHUNK: u64 = 1000;

/// A body in chunks: this many bytes, and then an ending.
pub struct Script {
    left: u64,
    then: Then,
}

enum Then {
    /// These last bytes.
    Text(Bytes),
    /// Neither bytes nor an end.
    Silence,
    /// The connection is cut.
    Cut,
}

/// Returns the server's response to a path. `repeated`: the path was requested before.
pub async fn reply(request: &Request<()>, repeated: bool) -> Response<Script> {
    let path = request.uri().path().trim_start_matches('/');
    let (name, argument) = path.split_once('/').unwrap_or((path, ""));
    let number = || argument.parse::<u64>().unwrap();
    let response = Response::builder();
    let response = match name {
        "announced" => response.header("content-length", argument).body(filler(number())),
        "unannounced" => response.body(filler(number())),
        "endless" => response.body(filler(u64::MAX)),
        // The length is announced, and no byte is sent.
        "promised" => response.header("content-length", argument).body(silence(0)),
        "cut" => response.body(Script { left: 10, then: Then::Cut }),
        "closing" => response.header("connection", "close").body(filler(0)),
        "stalling" => response.body(silence(10)),
        "never" => pending().await,
        "redirect" => response.status(argument).header("location", "/announced/0").body(filler(0)),
        "head" => {
            let value = "x".repeat(usize::try_from(number()).unwrap());
            response.header("x-filler", value).body(filler(0))
        }
        ".well-known" if argument.ends_with("/never") => pending().await,
        ".well-known" if argument.ends_with("/endless") => response.body(filler(u64::MAX)),
        ".well-known" => json(200, metadata(request)),
        // RFC 9449 8: the first proof lacks the nonce.
        "par" if !repeated => {
            let response = json(400, r#"{"error":"use_dpop_nonce"}"#.to_owned());
            return with_nonce(response);
        }
        "par" => json(201, r#"{"request_uri":"urn:example:1","expires_in":60}"#.to_owned()),
        _ => response.status(404).body(filler(0)),
    };
    response.unwrap()
}

fn with_nonce(response: http::Result<Response<Script>>) -> Response<Script> {
    let mut response = response.unwrap();
    response.headers_mut().insert("dpop-nonce", "n-1".parse().unwrap());
    response
}

fn json(status: u16, text: String) -> http::Result<Response<Script>> {
    let body = Script { left: 0, then: Then::Text(text.into()) };
    Response::builder().status(status).header("content-type", "application/json").body(body)
}

fn metadata(request: &Request<()>) -> String {
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => request.headers()["host"].to_str().unwrap(),
    };
    let base = format!("https://{authority}");
    format!(
        r#"{{"issuer":"{base}","authorization_endpoint":"{base}/authorize",
        "token_endpoint":"{base}/token","jwks_uri":"{base}/jwks",
        "pushed_authorization_request_endpoint":"{base}/par",
        "code_challenge_methods_supported":["S256"]}}"#
    )
}

fn filler(bytes: u64) -> Script {
    Script { left: bytes, then: Then::Text(Bytes::new()) }
}

fn silence(bytes: u64) -> Script {
    Script { left: bytes, then: Then::Silence }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left > 0 {
            let chunk = self.left.min(CHUNK);
            self.left -= chunk;
            let chunk = vec![b'x'; usize::try_from(chunk).unwrap()];
            return Poll::Ready(Some(Ok(Frame::data(chunk.into()))));
        }
        match &mut self.then {
            Then::Silence => Poll::Pending,
            Then::Cut => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
            Then::Text(text) if text.is_empty() => Poll::Ready(None),
            Then::Text(text) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
        }
    }
}
