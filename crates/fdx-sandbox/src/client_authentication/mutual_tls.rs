//! `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 section 2).

use crate::client::{CertificateName, ClientAuthentication, RegisteredClient};
use crate::error::{Broken, Reason};
use crate::peer::Peer;
use crate::verdict::Verdicts;

/// Holds the certificate against what the client registered. That it is genuine is TLS's to say.
pub(super) fn check(
    verdicts: &mut Verdicts,
    client: &RegisteredClient,
    peer: &Peer,
) -> Result<(), Broken> {
    let thumbprint = verdicts.require_some(
        Reason::InvalidClient,
        "RFC 8705 5",
        "a client that authenticates by certificate shows one at the endpoint's mTLS alias",
        peer.thumbprint,
    )?;
    match &client.authentication {
        ClientAuthentication::TlsClientAuth(name) => verdicts.require(
            Reason::InvalidClient,
            "RFC 8705 2.1.2",
            "the certificate names the subject that the client registered",
            is_named(peer, name),
        ),
        ClientAuthentication::SelfSignedTlsClientAuth(registered) => verdicts.require(
            Reason::InvalidClient,
            "RFC 8705 2.2",
            "the certificate is one that the client registered",
            registered.contains(&thumbprint),
        ),
        ClientAuthentication::PrivateKeyJwt | ClientAuthentication::ClientSecret(_) => Ok(()),
    }
}

fn is_named(peer: &Peer, name: &CertificateName) -> bool {
    match name {
        CertificateName::SubjectDn(subject) => peer.subject_dn.as_ref() == Some(subject),
        CertificateName::SanDns(dns) => {
            peer.san_dns.iter().any(|known| known.eq_ignore_ascii_case(dns))
        }
    }
}
