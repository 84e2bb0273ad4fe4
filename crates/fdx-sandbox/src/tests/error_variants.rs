//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::ClientMetadataError;
use crate::certificates::{CertificateError, PemError};
use crate::customer::PageError;
use crate::server::ServerError;

const _: fn(&ServerError) -> &str = |error| match error {
    ServerError::Bind { .. } => "server::tests::bound_port_is_an_error",
    ServerError::Tls { .. } => "server::tests::rejects_unusable_identity",
};

const _: fn(&CertificateError) -> &str =
    |_| "server::tests::rejects_certificate_for_an_invalid_name";

const _: fn(&PemError) -> &str = |_| "server::tests::reads_certificates_in_pem";

const _: fn(&ClientMetadataError) -> &str = |error| match error {
    ClientMetadataError::Json => "institution::described_client::tests::rejects_what_is_no_object",
    ClientMetadataError::ClientId => {
        "institution::described_client::tests::rejects_a_missing_or_unprintable_client_id"
    }
    ClientMetadataError::Rule { .. } => {
        "institution::described_client::tests::names_the_violated_rule"
    }
};

const _: fn(&PageError) -> &str = |error| match error {
    PageError::NotAConsentPage => "tests::customer::rejects_a_response_without_a_consent_page",
    PageError::NotOffered => "tests::customer::rejects_a_decision_beyond_the_offers",
};
