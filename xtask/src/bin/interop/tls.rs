use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};

use crate::failure::Failure;

/// Writes `ca.pem`, and a certificate and key for the server (`localhost`) and for the client.
pub(crate) fn write(dir: &Path) -> Result<(), Failure> {
    let ca = authority().map_err(|error| unmade(&error))?;
    file(&dir.join("ca.pem"), &ca.pem())?;
    for (name, usage) in [
        ("server", ExtendedKeyUsagePurpose::ServerAuth),
        ("client", ExtendedKeyUsagePurpose::ClientAuth),
    ] {
        let (certificate, key) = leaf(&ca, name, usage).map_err(|error| unmade(&error))?;
        file(&dir.join(format!("{name}.pem")), &certificate)?;
        file(&dir.join(format!("{name}.key")), &key)?;
    }
    Ok(())
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "fdx interop authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn leaf(
    ca: &CertifiedIssuer<'static, KeyPair>,
    name: &str,
    usage: ExtendedKeyUsagePurpose,
) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, format!("fdx interop {name}"));
    params.extended_key_usages = vec![usage];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok((params.signed_by(&key, ca)?.pem(), key.serialize_pem()))
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
