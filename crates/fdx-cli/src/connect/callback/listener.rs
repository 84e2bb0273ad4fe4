//! An HTTP/1.1 listener for the start URL and the callback.

use std::sync::Arc;
use std::time::Duration;

use fdx_wire::form::Query;
use fdx_wire::{RedirectUri, Secret, SecretBuffer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::connect::callback::gate::{Entry, Gate};
use crate::error::Failure;
use crate::print::message;

/// Listens on the redirect_uri's port, for the start URL of the [`Gate`] and one callback.
pub(crate) struct Listener {
    visits: mpsc::Receiver<Result<Visit, Failure>>,
    gate: Arc<Gate>,
}

/// A callback, and the connection to the browser that sent it.
pub(crate) struct Visit {
    url: Secret,
    stream: Option<TcpStream>,
}

/// What every connection needs.
struct Shared {
    redirect_uri: RedirectUri,
    gate: Arc<Gate>,
    arrived: mpsc::Sender<Result<Visit, Failure>>,
}

/// The limit of a request's head, which is far smaller in a browser.
const MAX_HEAD: usize = 16 * 1024;
/// The limit of the form with the secret.
const MAX_BODY: usize = 1024;
/// The time limit of one connection.
const PATIENCE: Duration = Duration::from_secs(5);

impl Listener {
    pub(crate) async fn bind(redirect_uri: &RedirectUri) -> Result<Self, Failure> {
        let origin = redirect_uri.origin();
        let host = if origin.as_str().contains("[::1]") { "[::1]" } else { "127.0.0.1" };
        let address = format!("{host}:{}", redirect_uri.port());
        let listener = TcpListener::bind(&address).await.map_err(|error| {
            Failure::usage(
                format!("can't listen on {address} of the redirect_uri: {error}"),
                "free the port, or use --callback stdin",
            )
        })?;
        let (arrived, visits) = mpsc::channel(1);
        let gate = Arc::new(Gate::new(redirect_uri)?);
        let shared =
            Shared { redirect_uri: redirect_uri.clone(), gate: Arc::clone(&gate), arrived };
        tokio::spawn(listen(listener, Arc::new(shared)));
        Ok(Self { visits, gate })
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn shared_gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// Waits for the next request of the redirect_uri's path.
    pub(crate) async fn accept(&mut self) -> Result<Visit, Failure> {
        let ended = || Failure::failed("the listener has ended", "use --callback stdin");
        self.visits.recv().await.ok_or_else(ended)?
    }

    /// Returns a request that has arrived already.
    pub(crate) fn arrived(&mut self) -> Option<Visit> {
        self.visits.try_recv().ok()?.ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The tasks of connections still own the gate. It must not keep the start file.
        self.gate.close();
    }
}

/// Serves connections concurrently: browsers open connections that they may never use.
async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while !shared.arrived.is_closed() {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
            // Probably too many open files.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Serves one connection. Refuses requests for other paths, such as an icon.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    // Too slow, too long, or closed: no response.
    let Ok(Some(request)) = timeout(PATIENCE, request(&mut stream)).await else {
        return;
    };
    let (gate, redirect_uri) = (&shared.gate, &shared.redirect_uri);
    match parse(request.as_bytes(), redirect_uri.path(), &gate.start_path()) {
        Ok(Parsed::Callback { target, cookies }) => {
            if cookies.iter().any(|header| gate.admits(header)) {
                let url = Secret::concat(&[redirect_uri.origin().as_str(), target]);
                let _ = shared.arrived.send(Ok(Visit { url, stream: Some(stream) })).await;
                return;
            }
            message("note: ignored a callback from a browser that did not start here");
            answer(
                stream,
                FORBIDDEN,
                "This browser did not start here. Open the start page of fdx \
                connect in this browser.",
            )
            .await;
        }
        Ok(Parsed::Start { secret, cookies }) => match gate.enter(secret.expose(), &cookies) {
            Entry::Pass(pass) => {
                let (location, cookie) = (pass.location.expose(), pass.cookie.expose());
                let headers =
                    Secret::concat(&["location: ", location, "\r\nset-cookie: ", cookie, "\r\n"]);
                answer_with(stream, "303 See Other", headers.expose(), "Continue.").await;
            }
            Entry::SecondBrowser => {
                let _ = shared.arrived.send(Err(second_browser())).await;
                answer(stream, FORBIDDEN, "Another browser used this page before. The flow ends.")
                    .await;
            }
            Entry::Refused => {
                answer(
                    stream,
                    FORBIDDEN,
                    "This is not the start page, or it was used before. Run \
                    fdx connect again.",
                )
                .await;
            }
        },
        Err(status) => answer(stream, status, "Not found.").await,
    }
}

const FORBIDDEN: &str = "403 Forbidden";

impl Visit {
    pub(crate) fn pasted(url: Secret) -> Self {
        Self { url, stream: None }
    }

    /// The URL as it was received.
    pub(crate) fn url(&self) -> &str {
        self.url.expose()
    }

    pub(crate) async fn answer(self, text: &str) {
        if let Some(stream) = self.stream {
            answer(stream, "200 OK", text).await;
        }
    }

    pub(crate) async fn refuse(self) {
        if let Some(stream) = self.stream {
            answer(stream, "400 Bad Request", "This is not the expected callback.").await;
        }
    }
}

/// Reads the head, and a body of `Content-Length` bytes.
async fn request(stream: &mut TcpStream) -> Option<SecretBuffer> {
    let mut bytes = SecretBuffer::with_capacity(MAX_HEAD);
    let mut chunk = Zeroizing::new([0; 2048]);
    loop {
        if let Some(end) = end_of_head(bytes.as_bytes()) {
            let announced = headers(bytes.as_bytes().get(..end)?, "content-length");
            let announced: usize = match announced.as_slice() {
                [] => 0,
                [one] => one.parse().ok().filter(|length| *length <= MAX_BODY)?,
                _ => return None,
            };
            if bytes.len() >= end + announced {
                return Some(bytes);
            }
        }
        if bytes.len() > MAX_HEAD {
            return None;
        }
        let read = stream.read(chunk.as_mut()).await.ok().filter(|read| *read > 0)?;
        bytes.push(chunk.get(..read)?);
    }
}

/// The index after the empty line.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// The values of a header, without those that are not text.
fn headers<'h>(head: &'h [u8], name: &str) -> Vec<&'h str> {
    let lines = head.split(|byte| *byte == b'\n').skip(1);
    let values = lines.filter_map(|line| {
        let (found, value) = str::from_utf8(line).ok()?.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    });
    values.collect()
}

