use std::fs;
use std::path::Path;

use fdx_jose::backend::ring;
use fdx_jose::{PrivateKey, Thumbprint};
use fdx_transport_hyper::{ClientIdentity, Roots, Transport};

use crate::combination::Authentication;
use crate::failure::Failure;

/// The recipients' certificates, each with a transport that keeps its connections for the whole run.
pub(crate) struct Identities {
    issued: [Identity; 2],
    self_signed: [Identity; 2],
}

/// A certificate, as an identity and as a thumbprint.
pub(crate) struct Identity {
    pub(crate) transport: Transport,
    pub(crate) thumbprint: Thumbprint,
    /// Its key as a public JWK with `x5c` (RFC 8705 section 2.2.2).
    pub(crate) jwk: String,
}

/// The first or second of a client's certificates or proof keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Generation {
    First,
    Renewed,
}

impl Identities {
    /// Reads the files of `tls::write` in `run`.
    pub(crate) fn read(run: &Path) -> Result<Self, Failure> {
        let read = |name| Identity::read(run, name);
        Ok(Self {
            issued: [read("client")?, read("client-next")?],
            self_signed: [read("self-signed")?, read("self-signed-next")?],
        })
    }

    /// The certificate of a client with this authentication.
    pub(crate) fn of(&self, authentication: Authentication, generation: Generation) -> &Identity {
        let [first, renewed] = match authentication {
            Authentication::SelfSignedTlsClientAuth => &self.self_signed,
            Authentication::PrivateKeyJwt | Authentication::TlsClientAuth => &self.issued,
        };
        match generation {
            Generation::First => first,
            Generation::Renewed => renewed,
        }
    }
}

impl Identity {
    fn read(run: &Path, name: &str) -> Result<Self, Failure> {
        let read = |file: String| fs::read_to_string(run.join(file));
        let (chain, key) = (read(format!("{name}.pem"))?, read(format!("{name}.key"))?);
        let identity = ClientIdentity::from_pem(&chain, &key)?;
        let thumbprint = identity.thumbprint();
        let transport = Transport::builder()
            .root_certificates(Roots::pem(&read("ca.pem".to_owned())?)?)
            .client_certificate(identity)
            .build()?;
        Ok(Self { transport, thumbprint, jwk: jwk(&chain, &key)? })
    }
}

/// RFC 7517 section 4.7: the text between the lines of the first certificate is its `x5c`.
fn jwk(chain: &str, key: &str) -> Result<String, Failure> {
    let key = PrivateKey::from_pem(ring(), key, Some("certificate"))?;
    let members = key.public().jwk().trim_end_matches('}');
    let lines = chain.lines().skip(1).take_while(|line| !line.starts_with('-'));
    Ok(format!(r#"{members},"x5c":["{}"]}}"#, lines.collect::<String>()))
}
