use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};

use crate::failure::Failure;

/// Writes `ca.pem`, certificate and key of the server (`localhost`), and two of each kind of the
/// client: issued by the authority to one and the same subject, and self-signed.
pub(crate) fn write(dir: &Path) -> Result<(), Failure> {
    let ca = authority().map_err(|error| unmade(&error))?;
    file(&dir.join("ca.pem"), &ca.pem())?;
    for (name, subject, issuance) in [
        ("server", "fdx interop server", Issuance::Server(&ca)),
        ("client", "fdx interop client", Issuance::Client(&ca)),
        ("client-next", "fdx interop client", Issuance::Client(&ca)),
        ("self-signed", "fdx interop self-signed client", Issuance::SelfSigned),
        ("self-signed-next", "fdx interop self-signed client", Issuance::SelfSigned),
    ] {
        let (certificate, key) = leaf(subject, &issuance).map_err(|error| unmade(&error))?;
        file(&dir.join(format!("{name}.pem")), &certificate)?;
        file(&dir.join(format!("{name}.key")), &key)?;
    }
    Ok(())
}

/// Who signs a certificate, and for what.
enum Issuance<'a> {
    Server(&'a CertifiedIssuer<'static, KeyPair>),
    Client(&'a CertifiedIssuer<'static, KeyPair>),
    SelfSigned,
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "fdx interop authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn leaf(subject: &str, issuance: &Issuance<'_>) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, subject);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![match issuance {
        Issuance::Server(_) => ExtendedKeyUsagePurpose::ServerAuth,
        Issuance::Client(_) | Issuance::SelfSigned => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    let certificate = match issuance {
        Issuance::Server(ca) | Issuance::Client(ca) => {
            params.use_authority_key_identifier_extension = true;
            params.signed_by(&key, ca)?
        }
        Issuance::SelfSigned => params.self_signed(&key)?,
    };
    Ok((certificate.pem(), key.serialize_pem()))
}

/// A new file for its owner alone.
fn file(path: &Path, text: &str) -> Result<(), Failure> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(format!("{} could not be written: {error}", path.display())))
}

fn unmade(error: &rcgen::Error) -> Failure {
    Failure::new(format!("a certificate could not be made: {error}"))
}
