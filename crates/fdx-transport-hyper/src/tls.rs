use std::io;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error, RootCertStore, SupportedCipherSuite,
};

use crate::{CertificateFault, ClientIdentity, ConnectFault, SetupFault};

/// RFC 9325 4.2, FAPI 2.0 Security Profile 5.2.2: what IANA recommends, ECDHE with AEAD alone.
pub(crate) static CIPHER_SUITES: &[SupportedCipherSuite] = &[
    ring::cipher_suite::TLS13_AES_256_GCM_SHA384,
    ring::cipher_suite::TLS13_AES_128_GCM_SHA256,
    ring::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ring::cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ring::cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ring::cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

const REFUSALS: [AlertDescription; 8] = [
    AlertDescription::AccessDenied,
    AlertDescription::BadCertificate,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateRequired,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateUnknown,
    AlertDescription::UnknownCA,
    AlertDescription::UnsupportedCertificate,
];

/// One configuration per pool: sessions of the one are never resumed in the other.
pub(crate) fn client_config(
    roots: RootCertStore,
    identity: Option<ClientIdentity>,
) -> Result<ClientConfig, SetupFault> {
    // A value of our own: the process-wide default is neither read nor set.
    let provider =
        CryptoProvider { cipher_suites: CIPHER_SUITES.to_vec(), ..ring::default_provider() };
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| SetupFault::Tls)?
        .with_root_certificates(roots);
    Ok(match identity {
        Some(identity) => builder.with_client_cert_resolver(identity.into_resolver()),
        None => builder.with_no_client_auth(),
    })
}

/// Whose doing a failed handshake was.
pub(crate) fn handshake_fault(error: &Error) -> ConnectFault {
    match error {
        Error::InvalidCertificate(error) => {
            ConnectFault::ServerCertificate(certificate_fault(error))
        }
        Error::PeerIncompatible(_)
        | Error::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity
            | AlertDescription::ProtocolVersion,
        ) => ConnectFault::NothingInCommon,
        error if refuses_client_certificate(error) => ConnectFault::ClientCertificateRefused,
        _ => ConnectFault::Handshake,
    }
}

/// RFC 8446 6.2: whether an alert is about the peer's certificate.
pub(crate) fn refuses_client_certificate(error: &Error) -> bool {
    matches!(error, Error::AlertReceived(alert) if REFUSALS.contains(alert))
}

/// The same of an error that HTTP/2 handed on: of what went wrong beneath it, h2 keeps the text
/// alone.
pub(crate) fn says_that_it_refuses(error: &io::Error) -> bool {
    let text = error.to_string();
    REFUSALS.iter().any(|alert| text == Error::AlertReceived(*alert).to_string())
}

fn certificate_fault(error: &CertificateError) -> CertificateFault {
    use CertificateError as Found;
    match error {
        Found::Expired | Found::ExpiredContext { .. } => CertificateFault::Expired,
        Found::NotValidYet | Found::NotValidYetContext { .. } => CertificateFault::NotYetValid,
        Found::NotValidForName | Found::NotValidForNameContext { .. } => {
            CertificateFault::OtherName
        }
        Found::UnknownIssuer => CertificateFault::UnknownIssuer,
        _ => CertificateFault::Invalid,
    }
}

#[cfg(test)]
mod tests;
