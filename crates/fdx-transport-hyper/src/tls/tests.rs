//! What we offer, read from the first message on the wire (RFC 8446 section 4.1.2).

use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use super::*;
use crate::Roots;

const SUPPORTED_VERSIONS: u16 = 43;
const EARLY_DATA: u16 = 42;

#[test]
fn only_ecdhe_with_aead_is_offered() {
    let hello = ClientHello::ours();
    // The suites of TLS 1.3; those of 1.2 (RFC 5289, RFC 7905); and the signal of RFC 5746.
    let tls13 = [0x1301, 0x1302, 0x1303];
    let tls12 = [0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9];
    let signal = [0x00ff];
    let mut offered = hello.suites;
    offered.sort_unstable();
    let mut expected = [&tls13[..], &tls12, &signal].concat();
    expected.sort_unstable();
    assert_eq!(offered, expected);
}

#[test]
fn only_tls_1_3_and_1_2_are_offered() {
    let hello = ClientHello::ours();
    assert_eq!(hello.extension(SUPPORTED_VERSIONS).unwrap(), [4, 3, 4, 3, 3]);
}

#[test]
fn no_request_is_sent_before_the_handshake_is_over() {
    // RFC 8446 8: early data can be replayed.
    assert_eq!(ClientHello::ours().extension(EARLY_DATA), None);
    assert!(!client_config(Roots::WebPki.into_store(), None).unwrap().enable_early_data);
}

struct ClientHello {
    suites: Vec<u16>,
    extensions: Vec<(u16, Vec<u8>)>,
}

impl ClientHello {
    fn ours() -> Self {
        let config = client_config(Roots::WebPki.into_store(), None).unwrap();
        let name = ServerName::try_from("bank.example").unwrap();
        let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut wire = Vec::new();
        connection.write_tls(&mut wire).unwrap();
        // The record's header is 5 bytes, the message's 4, the version 2, the random 32.
        let mut rest = &wire[43..];
        let _session = vector(&mut rest, 1);
        let suites = vector(&mut rest, 2).chunks(2).map(number).collect();
        let _compression = vector(&mut rest, 1);
        let mut list = vector(&mut rest, 2);
        let mut extensions = Vec::new();
        while !list.is_empty() {
            let id = number(take(&mut list, 2));
            extensions.push((id, vector(&mut list, 2).to_vec()));
        }
        assert!(rest.is_empty());
        Self { suites, extensions }
    }

    fn extension(&self, id: u16) -> Option<&[u8]> {
        let mut found = self.extensions.iter().filter(|(found, _)| *found == id);
        found.next().map(|(_, bytes)| bytes.as_slice())
    }
}

/// A length of so many bytes, and as many bytes as it says.
fn vector<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let length = number(take(rest, length));
    take(rest, length.into())
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(length);
    *rest = left;
    taken
}

fn number(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u16::from(*byte))
}
