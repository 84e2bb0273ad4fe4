use std::time::Duration;

use fdx_par::Callback;
use fdx_wire::RedirectUri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::error::Failure;

/// The redirect_uri's port, for one callback. Just enough HTTP/1.1 to hear one GET.
pub(crate) struct Listener {
    visits: mpsc::Receiver<Visit>,
}

/// Somebody who came to the redirect_uri.
pub(crate) struct Visit {
    url: String,
    stream: Option<TcpStream>,
}

/// What one connection may send, and how long it may take: a browser's head is far smaller.
const MAX_HEAD: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

impl Listener {
    pub(crate) async fn bind(redirect_uri: &RedirectUri) -> Result<Self, Failure> {
        let origin = redirect_uri.origin();
        let host = if origin.as_str().contains("[::1]") { "[::1]" } else { "127.0.0.1" };
        let address = format!("{host}:{}", redirect_uri.port());
        let listener = TcpListener::bind(&address).await.map_err(|error| {
            Failure::usage(
                format!("{address} of the redirect_uri can't be listened on: {error}"),
                "free the port, or use --callback stdin",
            )
        })?;
        let (arrived, visits) = mpsc::channel(1);
        tokio::spawn(listen(listener, redirect_uri.clone(), arrived));
        Ok(Self { visits })
    }

    /// The next visit to the redirect_uri's own path.
    pub(crate) async fn accept(&mut self) -> Result<Visit, Failure> {
        let ended = || Failure::failed("the listener has ended", "use --callback stdin");
        self.visits.recv().await.ok_or_else(ended)
    }
}

/// Hears all who come at the same time: browsers open connections that they may never use.
async fn listen(listener: TcpListener, redirect_uri: RedirectUri, arrived: mpsc::Sender<Visit>) {
    while !arrived.is_closed() {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(hear(stream, redirect_uri.clone(), arrived.clone()));
            }
            // Too many files are open, most likely.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Hears one connection. What is not for the redirect_uri, such as for an icon, is sent away.
async fn hear(mut stream: TcpStream, redirect_uri: RedirectUri, arrived: mpsc::Sender<Visit>) {
    // Too slow, too long, or gone: no answer.
    let Ok(Some(head)) = timeout(PATIENCE, head(&mut stream)).await else {
        return;
    };
    match target(&head, redirect_uri.path()) {
        Ok(target) => {
            let url = format!("{}{target}", redirect_uri.origin().as_str());
            let _ = arrived.send(Visit { url, stream: Some(stream) }).await;
        }
        Err(status) => answer(stream, status, "There is nothing here.").await,
    }
}

impl Visit {
    pub(crate) fn pasted(url: String) -> Self {
        Self { url, stream: None }
    }

    /// The URL as it was received.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn answer(self, callback: &Callback) {
        let text = match callback {
            Callback::Code(_) => "Thank you. You can close this window.",
            Callback::Denied(_) => "Nothing was shared. You can close this window.",
        };
        if let Some(stream) = self.stream {
            answer(stream, "200 OK", text).await;
        }
    }

    pub(crate) async fn refuse(self) {
        if let Some(stream) = self.stream {
            answer(stream, "400 Bad Request", "This is not the answer to our request.").await;
        }
    }
}

/// Everything up to the empty line.
async fn head(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 2048];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        head.extend(chunk.get(..read)?);
        if head.len() > MAX_HEAD {
            return None;
        }
    }
    Some(head)
}

/// RFC 9112 section 3: the target of a GET for `path`, or the status that says what is wrong.
fn target<'h>(head: &'h [u8], path: &str) -> Result<&'h str, &'static str> {
    const BAD_REQUEST: &str = "400 Bad Request";
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = str::from_utf8(line).map_err(|_| BAD_REQUEST)?;
    let mut parts = line.split(' ');
    let (method, target, version) = (parts.next(), parts.next(), parts.next());
    let (Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) = (target, version, parts.next())
    else {
        return Err(BAD_REQUEST);
    };
    let printable = target.bytes().all(|byte| byte.is_ascii_graphic());
    let visited = target.split_once('?').map_or(target, |(visited, _)| visited);
    let wanted = if path.is_empty() { "/" } else { path };
    match method {
        _ if !printable => Err(BAD_REQUEST),
        Some("GET") if visited == wanted => Ok(target),
        Some("GET") => Err("404 Not Found"),
        _ => Err("405 Method Not Allowed"),
    }
}

/// The whole answer. Whether it arrives matters to nobody but the reader.
async fn answer(mut stream: TcpStream, status: &str, text: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>fdx</title><p>{text}</p></html>"
    );
    // The URL holds a code: it must not stay in a cache, nor leave with a referrer.
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-security-policy: default-src 'none'\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    let written = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await
    };
    let _ = timeout(PATIENCE, written).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_get_of_the_path_gives_its_target() {
        let head = b"GET /cb?code=a&state=b HTTP/1.1\r\nhost: x\r\n\r\n";
        assert_eq!(target(head, "/cb"), Ok("/cb?code=a&state=b"));
        assert_eq!(target(b"GET /?code=a HTTP/1.1\r\n\r\n", ""), Ok("/?code=a"));
    }

    #[test]
    fn anything_else_is_sent_away() {
        for (head, status) in [
            (&b"GET /favicon.ico HTTP/1.1\r\n\r\n"[..], "404"),
            (b"POST /cb HTTP/1.1\r\n\r\n", "405"),
            (b"GET /cb HTTP/2.0\r\n\r\n", "400"),
            (b"GET /cb\r\n\r\n", "400"),
            (b"GET /cb ?code=a HTTP/1.1\r\n\r\n", "400"),
            (b"GET /cb?\xff HTTP/1.1\r\n\r\n", "400"),
            (b"GET /cb?a\x00 HTTP/1.1\r\n\r\n", "400"),
            (b"\r\n\r\n", "400"),
        ] {
            assert!(target(head, "/cb").unwrap_err().starts_with(status), "{head:?}");
        }
    }
}
