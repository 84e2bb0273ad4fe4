//! The institution of `demo` and `sandbox`, with fresh keys and certificates.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use fdx_jose::{Algorithm, FreshKey, Jwks, backend};
use fdx_rar::DataCluster;
use fdx_sandbox::certificates::{Certificate, CertificateAuthority};
use fdx_sandbox::server::{Observer, Running, Server, TlsIdentity};
use fdx_sandbox::{
    Binding, CertificateName, ClientAuthentication, Institution, InstitutionConfig, Misbehaviour,
    NoncePolicy, RegisteredClient, RequestObjects,
};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri};

use crate::error::Failure;
use crate::flow::entropy;
use crate::keys;
use crate::keys::certificate::{self, SelfSigned};

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
    /// The certificate of the client that has one of its own, and its key.
    pub(crate) own_certificate: (SelfSigned, FreshKey),
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
/// The client that is known by a certificate of its own (RFC 8705 section 2.2).
const SELF_SIGNED_CLIENT: &str = "app-self-signed";
/// The client that signs its requests, and whose callbacks are signed.
const SIGNED_CLIENT: &str = "app-signed";
/// The client that is known by the authority's certificate (RFC 8705 section 2.1).
const TLS_CLIENT: &str = "app-tls";
/// Whom the authority's certificate names.
const COMMON_NAME: &str = "fdx sandbox client";

/// Makes the keys and certificates, registers the clients, and begins to serve.
pub(crate) async fn open(
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
    let fdx = |at| HttpsUrl::parse(&format!("https://{at}/fdx/v6")).map_err(unusable);
    let (fdx_base, mtls_fdx_base) = (fdx(main)?, fdx(mtls)?);

    let authority = CertificateAuthority::new("fdx sandbox CA").map_err(unusable)?;
    let identity = TlsIdentity::from(authority.server().map_err(unusable)?);
    let certificate = authority.client(COMMON_NAME).map_err(unusable)?;
    let own = keys::fresh()?;
    let own_certificate = certificate::self_signed(&own.pkcs8_pem, SELF_SIGNED_CLIENT, 1)?;
    let key = keys::fresh()?;
    let clients = clients(&key, &certificate, &own_certificate, redirect_uris);

    let signing_keys = vec![keys::fresh()?.key];
    let mut config =
        InstitutionConfig::new(issuer.clone(), mtls_base, backend::ring(), signing_keys);
    config.clients.clone_from(&clients);
    config.nonce_policy = nonces;
    config.misbehave = misbehave;
    let institution = Arc::new(Mutex::new(Institution::new(config, entropy()?)));
    let roots = [authority.certificate_der(), own_certificate.der()];
    let running = server.serve(institution, identity, &roots).map_err(unusable)?;
    Ok(Bank {
        issuer,
        fdx_base,
        mtls_fdx_base,
        authority,
        certificate,
        own_certificate: (own_certificate, own),
        key,
        clients,
        _running: running,
    })
}

/// A client for each way to be known and to be bound; any of them may have its callbacks signed.
fn clients(
    key: &FreshKey,
    certificate: &Certificate,
    own: &SelfSigned,
    redirect_uris: &[RedirectUri],
) -> Vec<RegisteredClient> {
    use ClientAuthentication::{PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth};
    let by_name = TlsClientAuth(CertificateName::SubjectDn(format!("CN={COMMON_NAME}")));
    let by_thumbprint = SelfSignedTlsClientAuth(vec![own.thumbprint()]);
    let bound = Binding::MutualTls(certificate.thumbprint());
    [
        (DPOP_CLIENT, PrivateKeyJwt, Binding::Dpop),
        (MTLS_CLIENT, PrivateKeyJwt, bound),
        (SELF_SIGNED_CLIENT, by_thumbprint, Binding::MutualTls(own.thumbprint())),
        (SIGNED_CLIENT, PrivateKeyJwt, Binding::Dpop),
        (TLS_CLIENT, by_name, bound),
    ]
    .into_iter()
    .map(|(client_id, authentication, binding)| {
        let jwks = Jwks::new(vec![key.key.public().clone()]);
        let mut client = RegisteredClient::new(client_id, redirect_uris.to_vec(), jwks, binding);
        client.authentication = authentication;
        client.scopes = scopes();
        client.authorization_signed_response_alg = Some(Algorithm::Es256);
        if client_id == SIGNED_CLIENT {
            client.request_objects = RequestObjects::Required;
        }
        client
    })
    .collect()
}

/// Everything that FDX knows: a client of the sandbox may ask for anything.
fn scopes() -> Vec<String> {
    let known = DataCluster::known().iter().filter_map(|known| known.scope);
    known.chain(["openid", "offline_access"]).map(str::to_owned).collect()
}

fn unusable(error: impl Display) -> Failure {
    Failure::failed(format!("the institution can't start: {error}"), "try again")
}
