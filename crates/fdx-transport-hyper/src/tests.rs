//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::{
    CertificateFault, ConnectFault, ProxyFault, ResponseFault, RunError, SetupFault,
    TransportError, VerifyError,
};

const _: fn(&TransportError) -> &str = |error| match error {
    TransportError::Setup(_) => "responses::rejects_urls_other_than_https",
    TransportError::Connect(_) => "client_certificate::reports_missing_client_certificate",
    TransportError::Response(_) => "responses::does_not_allocate_announced_bytes",
};

const _: fn(&RunError) -> &str = |error| match error {
    RunError::Protocol(_) => "run::returns_protocol_errors",
    RunError::NotSent { .. } => "client_certificate::sends_nothing_without_required_certificate",
    RunError::NoResponse { .. } => "run::reports_safe_next_step_after_no_response",
};

const _: fn(&VerifyError) -> &str = |error| match error {
    VerifyError::FetchKeys(_) => {
        "fdx-tests keys_over_tls::each_signed_value_is_verified_after_one_fetch_when_the_keys_have_changed"
    }
    VerifyError::Rejected(_) => {
        "fdx-tests keys_over_tls::a_value_of_another_client_is_rejected_without_a_fetch"
    }
    VerifyError::UnknownKey { .. } => {
        "fdx-tests keys_over_tls::a_key_that_the_server_does_not_publish_is_refused_after_one_fetch"
    }
};

const _: fn(&SetupFault) -> &str = |error| match error {
    SetupFault::NotHttps => "responses::rejects_urls_other_than_https",
    SetupFault::NoClientCertificate => {
        "client_certificate::sends_nothing_without_required_certificate"
    }
    SetupFault::OtherClientCertificate => {
        "client_certificate::rejects_certificate_that_the_client_does_not_name"
    }
    SetupFault::Certificates | SetupFault::PrivateKey | SetupFault::KeyMismatch => {
        "client_certificate::rejects_keys_of_other_certificates"
    }
    SetupFault::AddressRejected { .. } => "addresses::filters_ip_literals_and_local_names",
    SetupFault::Proxy => "proxy::tests::accepts_names_and_addresses_as_proxy_hosts",
    SetupFault::ProxyAuthorization => "proxy::reports_a_proxy_that_opens_no_tunnel",
    SetupFault::UserAgent => "responses::rejects_user_agents_that_cannot_be_sent",
    // No test: the built-in provider offers TLS 1.2 and 1.3, and no caller can change it.
    SetupFault::Tls => "",
};

const _: fn(&ConnectFault) -> &str = |error| match error {
    ConnectFault::NameNotResolved => "timeouts::does_not_resolve_invalid_host_names",
    ConnectFault::Unreachable(_) => "timeouts::reports_closed_port_as_unreachable",
    ConnectFault::TimedOut => "timeouts::times_out_without_tls_handshake",
    ConnectFault::ServerCertificate(_) => "run::distinguishes_unsent_requests",
    ConnectFault::ClientCertificateRefused => {
        "client_certificate::reports_missing_client_certificate"
    }
    ConnectFault::NothingInCommon => "handshakes::reports_no_common_cipher_suite",
    ConnectFault::Handshake => "handshakes::reports_server_without_tls",
    ConnectFault::Proxy(_) => "proxy::reports_a_proxy_that_opens_no_tunnel",
    ConnectFault::Lost => "handshakes::reports_connection_closed_during_handshake",
    ConnectFault::TooLate => "deadlines::writes_no_body_after_the_deadline",
};

const _: fn(&ProxyFault) -> &str = |error| match error {
    ProxyFault::Refused { .. } | ProxyFault::Unreadable | ProxyFault::HeadTooLarge => {
        "proxy::reports_a_proxy_that_opens_no_tunnel"
    }
};

const _: fn(&CertificateFault) -> &str = |error| match error {
    CertificateFault::Expired => "server_certificate::rejects_expired_certificates",
    CertificateFault::NotYetValid => "server_certificate::rejects_certificates_not_yet_valid",
    CertificateFault::OtherName => "server_certificate::rejects_certificates_for_other_names",
    CertificateFault::UnknownIssuer => "run::distinguishes_unsent_requests",
    CertificateFault::Invalid => "server_certificate::identifies_authorities_by_key",
};

const _: fn(&ResponseFault) -> &str = |error| match error {
    ResponseFault::TimedOut => "responses::does_not_allocate_announced_bytes",
    ResponseFault::Lost => "responses::reports_truncated_response_as_lost",
    ResponseFault::Unreadable => "responses::rejects_response_heads_over_32_kib",
    ResponseFault::ClientCertificateRefused => {
        "client_certificate::reports_certificate_refused_after_handshake"
    }
    ResponseFault::BodyTooLarge { .. } => "run::reports_safe_next_step_after_no_response",
};