/// A parsed request.
#[derive(Debug)]
enum Parsed<'r> {
    Callback { target: &'r str, cookies: Vec<&'r str> },
    Start { secret: Secret, cookies: Vec<&'r str> },
}

/// Parses a GET of the callback's path, or a GET or POST of the start path (RFC 9112 section 3).
/// Returns the status of the refusal otherwise.
fn parse<'r>(request: &'r [u8], path: &str, start_path: &str) -> Result<Parsed<'r>, &'static str> {
    const BAD_REQUEST: &str = "400 Bad Request";
    let end = end_of_head(request).ok_or(BAD_REQUEST)?;
    let (head, body) = request.split_at_checked(end).ok_or(BAD_REQUEST)?;
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = str::from_utf8(line).map_err(|_| BAD_REQUEST)?;
    let mut parts = line.split(' ');
    let (method, target, version) = (parts.next(), parts.next(), parts.next());
    let (Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) = (target, version, parts.next())
    else {
        return Err(BAD_REQUEST);
    };
    if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(BAD_REQUEST);
    }
    let (visited, query) = target.split_once('?').unwrap_or((target, ""));
    let wanted = if path.is_empty() { "/" } else { path };
    let start = |form| {
        secret(form).map(|secret| Parsed::Start { secret, cookies: headers(head, "cookie") })
    };
    match method {
        Some("GET") if visited == wanted => {
            Ok(Parsed::Callback { target, cookies: headers(head, "cookie") })
        }
        // A prefetch would use up the secret.
        Some("GET") if visited == start_path && !headers(head, "sec-purpose").is_empty() => {
            Err("503 Service Unavailable")
        }
        Some("GET") if visited == start_path => start(query).ok_or(BAD_REQUEST),
        Some("POST") if visited == start_path => {
            str::from_utf8(body).ok().and_then(start).ok_or(BAD_REQUEST)
        }
        Some("GET") => Err("404 Not Found"),
        _ => Err("405 Method Not Allowed"),
    }
}

