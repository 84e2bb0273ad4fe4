//! The institution of `demo` and `sandbox`, with fresh keys and certificates.

pub(crate) mod clients;

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use fdx_jose::{Algorithm, FreshKey, backend};
use fdx_sandbox::certificates::{Certificate, CertificateAuthority};
use fdx_sandbox::misbehaviour::Flow;
use fdx_sandbox::server::{Observer, Running, Server, TlsIdentity};
use fdx_sandbox::{
    InstitutionConfig, Misbehaviour, NoncePolicy, Provider, RegisteredClient, RegistrationPolicy,
    Sandbox,
};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri};

use crate::error::Failure;
use crate::flow::entropy;
use crate::keys;
use crate::keys::certificate::SelfSigned;

/// An institution at work, and all that its clients need to know. It ends when this is dropped.
pub(crate) struct Bank {
    pub(crate) provider: &'static Provider,
    pub(crate) issuer: Issuer,
    /// Where tokens go that are bound to a key.
    pub(crate) fdx_base: HttpsUrl,
    /// Where tokens go that are bound to a certificate.
    pub(crate) mtls_fdx_base: HttpsUrl,
    pub(crate) authority: CertificateAuthority,
    /// The clients' certificate.
    pub(crate) certificate: Certificate,
    /// The certificate of the client that has one of its own, and its key.
    pub(crate) own_certificate: Option<(SelfSigned, FreshKey)>,
    /// The clients' key.
    pub(crate) key: FreshKey,
    pub(crate) clients: Vec<RegisteredClient>,
    _running: Running,
}

/// Where the institution listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) main: SocketAddr,
    pub(crate) mtls: SocketAddr,
}

/// Makes the keys and certificates, registers the clients, and begins to serve.
pub(crate) async fn open(
    provider: &'static Provider,
    ports: Ports,
    redirect_uris: &[RedirectUri],
    nonces: NoncePolicy,
    misbehave: Option<Misbehaviour>,
    observer: Observer,
) -> Result<Bank, Failure> {
    let server = Server::bind(ports.main, ports.mtls).await.map_err(|error| {
        Failure::failed(error.to_string(), "choose another --listen address, or port 0 for any")
    })?;
    let server = server.observed_by(observer);
    let (main, mtls) = (server.main(), server.mtls());
    let issuer = Issuer::parse(&format!("https://{main}")).map_err(unusable)?;
    let mtls_base = HttpsUrl::parse(&format!("https://{mtls}")).map_err(unusable)?;
    let fdx =
        |at| HttpsUrl::parse(&format!("https://{at}{}", provider.paths.fdx)).map_err(unusable);
    let (fdx_base, mtls_fdx_base) = (fdx(main)?, fdx(mtls)?);

    let authority = CertificateAuthority::new("fdx sandbox CA").map_err(unusable)?;
    let identity = TlsIdentity::from(authority.server().map_err(unusable)?);
    let certificate = authority.client(clients::COMMON_NAME).map_err(unusable)?;
    let own_certificate = (provider == Provider::FDX).then(clients::own_certificate).transpose()?;
    let algorithm = match misbehave.map(Misbehaviour::flow) {
        // Elsewhere what is wrong with an RSA key would never matter.
        Some(Flow::Ps256) => Algorithm::Ps256,
        _ => algorithm(provider),
    };
    let key = keys::fresh_of(algorithm)?;
    let clients = match &own_certificate {
        Some((own, _)) => clients::of_fdx(&key, &certificate, own, redirect_uris),
        None => vec![clients::of_provider(provider, &key, redirect_uris)?],
    };

    let signing_keys = vec![keys::fresh_of(algorithm)?.key];
    let mut config =
        InstitutionConfig::new(issuer.clone(), mtls_base, backend::ring(), signing_keys);
    provider.configure(&mut config);
    config.clients.clone_from(&clients);
    config.nonce_policy = nonces;
    let registers = |flow| matches!(flow, Flow::Registration | Flow::ManagedRegistration);
    if misbehave.is_some_and(|wrong| registers(wrong.flow())) {
        // Elsewhere there is no registration endpoint, and this would never show.
        config.registration = RegistrationPolicy::Open;
    }
    let mut sandbox = Sandbox::of(provider, config, entropy()?);
    sandbox.misbehave(misbehave);
    let sandbox = Arc::new(Mutex::new(sandbox));
    let mut roots = vec![authority.certificate_der()];
    roots.extend(own_certificate.iter().map(|(own, _)| own.der()));
    let running = server.serve(sandbox, identity, &roots).map_err(unusable)?;
    Ok(Bank {
        provider,
        issuer,
        fdx_base,
        mtls_fdx_base,
        authority,
        certificate,
        own_certificate,
        key,
        clients,
        _running: running,
    })
}

/// What the provider signs with, and wants signed.
fn algorithm(provider: &Provider) -> Algorithm {
    match [Provider::MASTERCARD, Provider::UAE].contains(&provider) {
        true => Algorithm::Ps256,
        false => Algorithm::Es256,
    }
}

fn unusable(error: impl Display) -> Failure {
    Failure::failed(format!("the institution can't start: {error}"), "try again")
}
