//! Who is registered at the institution.

use fdx_jose::{FreshKey, Jwks};
use fdx_sandbox::certificates::Certificate;
use fdx_sandbox::{
    Binding, CertificateName, ClientAuthentication, ClientSecret, Provider, RegisteredClient,
    RequestObjects, SecretPlace,
};
use fdx_wire::{Label, RedirectUri, Secret, base64url};

use crate::error::Failure;
use crate::flow::entropy;
use crate::keys;
use crate::keys::certificate::{self, SelfSigned};

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
/// The one client of a provider that differs.
pub(crate) const ONE_CLIENT: &str = "app-1";
/// Whom the authority's certificate names.
pub(super) const COMMON_NAME: &str = "fdx sandbox client";

const SECRET: Label = Label::new("client secret");

/// A client for each way to be known and to be bound; any of them may have its callbacks signed.
pub(super) fn of_fdx(
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
        if client_id == SIGNED_CLIENT {
            client.request_objects = RequestObjects::Required;
        }
        client
    })
    .collect()
}

/// The certificate that no authority signed, and its key.
pub(super) fn own_certificate() -> Result<(SelfSigned, FreshKey), Failure> {
    let key = keys::fresh()?;
    Ok((certificate::self_signed(&key.pkcs8_pem, SELF_SIGNED_CLIENT, 1)?, key))
}

/// The client as the provider registers it, with a fresh secret where the provider knows its
/// clients by one.
pub(super) fn of_provider(
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
