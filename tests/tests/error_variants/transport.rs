use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use fdx_sandbox::certificates::CertificateAuthority;
use fdx_transport_hyper::{ConnectFault, Roots, Transport, TransportError};

use super::Table;

const ADDRESSES: &str = "crates/fdx-transport-hyper/tests/loopback/addresses.rs";
const RESPONSES: &str = "crates/fdx-transport-hyper/tests/loopback/responses.rs";
const CLIENT_CERTIFICATE: &str = "crates/fdx-transport-hyper/tests/loopback/client_certificate.rs";
const HERE: &str = "tests/tests/error_variants/transport.rs";
const PROXY: &str = "crates/fdx-transport-hyper/tests/loopback/proxy.rs";
const PROXY_SOURCE: &str = "crates/fdx-transport-hyper/src/proxy.rs";
const RUN: &str = "crates/fdx-transport-hyper/tests/loopback/run.rs";
const SERVER_CERTIFICATE: &str = "crates/fdx-transport-hyper/tests/loopback/server_certificate.rs";
const TIMEOUTS: &str = "crates/fdx-transport-hyper/tests/loopback/timeouts.rs";

pub(crate) const TABLES: &[Table] = &[
    Table {
        declared: "crates/fdx-transport-hyper/src/error.rs",
        name: "TransportError",
        rows: &[
            ("Setup", RESPONSES, "rejects_urls_other_than_https"),
            ("Connect", CLIENT_CERTIFICATE, "reports_missing_client_certificate"),
            ("Response", RESPONSES, "does_not_allocate_announced_bytes"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/run.rs",
        name: "RunError",
        rows: &[
            ("Protocol", RUN, "returns_protocol_errors"),
            ("NotSent", CLIENT_CERTIFICATE, "sends_nothing_without_required_certificate"),
            ("NoResponse", RUN, "reports_safe_next_step_after_no_response"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/error.rs",
        name: "SetupFault",
        rows: &[
            ("NotHttps", RESPONSES, "rejects_urls_other_than_https"),
            (
                "NoClientCertificate",
                CLIENT_CERTIFICATE,
                "sends_nothing_without_required_certificate",
            ),
            (
                "OtherClientCertificate",
                CLIENT_CERTIFICATE,
                "rejects_certificate_that_the_client_does_not_name",
            ),
            ("Certificates", CLIENT_CERTIFICATE, "rejects_keys_of_other_certificates"),
            ("PrivateKey", CLIENT_CERTIFICATE, "rejects_keys_of_other_certificates"),
            ("KeyMismatch", CLIENT_CERTIFICATE, "rejects_keys_of_other_certificates"),
            ("AddressRejected", ADDRESSES, "filters_ip_literals_and_local_names"),
            ("Proxy", PROXY_SOURCE, "accepts_names_and_addresses_as_proxy_hosts"),
            ("ProxyAuthorization", PROXY, "reports_a_proxy_that_opens_no_tunnel"),
        ],
        never: &[(
            "Tls",
            "the built-in provider offers TLS 1.2 and 1.3, and no caller can change it",
        )],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/error.rs",
        name: "ConnectFault",
        rows: &[
            ("NameNotResolved", TIMEOUTS, "does_not_resolve_invalid_host_names"),
            ("Unreachable", TIMEOUTS, "reports_closed_port_as_unreachable"),
            ("TimedOut", TIMEOUTS, "times_out_without_tls_handshake"),
            ("ServerCertificate", RUN, "distinguishes_unsent_requests"),
            ("ClientCertificateRefused", CLIENT_CERTIFICATE, "reports_missing_client_certificate"),
            ("NothingInCommon", HERE, "reports_no_common_cipher_suite"),
            ("Handshake", HERE, "reports_server_without_tls"),
            ("Proxy", PROXY, "reports_a_proxy_that_opens_no_tunnel"),
            ("Lost", HERE, "reports_connection_closed_during_handshake"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/error.rs",
        name: "ProxyFault",
        rows: &[
            ("Refused", PROXY, "reports_a_proxy_that_opens_no_tunnel"),
            ("Unreadable", PROXY, "reports_a_proxy_that_opens_no_tunnel"),
            ("HeadTooLarge", PROXY, "reports_a_proxy_that_opens_no_tunnel"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/error.rs",
        name: "CertificateFault",
        rows: &[
            ("Expired", SERVER_CERTIFICATE, "rejects_expired_certificates"),
            ("NotYetValid", SERVER_CERTIFICATE, "rejects_certificates_not_yet_valid"),
            ("OtherName", SERVER_CERTIFICATE, "rejects_certificates_for_other_names"),
            ("UnknownIssuer", RUN, "distinguishes_unsent_requests"),
            ("Invalid", SERVER_CERTIFICATE, "identifies_authorities_by_key"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/error.rs",
        name: "ResponseFault",
        rows: &[
            ("TimedOut", RESPONSES, "does_not_allocate_announced_bytes"),
            ("Lost", RESPONSES, "reports_truncated_response_as_lost"),
            ("Unreadable", RESPONSES, "rejects_response_heads_over_32_kib"),
            (
                "ClientCertificateRefused",
                CLIENT_CERTIFICATE,
                "reports_certificate_refused_after_handshake",
            ),
            ("BodyTooLarge", RUN, "reports_safe_next_step_after_no_response"),
        ],
        never: &[],
    },
];

/// Connects to a server that sends `response` after the first bytes and closes the connection.
async fn connect(response: &'static [u8]) -> TransportError {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // Unread bytes would reset the connection.
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(response).unwrap();
    });
    let ca = CertificateAuthority::new("ca").unwrap();
    let roots = Roots::pem(ca.certificate_pem()).unwrap();
    let transport = Transport::builder().root_certificates(roots).build().unwrap();
    let request = http::Request::get(format!("https://localhost:{port}/")).body(Vec::new());
    transport.send_plain(request.unwrap(), 10).await.unwrap_err()
}

#[tokio::test]
async fn reports_no_common_cipher_suite() {
    // RFC 8446 6: a fatal alert, handshake_failure.
    let error = connect(&[0x15, 3, 3, 0, 2, 2, 40]).await;
    assert_eq!(error, TransportError::Connect(ConnectFault::NothingInCommon));
    assert!(!error.may_have_arrived());
}

#[tokio::test]
async fn reports_server_without_tls() {
    let error = connect(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(error, TransportError::Connect(ConnectFault::Handshake));
}

#[tokio::test]
async fn reports_connection_closed_during_handshake() {
    let error = connect(b"").await;
    assert_eq!(error, TransportError::Connect(ConnectFault::Lost));
}
