//! The institution of `demo` and `sandbox`, with fresh keys and certificates.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use fdx_jose::{Algorithm, FreshKey, Jwks, backend};
use fdx_par::Dialect;
use fdx_sandbox::certificates::{Certificate, CertificateAuthority};
use fdx_sandbox::misbehaviour::Flow;
use fdx_sandbox::server::{Observer, Running, Server, TlsIdentity};
use fdx_sandbox::{
    Binding, CertificateName, ClientAuthentication, ClientSecret, InstitutionConfig, Misbehaviour,
    NoncePolicy, Presence, Provider, RegisteredClient, RegistrationPolicy, RequestObjects, Sandbox,
    SecretPlace,
};
use fdx_wire::{HttpsUrl, Issuer, Label, RedirectUri, Secret, base64url};

use crate::credentials::{self, SelfSigned};
use crate::described;
use crate::dialect::PLAYED;
use crate::error::Failure;
use crate::flow::entropy;

/// The client whose tokens are bound to its key.
pub(crate) const DPOP_CLIENT: &str = "app-dpop";
/// The client whose tokens are bound to its certificate.
pub(crate) const MTLS_CLIENT: &str = "app-mtls";
/// The client that authenticates by a self-signed certificate (RFC 8705 section 2.2).
const SELF_SIGNED_CLIENT: &str = "app-self-signed";
/// The client with signed requests and signed callbacks.
const SIGNED_CLIENT: &str = "app-signed";
/// The client that authenticates by the authority's certificate (RFC 8705 section 2.1).
const TLS_CLIENT: &str = "app-tls";
/// The only client of a provider with a dialect.
pub(crate) const ONE_CLIENT: &str = "app-1";
/// The subject of the authority's certificate.
const COMMON_NAME: &str = "fdx sandbox client";

const SECRET: Label = Label::new("client secret");

/// A running institution and the data of its clients. Stops when dropped.
pub(crate) struct Bank {
    pub(crate) provider: &'static Provider,
    pub(crate) issuer: Issuer,
    /// The FDX API for tokens that are bound to a key.
    pub(crate) fdx_base: HttpsUrl,
    /// The FDX API for tokens that are bound to a certificate.
    pub(crate) mtls_fdx_base: HttpsUrl,
    pub(crate) authority: CertificateAuthority,
    /// The clients' certificate.
    pub(crate) certificate: Certificate,
    /// The self-signed certificate of one client, and its key.
    pub(crate) own_certificate: Option<(SelfSigned, FreshKey)>,
    /// The clients' key.
    pub(crate) key: FreshKey,
    pub(crate) clients: Vec<RegisteredClient>,
    /// The clients that are described in files.
    pub(crate) described: Vec<RegisteredClient>,
    _running: Running,
}

/// The choices of an institution.
pub(crate) struct Plan<'a> {
    pub(crate) provider: &'static Provider,
    pub(crate) ports: Ports,
    pub(crate) redirect_uris: &'a [RedirectUri],
    pub(crate) nonces: NoncePolicy,
    pub(crate) authorization_details: Presence,
    pub(crate) interaction_id: Presence,
    /// Files with the metadata of more clients.
    pub(crate) client_files: &'a [PathBuf],
    /// Files with the certificates of more authorities of client certificates.
    pub(crate) client_authorities: &'a [PathBuf],
    pub(crate) misbehave: Option<Misbehaviour>,
}

impl<'a> Plan<'a> {
    /// A strict institution with the built-in clients.
    pub(crate) fn new(
        provider: &'static Provider,
        ports: Ports,
        redirect_uris: &'a [RedirectUri],
    ) -> Self {
        Self {
            provider,
            ports,
            redirect_uris,
            nonces: NoncePolicy::Demand,
            authorization_details: Presence::Required,
            interaction_id: Presence::Required,
            client_files: &[],
            client_authorities: &[],
            misbehave: None,
        }
    }
}

impl Bank {
    /// The base URL of the FDX API for the tokens of `client`.
    pub(crate) fn fdx_base_of(&self, client: &RegisteredClient) -> &HttpsUrl {
        match client.binding {
            Binding::Dpop | Binding::Nothing => &self.fdx_base,
            _ => &self.mtls_fdx_base,
        }
    }
}

/// The addresses of the institution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) main: SocketAddr,
    pub(crate) mtls: SocketAddr,
}

