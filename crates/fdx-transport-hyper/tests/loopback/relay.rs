//! A relay between a transport and a server: a network that can fail, or an HTTP proxy.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards connections to a server, until a test makes them hang.
pub struct Relay {
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    accepted: Mutex<usize>,
    /// The heads of CONNECT requests.
    heads: Mutex<Vec<String>>,
    /// This many of the first connections hang.
    hung: watch::Sender<usize>,
    /// Connections that the client has closed.
    closed: watch::Sender<usize>,
}

/// What a hung connection does with the client's bytes.
#[derive(Clone, Copy, Debug)]
pub enum Hang {
    /// Reads and discards them.
    Swallow,
    /// Leaves them in the socket's buffer.
    Ignore,
}

/// How a connection begins.
#[derive(Clone)]
enum Opening {
    Plain,
    /// With a CONNECT request, which is answered by this.
    Connect(String),
}

impl Relay {
    pub async fn to(server: SocketAddr, hang: Hang) -> Self {
        Self::start(server, hang, Opening::Plain).await
    }

    /// A proxy that connects to this server, whichever host is requested.
    pub async fn proxy(server: SocketAddr, response: &str) -> Self {
        Self::start(server, Hang::Swallow, Opening::Connect(response.to_owned())).await
    }

    async fn start(server: SocketAddr, hang: Hang, opening: Opening) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let index = {
                    let mut accepted = shared.accepted.lock().unwrap();
                    *accepted += 1;
                    *accepted - 1
                };
                let (state, opening) = (Arc::clone(&shared), opening.clone());
                tokio::spawn(async move {
                    carry(client, server, index, hang, opening, &state).await;
                    state.closed.send_modify(|closed| *closed += 1);
                });
            }
        });
        Self { address, state }
    }

    /// From now on, the first `connections` hang.
    pub fn hang(&self, connections: usize) {
        self.state.hung.send_replace(connections);
    }

    pub fn accepted(&self) -> usize {
        *self.state.accepted.lock().unwrap()
    }

    pub fn connect_heads(&self) -> Vec<String> {
        self.state.heads.lock().unwrap().clone()
    }

    /// Waits until the client has closed this many connections.
    pub async fn closed(&self, connections: usize) {
        self.state.closed.subscribe().wait_for(|closed| *closed >= connections).await.unwrap();
    }

    pub fn get(&self, path: &str) -> Request<Vec<u8>> {
        Request::get(format!("https://{}{path}", self.address)).body(Vec::new()).unwrap()
    }
}

async fn carry(
    mut client: TcpStream,
    server: SocketAddr,
    index: usize,
    hang: Hang,
    opening: Opening,
    state: &State,
) {
    let mut hung = state.hung.subscribe();
    if let Opening::Connect(response) = opening {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        state.heads.lock().unwrap().push(String::from_utf8(head).unwrap());
        client.write_all(response.as_bytes()).await.unwrap();
    }
    let mut server = TcpStream::connect(server).await.unwrap();
    tokio::select! {
        biased;
        () = async { drop(hung.wait_for(|hung| *hung > index).await) } => (),
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
    }
    match hang {
        Hang::Swallow => drop(tokio::io::copy(&mut client, &mut tokio::io::sink()).await),
        Hang::Ignore => std::future::pending().await,
    }
}
