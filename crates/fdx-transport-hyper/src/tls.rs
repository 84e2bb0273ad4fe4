use std::io;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, Error, RootCertStore, SupportedCipherSuite,
};

use crate::{CertificateFault, ClientIdentity, ConnectFault, SetupFault};

// ring, the default, also if both features are on: a feature never changes another one's behaviour.
#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
pub(crate) use rustls::crypto::aws_lc_rs as library;
#[cfg(feature = "ring")]
pub(crate) use rustls::crypto::ring as library;

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!("TLS needs a cryptographic library: enable the feature `ring` or `aws-lc-rs`");

/// RFC 9325 4.2, FAPI 2.0 Security Profile 5.2.2: the suites that IANA recommends, and of those only
/// ECDHE with AEAD.
pub(crate) static CIPHER_SUITES: &[SupportedCipherSuite] = &[
    library::cipher_suite::TLS13_AES_256_GCM_SHA384,
    library::cipher_suite::TLS13_AES_128_GCM_SHA256,
    library::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    library::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    library::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    library::cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    library::cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    library::cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    library::cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// The alerts by which a server refuses the client's certificate (RFC 8446 section 6.2).
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

/// Returns the TLS configuration of one pool. Each pool has its own, so that a session is never
/// resumed in the other pool.
pub(crate) fn client_config(
    roots: RootCertStore,
    identity: Option<ClientIdentity>,
) -> Result<ClientConfig, SetupFault> {
    // The process-wide default provider is neither read nor set.
    let provider =
        CryptoProvider { cipher_suites: CIPHER_SUITES.to_vec(), ..library::default_provider() };
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| SetupFault::Tls)?
        .with_root_certificates(roots);
    Ok(match identity {
        Some(identity) => builder.with_client_cert_resolver(identity.into_resolver()),
        None => builder.with_no_client_auth(),
    })
}

/// Sorts the error of a failed handshake.
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

/// Returns whether the server refused the client's certificate by an alert.
pub(crate) fn refuses_client_certificate(error: &Error) -> bool {
    matches!(error, Error::AlertReceived(alert) if REFUSALS.contains(alert))
}

/// Returns the same for an error that passed through h2, which keeps only the error's text.
pub(crate) fn text_refuses_client_certificate(error: &io::Error) -> bool {
    let text = error.to_string();
    REFUSALS.iter().any(|alert| text == Error::AlertReceived(*alert).to_string())
}

fn certificate_fault(error: &CertificateError) -> CertificateFault {
    use CertificateError as Rustls;
    match error {
        Rustls::Expired | Rustls::ExpiredContext { .. } => CertificateFault::Expired,
        Rustls::NotValidYet | Rustls::NotValidYetContext { .. } => CertificateFault::NotYetValid,
        Rustls::NotValidForName | Rustls::NotValidForNameContext { .. } => {
            CertificateFault::OtherName
        }
        Rustls::UnknownIssuer => CertificateFault::UnknownIssuer,
        _ => CertificateFault::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use rustls::ClientConnection;
    use rustls::pki_types::ServerName;

    use super::*;
    use crate::Roots;

    const SUPPORTED_VERSIONS: u16 = 43;
    const EARLY_DATA: u16 = 42;

    #[test]
    fn offers_only_ecdhe_with_aead() {
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
    fn offers_only_tls_1_3_and_1_2() {
        let hello = ClientHello::ours();
        assert_eq!(hello.extension(SUPPORTED_VERSIONS).unwrap(), [4, 3, 4, 3, 3]);
    }

    #[test]
    fn offers_no_early_data() {
        // RFC 8446 8: early data can be replayed.
        assert_eq!(ClientHello::ours().extension(EARLY_DATA), None);
        assert!(!client_config(Roots::WebPki.into_store(), None).unwrap().enable_early_data);
    }

    /// The first message that we send (RFC 8446 4.1.2).
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
            let mut matching = self.extensions.iter().filter(|(other, _)| *other == id);
            matching.next().map(|(_, bytes)| bytes.as_slice())
        }
    }

    /// Reads a vector with a length prefix of this many bytes (RFC 8446 3.4).
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
}