/// Generates keys and certificates, registers the clients, and starts to serve.
pub(crate) async fn open(plan: Plan<'_>, observer: Observer) -> Result<Bank, Failure> {
    let Plan { provider, ports, redirect_uris, misbehave, .. } = plan;
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
    let certificate = authority.client(COMMON_NAME).map_err(unusable)?;
    let own_certificate = (provider == Provider::FDX).then(own_certificate).transpose()?;
    let algorithm = match misbehave.map(Misbehaviour::flow) {
        // A misbehaviour about RSA keys shows only with PS256.
        Some(Flow::Ps256) => Algorithm::Ps256,
        _ => algorithm(provider),
    };
    let key = credentials::fresh_of(algorithm)?;
    let clients = match &own_certificate {
        Some((own, _)) => clients_of_fdx(&key, &certificate, own, redirect_uris),
        None => vec![client_of_provider(provider, &key, redirect_uris)?],
    };

    let signing_keys = vec![credentials::fresh_of(algorithm)?.key];
    let mut config =
        InstitutionConfig::new(issuer.clone(), mtls_base, backend::ring(), signing_keys);
    provider.configure(&mut config);
    config.clients.clone_from(&clients);
    config.nonce_policy = plan.nonces;
    config.authorization_details = plan.authorization_details;
    config.interaction_id = plan.interaction_id;
    let described = described::clients(plan.client_files, &config)?;
    let mut trusted = described::authorities(plan.client_authorities)?;
    trusted.extend(described.iter().flat_map(|described| described.certificates.iter().cloned()));
    let described: Vec<_> = described.into_iter().map(|described| described.client).collect();
    config.clients.extend_from_slice(&described);
    let registers = |flow| matches!(flow, Flow::Registration | Flow::ManagedRegistration);
    if misbehave.is_some_and(|wrong| registers(wrong.flow())) {
        // A misbehaviour about registration shows only if there is an endpoint.
        config.registration = RegistrationPolicy::Open;
    }
    let mut sandbox = Sandbox::of(provider, config, entropy()?);
    if let Some((misbehaviour, missing)) =
        misbehave.and_then(|wrong| Some((wrong, sandbox.missing_for(wrong)?)))
    {
        return Err(Failure::usage(
            format!("{misbehaviour} has no effect here: it needs {missing}"),
            "choose another misbehaviour or configuration",
        ));
    }
    sandbox.misbehave(misbehave);
    let sandbox = Arc::new(Mutex::new(sandbox));
    let mut roots = vec![authority.certificate_der()];
    roots.extend(own_certificate.iter().map(|(own, _)| own.der()));
    roots.extend(trusted.iter().map(Vec::as_slice));
    let running =
        server.serve(sandbox, identity, &roots).map_err(|error| match trusted.is_empty() {
            true => unusable(error),
            false => Failure::usage(
                format!("the institution can't start: {error}"),
                "correct the certificates of --client-ca, and the x5c in the files of --client",
            ),
        })?;
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
        described,
        _running: running,
    })
}

/// The algorithm that the provider uses and accepts.
fn algorithm(provider: &Provider) -> Algorithm {
    match [Provider::MASTERCARD, Provider::UAE].contains(&provider) {
        true => Algorithm::Ps256,
        false => Algorithm::Es256,
    }
}

fn unusable(error: impl Display) -> Failure {
    Failure::failed(format!("the institution can't start: {error}"), "try again")
}

/// One client for each authentication method and binding. Each may request signed callbacks.
fn clients_of_fdx(
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
        let mut client = Provider::FDX.client(client_id, redirect_uris.to_vec(), jwks);
        client.binding = binding;
        client.authentication = authentication;
        // The institution's key is of the same algorithm.
        let algorithm = key.key.public().algorithm();
        client.id_token_signed_response_alg = algorithm;
        client.authorization_signed_response_alg = Some(algorithm);
        client.introspection_signed_response_alg = Some(algorithm);
        if client_id == SIGNED_CLIENT {
            client.request_objects = RequestObjects::Required;
        }
        client
    })
    .collect()
}

/// Generates a self-signed certificate and its key.
fn own_certificate() -> Result<(SelfSigned, FreshKey), Failure> {
    let key = credentials::fresh()?;
    Ok((credentials::self_signed(&key.pkcs8_pem, SELF_SIGNED_CLIENT, 1)?, key))
}

/// The client as the provider registers it, with a fresh secret if the provider uses client
/// secrets.
fn client_of_provider(
    provider: &Provider,
    key: &FreshKey,
    redirect_uris: &[RedirectUri],
) -> Result<RegisteredClient, Failure> {
    let jwks = match provider == Provider::MX {
        true => Jwks::new(Vec::new()),
        false => Jwks::new(vec![key.key.public().clone()]),
    };
    let mut client = provider.client(ONE_CLIENT, redirect_uris.to_vec(), jwks);
    if provider == Provider::MX {
        let secret = Secret::new(base64url::encode(&entropy()?.derive(SECRET, 0)));
        let secret = ClientSecret { secret, place: SecretPlace::Basic };
        client.authentication = ClientAuthentication::ClientSecret(secret);
    }
    Ok(client)
}

/// The failure for a known dialect whose provider the sandbox can't play.
pub(crate) fn unplayed(name: &str) -> Failure {
    let played: Vec<_> = PLAYED.iter().map(Dialect::name).collect();
    Failure::usage(
        format!("the sandbox can't play {name}"),
        format!("choose fdx, {}", played.join(", ")),
    )
}
