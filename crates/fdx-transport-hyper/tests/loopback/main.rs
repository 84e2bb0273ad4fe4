//! Tests the transport over real TLS on loopback, against a server of its own.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod addresses;
mod authority;
mod client_certificate;
mod connections;
mod deadlines;
#[cfg(feature = "store")]
mod driver;
mod handshakes;
mod hung;
mod plain;
mod proxy;
mod recipient;
mod relay;
mod replies;
mod responses;
mod run;
mod server;
mod server_certificate;
mod timeouts;
