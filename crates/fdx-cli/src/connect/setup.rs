use std::path::{Path, PathBuf};

use fdx_jose::{AssertionKey, PrivateKey, ProofKey, backend};
use fdx_par::{AuthorizationRequest, ClientAuthentication, ClientConfig, SenderConstraint};
use fdx_transport_hyper::{ClientIdentity, Roots, Transport};

use crate::connect::config::{Binding, Config};
use crate::connect::{request, source};
use crate::error::Failure;
use crate::files;
use crate::flow::Driver;

/// A configuration with the files that it names.
pub(crate) struct Setup {
    pub(crate) client: ClientConfig,
    pub(crate) request: AuthorizationRequest,
    pub(crate) driver: Driver,
    pub(crate) receipt: PathBuf,
    pub(crate) tokens: PathBuf,
}

impl Setup {
    /// Loads keys and certificates. `path` is the configuration's own.
    pub(crate) fn load(config: &Config, path: &Path) -> Result<Self, Failure> {
        let directory = path.parent().unwrap_or(Path::new(""));
        let at = |path: &PathBuf| directory.join(path);

        let assertion_key = key(&at(&config.key), config.kid.as_deref())?;
        let public = assertion_key.public().clone();
        let mut keys = vec![assertion_key];
        let mut transport = Transport::builder();
        if let Some(path) = &config.root_certificates {
            let text = source::text(&at(path), "root_certificates")?;
            let roots = Roots::pem(text.expose());
            transport = transport.root_certificates(roots.map_err(|e| unusable(&at(path), &e))?);
        }
        let mut thumbprint = None;
        if let (Some(chain), Some(key)) = (&config.certificate, &config.certificate_key) {
            let chain_text = source::text(&at(chain), "the certificate")?;
            let key_text = source::text(&at(key), "the certificate's key")?;
            let identity = ClientIdentity::from_pem(chain_text.expose(), key_text.expose());
            let identity = identity.map_err(|error| unusable(&at(chain), &error))?;
            thumbprint = Some(identity.thumbprint());
            transport = transport.client_certificate(identity);
        }
        let constraint = match (*config.binding.as_ref(), thumbprint, &config.dpop_key) {
            (Binding::Mtls, Some(thumbprint), _) => SenderConstraint::Mtls(thumbprint),
            (Binding::Mtls, None, _) => {
                let what = "binding = \"mtls\" needs certificate and certificate_key";
                return Err(Failure::usage(what, "name both"));
            }
            (Binding::Dpop, _, None) => SenderConstraint::Dpop(ProofKey::new(public.clone())),
            (Binding::Dpop, _, Some(path)) => {
                let dpop_key = key(&at(path), None)?;
                let constraint = SenderConstraint::Dpop(ProofKey::new(dpop_key.public().clone()));
                keys.push(dpop_key);
                constraint
            }
        };
        let authentication = ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
            public,
            config.assertion_type.assertion_type(),
        ));
        let mut client = ClientConfig::new(
            config.issuer.clone(),
            config.client_id.clone(),
            config.redirect_uri.clone(),
            config.fdx_base.clone(),
            authentication,
            constraint,
            backend::ring(),
        );
        client.mtls_endpoints = config.mtls_endpoints();
        let transport = transport.build().map_err(|error| unusable(path, &error))?;
        let request = request::of(config);
        let request = request.map_err(|error| Failure::protocol("the request", &error))?;
        Ok(Self {
            client,
            request,
            driver: Driver { transport, keys },
            receipt: at(&config.output.receipt),
            tokens: at(&config.output.tokens),
        })
    }

    /// A code is good once: that a file is in the way must be known before.
    pub(crate) fn check_outputs(&self) -> Result<(), Failure> {
        if self.receipt == self.tokens {
            let what = "[output] names one file for both the receipt and the tokens";
            return Err(Failure::usage(what, "name two"));
        }
        for path in [&self.receipt, &self.tokens] {
            files::check_absent(path)?;
            files::check_directory_of(path)?;
        }
        Ok(())
    }
}

/// A JWK begins with a brace, a PEM never does.
fn key(path: &Path, kid: Option<&str>) -> Result<PrivateKey, Failure> {
    let text = source::text(path, "the private key")?;
    let key = match text.expose().trim_start().starts_with('{') {
        true => PrivateKey::from_jwk(backend::ring(), text.expose().as_bytes()),
        false => PrivateKey::from_pem(backend::ring(), text.expose(), kid),
    };
    key.map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &dyn std::error::Error) -> Failure {
    let what = format!("{} can't be used: {error}", path.display());
    Failure::usage(what, "name another file; fdx connect --example says what each must hold")
}
