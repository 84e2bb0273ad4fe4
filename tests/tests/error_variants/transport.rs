use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use fdx_sandbox::certificates::CertificateAuthority;
use fdx_transport_hyper::{ConnectFault, Roots, Transport, TransportError};

use super::Table;

const ADDRESSES: &str = "crates/fdx-transport-hyper/tests/loopback/addresses.rs";
const ANSWERS: &str = "crates/fdx-transport-hyper/tests/loopback/answers.rs";
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
            ("Setup", ANSWERS, "only_https_is_spoken"),
            ("Connect", CLIENT_CERTIFICATE, "a_server_that_misses_the_certificate_is_understood"),
            ("Answer", ANSWERS, "room_is_not_made_for_what_is_only_announced"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/run.rs",
        name: "RunError",
        rows: &[
            ("Protocol", RUN, "what_the_exchange_says_is_handed_on"),
            ("NotSent", CLIENT_CERTIFICATE, "without_a_certificate_to_show_nothing_is_sent"),
            ("Unheard", RUN, "an_answer_that_is_not_heard_leaves_what_is_safe"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/error.rs",
        name: "SetupFault",
        rows: &[
            ("NotHttps", ANSWERS, "only_https_is_spoken"),
            (
                "NoClientCertificate",
                CLIENT_CERTIFICATE,
                "without_a_certificate_to_show_nothing_is_sent",
            ),
            (
                "OtherClientCertificate",
                CLIENT_CERTIFICATE,
                "another_certificate_than_the_client_s_is_not_shown",
            ),
            ("Certificates", CLIENT_CERTIFICATE, "a_key_must_belong_to_its_certificate"),
            ("PrivateKey", CLIENT_CERTIFICATE, "a_key_must_belong_to_its_certificate"),
            ("KeyMismatch", CLIENT_CERTIFICATE, "a_key_must_belong_to_its_certificate"),
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
            ("NameNotResolved", TIMEOUTS, "a_host_that_can_have_no_certificate_is_not_resolved"),
            ("Unreachable", TIMEOUTS, "a_port_that_is_closed_is_unreachable"),
            (
                "TimedOut",
                TIMEOUTS,
                "a_server_that_never_shakes_hands_runs_into_the_connect_timeout",
            ),
            ("ServerCertificate", RUN, "what_was_not_sent_is_told_apart"),
            (
                "ClientCertificateRefused",
                CLIENT_CERTIFICATE,
                "a_server_that_misses_the_certificate_is_understood",
            ),
            ("NothingInCommon", HERE, "a_server_that_shares_no_cipher"),
            ("Handshake", HERE, "a_server_that_speaks_no_tls"),
            ("Proxy", PROXY, "reports_a_proxy_that_opens_no_tunnel"),
            ("Lost", HERE, "a_server_that_hangs_up_in_the_handshake"),
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
            ("Expired", SERVER_CERTIFICATE, "an_expired_certificate_is_refused"),
            ("NotYetValid", SERVER_CERTIFICATE, "a_certificate_of_the_future_is_refused"),
            (
                "OtherName",
                SERVER_CERTIFICATE,
                "the_name_that_was_asked_for_must_be_in_the_certificate",
            ),
            ("UnknownIssuer", RUN, "what_was_not_sent_is_told_apart"),
            ("Invalid", SERVER_CERTIFICATE, "an_authority_is_known_by_its_key_and_not_by_its_name"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-transport-hyper/src/error.rs",
        name: "AnswerFault",
        rows: &[
            ("TimedOut", ANSWERS, "room_is_not_made_for_what_is_only_announced"),
            ("Lost", ANSWERS, "an_answer_that_is_cut_off_is_no_answer"),
            ("Unreadable", ANSWERS, "a_head_is_bounded"),
            (
                "ClientCertificateRefused",
                CLIENT_CERTIFICATE,
                "a_certificate_that_is_refused_after_the_handshake_is_understood",
            ),
            ("BodyTooLarge", RUN, "an_answer_that_is_not_heard_leaves_what_is_safe"),
        ],
        never: &[],
    },
];

/// What a connection ends in whose server says `told` to the first bytes and hangs up.
async fn connect(told: &'static [u8]) -> TransportError {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The greeting is read, or it would reset the connection.
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(told).unwrap();
    });
    let ca = CertificateAuthority::new("ca").unwrap();
    let roots = Roots::pem(ca.certificate_pem()).unwrap();
    let transport = Transport::builder().root_certificates(roots).build().unwrap();
    let request = http::Request::get(format!("https://localhost:{port}/")).body(Vec::new());
    transport.send_plain(request.unwrap(), 10).await.unwrap_err()
}

#[tokio::test]
async fn a_server_that_shares_no_cipher() {
    // RFC 8446 6: a fatal alert, handshake_failure.
    let error = connect(&[0x15, 3, 3, 0, 2, 2, 40]).await;
    assert_eq!(error, TransportError::Connect(ConnectFault::NothingInCommon));
    assert!(!error.may_have_arrived());
}

#[tokio::test]
async fn a_server_that_speaks_no_tls() {
    let error = connect(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(error, TransportError::Connect(ConnectFault::Handshake));
}

#[tokio::test]
async fn a_server_that_hangs_up_in_the_handshake() {
    let error = connect(b"").await;
    assert_eq!(error, TransportError::Connect(ConnectFault::Lost));
}
