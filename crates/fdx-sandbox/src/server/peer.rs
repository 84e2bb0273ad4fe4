use fdx_jose::Thumbprint;
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use super::subject;
use crate::Peer;

impl Peer {
    /// Showed this certificate, in DER: its thumbprint, subject and DNS names. A subject with
    /// attributes beyond those of RFC 4514 section 3 is not told.
    #[must_use]
    pub fn of_certificate(der: &[u8]) -> Self {
        let peer = Self::certificate(Thumbprint::of_certificate(der));
        let der = CertificateDer::from(der);
        let Ok(certificate) = EndEntityCert::try_from(&der) else {
            return peer;
        };
        let peer = certificate.valid_dns_names().fold(peer, Self::san_dns);
        match subject::text(certificate.subject()) {
            Some(subject) => peer.subject_dn(&subject),
            None => peer,
        }
    }
}
