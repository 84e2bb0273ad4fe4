//! A certificate authority for tests on loopback, fresh and in memory.

use std::fmt;

use fdx_jose::Thumbprint;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};

use crate::institution::received::Peer;
use crate::server::tls::TlsIdentity;

/// An authority that signs the certificates of a server and its clients. It has a fresh key and must
/// not be trusted outside tests.
pub struct CertificateAuthority {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
    pem: String,
}

/// A certificate and its private key.
pub struct Certificate {
    der: Vec<u8>,
    pem: String,
    key: KeyPair,
}

/// The certificate could not be generated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the certificate could not be generated")]
pub struct CertificateError;

/// The text contains no readable certificate in PEM.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is no readable certificate in PEM")]
pub struct PemError;

/// Returns the certificates in a PEM text, in DER, for [`Server::serve`](super::Server::serve).
///
/// # Errors
/// [`PemError`] if there is none, or one can't be read.
pub fn certificates_in_pem(pem: &str) -> Result<Vec<Vec<u8>>, PemError> {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
    let ders: Result<Vec<_>, _> = certificates.map(|der| Ok(der?.to_vec())).collect();
    ders.map_err(|_: pem::Error| PemError).and_then(|ders| match ders.is_empty() {
        true => Err(PemError),
        false => Ok(ders),
    })
}

impl CertificateAuthority {
    /// Generates an authority with a fresh key.
    ///
    /// # Errors
    /// [`CertificateError`] if the random number generator failed.
    pub fn new(common_name: &str) -> Result<Self, CertificateError> {
        let key = KeyPair::generate().map_err(|_| CertificateError)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named(common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(|_| CertificateError)?;
        Ok(Self {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    /// The authority's own certificate in DER.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.der
    }

    /// The authority's own certificate in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// Signs a certificate for a server on `localhost`, `127.0.0.1` and `::1`.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn server(&self) -> Result<Certificate, CertificateError> {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        self.sign("localhost", names.to_vec(), ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// Signs a certificate for a client.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn client(&self, common_name: &str) -> Result<Certificate, CertificateError> {
        self.sign(common_name, Vec::new(), ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// Signs a certificate for a client with a common name and a DNS name.
    ///
    /// # Errors
    /// [`CertificateError`], also if `dns_name` is not a DNS name.
    pub fn client_with_dns(
        &self,
        common_name: &str,
        dns_name: &str,
    ) -> Result<Certificate, CertificateError> {
        let names = vec![dns_name.to_owned()];
        self.sign(common_name, names, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn sign(
        &self,
        common_name: &str,
        names: Vec<String>,
        purpose: ExtendedKeyUsagePurpose,
    ) -> Result<Certificate, CertificateError> {
        let key = KeyPair::generate().map_err(|_| CertificateError)?;
        let mut params = end_entity(common_name, names, purpose)?;
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(|_| CertificateError)?;
        Ok(Certificate { der: certificate.der().to_vec(), pem: certificate.pem(), key })
    }
}

impl Certificate {
    /// Generates a self-signed certificate for a client, for `self_signed_tls_client_auth`.
    ///
    /// # Errors
    /// [`CertificateError`] if the random number generator failed.
    pub fn self_signed(common_name: &str) -> Result<Self, CertificateError> {
        let key = KeyPair::generate().map_err(|_| CertificateError)?;
        let params = end_entity(common_name, Vec::new(), ExtendedKeyUsagePurpose::ClientAuth)?;
        let certificate = params.self_signed(&key).map_err(|_| CertificateError)?;
        Ok(Self { der: certificate.der().to_vec(), pem: certificate.pem(), key })
    }

    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The private key in PKCS#8 DER. It is not wiped.
    #[must_use]
    pub fn private_key_der(&self) -> Vec<u8> {
        self.key.serialize_der()
    }

    /// The private key in PKCS#8 PEM. It is not wiped.
    #[must_use]
    pub fn private_key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// `x5t#S256`, to which tokens are bound (RFC 8705 section 3.1).
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of_certificate(&self.der)
    }

    /// A connection with this certificate.
    #[must_use]
    pub fn peer(&self) -> Peer {
        Peer::of_certificate(&self.der)
    }
}

impl From<Certificate> for TlsIdentity {
    fn from(certificate: Certificate) -> Self {
        Self {
            private_key: certificate.private_key_der(),
            certificate_chain: vec![certificate.der],
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.thumbprint())
    }
}

impl fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thumbprint = Thumbprint::of_certificate(&self.der);
        write!(f, "CertificateAuthority({thumbprint})")
    }
}

fn end_entity(
    common_name: &str,
    names: Vec<String>,
    purpose: ExtendedKeyUsagePurpose,
) -> Result<CertificateParams, CertificateError> {
    let mut params = CertificateParams::new(names).map_err(|_| CertificateError)?;
    params.distinguished_name = named(common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    Ok(params)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
