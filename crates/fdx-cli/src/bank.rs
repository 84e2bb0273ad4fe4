//! The institution of `demo` and `sandbox`, with fresh keys and certificates.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use fdx_jose::{Jwks, backend};
use fdx_rar::DataCluster;
use fdx_sandbox::certificates::{Certificate, CertificateAuthority};
use fdx_sandbox::server::{Observer, Running, Server, TlsIdentity};
use fdx_sandbox::{Binding, Institution, InstitutionConfig, NoncePolicy, RegisteredClient};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri};

use crate::error::Failure;
use crate::flow::entropy;
use crate::keys::{self, FreshKey};

/// An institution at work, and all that its clients need to know. It ends when this is dropped.
pub(crate) struct Bank {
    pub(crate) issuer: Issuer,
    /// Where tokens go that are bound to a key.
    pub(crate) fdx_base: HttpsUrl,
    /// Where tokens go that are bound to a certificate.
    pub(crate) mtls_fdx_base: HttpsUrl,
    pub(crate) authority: CertificateAuthority,
    /// The clients' certificate.
    pub(crate) certificate: Certificate,
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

/// The client whose tokens are bound to its key.
pub(crate) const DPOP_CLIENT: &str = "app-dpop";
/// The client whose tokens are bound to its certificate.
pub(crate) const MTLS_CLIENT: &str = "app-mtls";

/// Makes the keys and certificates, registers both clients, and begins to serve.
pub(crate) async fn open(
    ports: Ports,
    redirect_uris: &[RedirectUri],
    nonces: NoncePolicy,
    observer: Observer,
) -> Result<Bank, Failure> {
    let server = Server::bind(ports.main, ports.mtls).await.map_err(|error| {
        Failure::failed(error.to_string(), "choose another --listen address, or port 0 for any")
    })?;
    let server = server.observed_by(observer);
    let (main, mtls) = (server.main(), server.mtls());
    let issuer = Issuer::parse(&format!("https://{main}")).map_err(unusable)?;
    let mtls_base = HttpsUrl::parse(&format!("https://{mtls}")).map_err(unusable)?;
    let fdx = |at| HttpsUrl::parse(&format!("https://{at}/fdx/v6")).map_err(unusable);
    let (fdx_base, mtls_fdx_base) = (fdx(main)?, fdx(mtls)?);

    let authority = CertificateAuthority::new("fdx sandbox CA").map_err(unusable)?;
    let identity = TlsIdentity::from(authority.server().map_err(unusable)?);
    let certificate = authority.client("fdx sandbox client").map_err(unusable)?;
    let key = keys::fresh()?;
    let bindings =
        [(DPOP_CLIENT, Binding::Dpop), (MTLS_CLIENT, Binding::MutualTls(certificate.thumbprint()))];
    let register = |(client_id, binding): (&str, Binding)| {
        let jwks = Jwks::new(vec![key.key.public().clone()]);
        let mut client = RegisteredClient::new(client_id, redirect_uris.to_vec(), jwks, binding);
        client.scopes = scopes();
        client
    };
    let clients = bindings.map(register).to_vec();

    let signing_keys = vec![keys::fresh()?.key];
    let mut config =
        InstitutionConfig::new(issuer.clone(), mtls_base, backend::ring(), signing_keys);
    config.clients.clone_from(&clients);
    config.nonce_policy = nonces;
    let institution = Arc::new(Mutex::new(Institution::new(config, entropy()?)));
    let running =
        server.serve(institution, identity, &[authority.certificate_der()]).map_err(unusable)?;
    Ok(Bank {
        issuer,
        fdx_base,
        mtls_fdx_base,
        authority,
        certificate,
        key,
        clients,
        _running: running,
    })
}

/// Everything that FDX knows: a client of the sandbox may ask for anything.
fn scopes() -> Vec<String> {
    let known = DataCluster::known().iter().filter_map(|known| known.scope);
    known.chain(["openid", "offline_access"]).map(str::to_owned).collect()
}

fn unusable(error: impl Display) -> Failure {
    Failure::failed(format!("the institution can't start: {error}"), "try again")
}
