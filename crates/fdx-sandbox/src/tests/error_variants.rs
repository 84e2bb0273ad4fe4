//! The test that provokes each error, of this package unless another is named. The compiler reports
//! a variant without a row, and `cargo xtask test` a row whose test does not exist.

use crate::certificates::CertificateError;
use crate::customer::PageError;
use crate::server::ServerError;

const _: fn(&ServerError) -> &str = |error| match error {
    ServerError::Bind { .. } => "server::tests::bound_port_is_an_error",
    ServerError::Tls { .. } => "server::tests::rejects_unusable_identity",
};

const _: fn(&CertificateError) -> &str =
    |_| "server::tests::rejects_certificate_for_an_invalid_name";

const _: fn(&PageError) -> &str = |error| match error {
    PageError::NotAConsentPage => "tests::customer::rejects_a_response_without_a_consent_page",
    PageError::NotOffered => "tests::customer::rejects_a_decision_beyond_the_offers",
};
