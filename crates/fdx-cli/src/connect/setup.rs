//! Loads the keys, certificates and secrets that a configuration names.

use std::path::{Path, PathBuf};

use fdx_jose::{
    AssertionKey, PrivateKey, ProofKey, PublicKey, RequestObjectKey, Thumbprint, backend,
};
use fdx_par::not_fapi::{ClientSecret, Unbound};
use fdx_par::{ClientAuthentication, ClientConfig, RequestObjects, SenderConstraint};
use fdx_transport_hyper::{ClientIdentity, Roots, Transport, TransportBuilder};

use crate::connect::config::{Authentication, Binding, Config};
use crate::error::Failure;
use crate::flow::Driver;
use crate::{credentials, files};

/// A client configuration, its driver and its output files.
pub(crate) struct Setup {
    pub(crate) client: ClientConfig,
    pub(crate) driver: Driver,
    pub(crate) receipt: PathBuf,
    /// A copy of the first tokens.
    pub(crate) tokens: Option<PathBuf>,
}

/// The keys, certificate and secret of the client.
struct Identity {
    /// All signing keys.
    keys: Vec<PrivateKey>,
    signing: Option<PublicKey>,
    dpop: Option<PublicKey>,
    certificate: Option<Thumbprint>,
    secret: Option<ClientSecret>,
}

impl Setup {
    /// Loads keys and certificates. `path` is the file of the configuration.
    pub(crate) fn load(config: &Config, path: &Path) -> Result<Self, Failure> {
        let directory = path.parent().unwrap_or(Path::new(""));
        let (identity, transport) = Identity::load(config, directory)?;
        let mut client = ClientConfig::new(
            config.issuer.clone(),
            config.client_id.clone(),
            config.redirect_uri.clone(),
            config.fdx_base.clone(),
            identity.authentication(config)?,
            identity.sender_constraint(config)?,
            backend::ring(),
        )
        .with_dialect(config.dialect());
        client.consent_base.clone_from(&config.consent_base);
        client.mtls_endpoints = config.mtls_endpoints();
        client.response_mode = config.response_mode();
        if config.request_object {
            let key = RequestObjectKey::new(identity.signing_key()?);
            client.request_objects = RequestObjects::Signed(Box::new(key));
        }
        let transport = transport.build().map_err(|error| unusable(path, &error))?;
        Ok(Self {
            client,
            driver: Driver { transport, keys: identity.keys },
            receipt: directory.join(&config.output.receipt),
            tokens: config.output.tokens.as_ref().map(|path| directory.join(path)),
        })
    }

    /// Fails early if an output file exists, because a code can be used only once.
    pub(crate) fn check_outputs(&self) -> Result<(), Failure> {
        if self.tokens.as_ref() == Some(&self.receipt) {
            let what = "[output] names the same file for the receipt and the tokens";
            return Err(Failure::usage(what, "name two files"));
        }
        for path in [Some(&self.receipt), self.tokens.as_ref()].into_iter().flatten() {
            files::check_absent(path)?;
            files::check_directory_of(path)?;
        }
        Ok(())
    }
}

impl Identity {
    fn load(config: &Config, directory: &Path) -> Result<(Self, TransportBuilder), Failure> {
        let mut identity =
            Self { keys: Vec::new(), signing: None, dpop: None, certificate: None, secret: None };
        if let Some(path) = &config.key {
            let key = credentials::load(&directory.join(path), config.kid.as_deref())?;
            identity.signing = Some(key.public().clone());
            identity.keys.push(key);
        }
        if let Some(path) = &config.dpop_key {
            let key = credentials::load(&directory.join(path), None)?;
            identity.dpop = Some(key.public().clone());
            identity.keys.push(key);
        }
        if let Some(path) = &config.client_secret_file {
            identity.secret = Some(secret(&directory.join(path))?);
        }
        let mut transport = Transport::builder();
        if let Some(path) = &config.root_certificates {
            let path = directory.join(path);
            let roots = Roots::pem(files::text(&path, "root_certificates")?.expose());
            transport = transport.root_certificates(roots.map_err(|e| unusable(&path, &e))?);
        }
        if let (Some(chain), Some(key)) = (&config.certificate, &config.certificate_key) {
            let chain = directory.join(chain);
            let chain_text = files::text(&chain, "the certificate")?;
            let key = directory.join(key);
            let key_text = files::private_key(&key, "the certificate's key")?;
            let shown = ClientIdentity::from_pem(chain_text.expose(), key_text.expose());
            // Either file may be wrong.
            let both = format!("{} with {}", chain.display(), key.display());
            let shown = shown.map_err(|error| unusable(Path::new(&both), &error))?;
            identity.certificate = Some(shown.thumbprint());
            transport = transport.client_certificate(shown);
        }
        Ok((identity, transport))
    }

    fn authentication(&self, config: &Config) -> Result<ClientAuthentication, Failure> {
        Ok(match config.authentication() {
            Authentication::ClientSecret => {
                let secret = self.secret.clone();
                let secret = secret.ok_or_else(|| missing("client_secret_file"))?;
                ClientAuthentication::NotFapi(secret)
            }
            Authentication::PrivateKeyJwt => {
                let assertion_type = config.assertion_type.assertion_type();
                let key = AssertionKey::new(self.signing_key()?, assertion_type);
                ClientAuthentication::PrivateKeyJwt(key)
            }
            Authentication::SelfSignedTlsClientAuth => {
                ClientAuthentication::SelfSignedTlsClientAuth(self.certificate()?)
            }
            Authentication::TlsClientAuth => {
                ClientAuthentication::TlsClientAuth(self.certificate()?)
            }
        })
    }

    fn sender_constraint(&self, config: &Config) -> Result<SenderConstraint, Failure> {
        Ok(match (config.binding.as_ref(), &self.dpop) {
            (Binding::None, _) => SenderConstraint::NotFapi(Unbound),
            (Binding::Mtls, _) => SenderConstraint::Mtls(self.certificate()?),
            (Binding::Dpop, Some(key)) => SenderConstraint::Dpop(ProofKey::new(key.clone())),
            (Binding::Dpop, None) => SenderConstraint::Dpop(ProofKey::new(self.signing_key()?)),
        })
    }

    fn signing_key(&self) -> Result<PublicKey, Failure> {
        self.signing.clone().ok_or_else(|| missing("key"))
    }

    fn certificate(&self) -> Result<Thumbprint, Failure> {
        self.certificate.ok_or_else(|| missing("certificate and certificate_key"))
    }
}

/// Reads a client secret, without a final line end.
fn secret(path: &Path) -> Result<ClientSecret, Failure> {
    let text = files::private_key(path, "the client secret")?;
    let secret = text.expose().trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.contains(['\r', '\n']) {
        let what = format!("{} does not contain one line with a client secret", path.display());
        return Err(Failure::usage(what, "write only the secret into it"));
    }
    Ok(ClientSecret::new(secret.to_owned()))
}

/// The failure for a missing setting. `source` has already checked for it.
fn missing(setting: &str) -> Failure {
    Failure::usage(
        format!("the configuration needs {setting}"),
        "fdx connect --example shows all settings",
    )
}

fn unusable(path: &Path, error: &dyn std::error::Error) -> Failure {
    let what = format!("{} can't be used: {error}", path.display());
    Failure::usage(what, "name another file; fdx connect --example describes each file")
}
