use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use fdx_sandbox::certificates::{CertificateAuthority, CertificateError};
use fdx_sandbox::server::{Server, ServerError, TlsIdentity};
use fdx_testkit::Setup;

use super::Table;

const CUSTOMER: &str = "crates/fdx-sandbox/src/tests/customer.rs";
const HERE: &str = "tests/tests/error_variants/sandbox.rs";
const SERVER_TESTS: &str = "crates/fdx-sandbox/src/server/tests.rs";

pub(crate) const TABLES: &[Table] = &[
    Table {
        declared: "crates/fdx-sandbox/src/server/tls.rs",
        name: "ServerError",
        rows: &[
            ("Bind", SERVER_TESTS, "bound_port_is_an_error"),
            ("Tls", HERE, "an_identity_that_tls_can_t_use"),
        ],
        never: &[],
    },
    Table {
        declared: "crates/fdx-sandbox/src/server/certificates.rs",
        name: "CertificateError",
        rows: &[("CertificateError", HERE, "a_certificate_for_no_name")],
        never: &[],
    },
    Table {
        declared: "crates/fdx-sandbox/src/pages/customer.rs",
        name: "PageError",
        rows: &[
            ("NotAConsentPage", CUSTOMER, "rejects_a_response_without_a_consent_page"),
            ("NotOffered", CUSTOMER, "rejects_a_decision_beyond_the_offers"),
        ],
        never: &[],
    },
];

#[test]
fn a_certificate_for_no_name() {
    let authority = CertificateAuthority::new("ca").unwrap();
    let refused = authority.client_with_dns("app", "b\u{e4}nk.example");
    assert_eq!(refused.map(drop), Err(CertificateError));
}

#[tokio::test]
async fn an_identity_that_tls_can_t_use() {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(free, free).await.unwrap();
    let bank = Arc::new(Mutex::new(Setup::default().institution()));
    let identity = TlsIdentity { certificate_chain: vec![vec![0]], private_key: vec![0] };
    let refused = server.serve(bank, identity, &[]).map(drop);
    assert!(matches!(refused, Err(ServerError::Tls { .. })), "{refused:?}");
}