fn secret(form: &str) -> Option<Secret> {
    let form = Query::parse(form, MAX_BODY).ok()?;
    let secret = form.one("secret").ok()??;
    Some(Secret::new(secret.to_owned()))
}

fn second_browser() -> Failure {
    Failure::failed(
        "a second browser opened the start page, so another person may have made the decision",
        "run the command again, and open its start page in one browser",
    )
}

async fn answer(stream: TcpStream, status: &str, text: &str) {
    answer_with(stream, status, "", text).await;
}

/// Writes a response, and ignores errors: only the browser needs it.
async fn answer_with(mut stream: TcpStream, status: &str, headers: &str, text: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>fdx</title><p>{text}</p></html>"
    );
    let length = page.len().to_string();
    // The URL contains a code or a secret, which must not be cached or sent as a referrer.
    let response = Secret::concat(&[
        "HTTP/1.1 ",
        status,
        "\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: ",
        &length,
        "\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-security-policy: default-src 'none'\r\nx-content-type-options: nosniff\r\n",
        headers,
        "connection: close\r\n\r\n",
        &page,
    ]);
    let written = async {
        stream.write_all(response.expose().as_bytes()).await?;
        stream.shutdown().await
    };
    let _ = timeout(PATIENCE, written).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_target_and_cookies_of_a_callback() {
        let head =
            b"GET /cb?code=a&state=b HTTP/1.1\r\nhost: x\r\nCookie: a=b\r\ncookie:c=d\r\n\r\n";
        let Ok(Parsed::Callback { target, cookies }) = parse(head, "/cb", "/cb/start") else {
            panic!("no callback");
        };
        assert_eq!((target, cookies.as_slice()), ("/cb?code=a&state=b", &["a=b", "c=d"][..]));
        assert!(matches!(
            parse(b"GET /?code=a HTTP/1.1\r\n\r\n", "", "/start"),
            Ok(Parsed::Callback { target: "/?code=a", .. })
        ));
    }

    #[test]
    fn accepts_the_start_by_get_and_post() {
        for request in [
            &b"GET /cb/start?secret=s HTTP/1.1\r\n\r\n"[..],
            b"POST /cb/start HTTP/1.1\r\ncontent-length: 8\r\n\r\nsecret=s",
        ] {
            let Ok(Parsed::Start { secret, .. }) = parse(request, "/cb", "/cb/start") else {
                panic!("{request:?}");
            };
            assert_eq!(secret.expose(), "s");
        }
    }

    #[test]
    fn refuses_every_other_request() {
        for (head, status) in [
            (&b"GET /favicon.ico HTTP/1.1\r\n\r\n"[..], "404"),
            (b"POST /cb HTTP/1.1\r\n\r\n", "405"),
            (b"PUT /cb/start HTTP/1.1\r\n\r\nsecret=s", "405"),
            (b"GET /cb/start HTTP/1.1\r\n\r\n", "400"),
            (b"POST /cb/start?secret=s HTTP/1.1\r\n\r\n", "400"),
            (b"POST /cb/start HTTP/1.1\r\n\r\nsecret=s&secret=t", "400"),
            (b"GET /cb/start?secret=s HTTP/1.1\r\nSec-Purpose: prefetch\r\n\r\n", "503"),
            (b"GET /cb HTTP/2.0\r\n\r\n", "400"),
            (b"GET /cb\r\n\r\n", "400"),
            (b"GET /cb ?code=a HTTP/1.1\r\n\r\n", "400"),
            (b"GET /cb?\xff HTTP/1.1\r\n\r\n", "400"),
            (b"GET /cb?a\x00 HTTP/1.1\r\n\r\n", "400"),
            (b"\r\n\r\n", "400"),
        ] {
            assert!(parse(head, "/cb", "/cb/start").unwrap_err().starts_with(status), "{head:?}");
        }
    }
}
