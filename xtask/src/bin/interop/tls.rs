use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use fdx_sandbox::certificates::{Certificate, CertificateAuthority};

use crate::failure::Failure;

/// The authority of one run, and a self-signed client certificate.
pub(crate) struct Certificates {
    pub(crate) authority: CertificateAuthority,
    /// In DER. A server must know it to accept it.
    pub(crate) self_signed: Vec<u8>,
}

impl Certificates {
    /// Writes `ca.pem`, `trusted.pem` (with the first self-signed certificate), certificate and key of the server (`localhost`), and two of each kind of
    /// the client: issued by the authority to the same subject, and self-signed.
    pub(crate) fn write(dir: &Path) -> Result<Self, Failure> {
        let authority = CertificateAuthority::new("fdx interop authority")?;
        let issued = || authority.client("fdx interop client");
        let own = || Certificate::self_signed("fdx interop self-signed client");
        let first = own()?;
        let self_signed = first.der().to_vec();
        file(&dir.join("ca.pem"), authority.certificate_pem())?;
        file(&dir.join("trusted.pem"), &(authority.certificate_pem().to_owned() + first.pem()))?;
        for (name, certificate) in [
            ("server", authority.server()?),
            ("client", issued()?),
            ("client-next", issued()?),
            ("self-signed", first),
            ("self-signed-next", own()?),
        ] {
            let mut chain = certificate.pem().to_owned();
            // To Spring Authorization Server a certificate without its issuer is self-signed.
            if name.starts_with("client") {
                chain.push_str(authority.certificate_pem());
            }
            file(&dir.join(format!("{name}.pem")), &chain)?;
            file(&dir.join(format!("{name}.key")), &certificate.private_key_pem())?;
        }
        Ok(Self { authority, self_signed })
    }
}

/// Creates a file that only its owner can read.
fn file(path: &Path, text: &str) -> Result<(), Failure> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(format!("{} could not be written: {error}", path.display())))
}
