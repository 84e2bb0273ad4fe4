//! A registered client.

use fdx_jose::{Algorithm, Jwks, Thumbprint};
use fdx_rar::DataCluster;
use fdx_wire::{RedirectUri, Secret};

/// A client of the institution, as it registered (RFC 7591 section 2).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegisteredClient {
    /// The `client_id`.
    pub client_id: String,
    /// The redirect URIs, compared byte for byte. A request may use any port of a loopback address
    /// (RFC 8252 section 7.3).
    pub redirect_uris: Vec<RedirectUri>,
    /// The public keys of its assertions and request objects. During a renewal there are several,
    /// and each is accepted.
    pub jwks: Jwks,
    /// `token_endpoint_auth_method`: the authentication at every endpoint.
    pub authentication: ClientAuthentication,
    /// How its access tokens are sender-constrained.
    pub binding: Binding,
    /// The scopes that it may request, including `openid` and `offline_access`.
    pub scopes: Vec<String>,
    /// The algorithm of its ID tokens.
    pub id_token_signed_response_alg: Algorithm,
    /// The algorithm of its request objects. `None` allows every algorithm of FAPI 2.0.
    pub request_object_signing_alg: Option<Algorithm>,
    /// `require_signed_request_object`: whether it must sign its authorization requests.
    pub request_objects: RequestObjects,
    /// The algorithm of its authorization responses with `response_mode=jwt`. `None` refuses that
    /// mode.
    pub authorization_signed_response_alg: Option<Algorithm>,
    /// The algorithm of signed introspection responses. `None` refuses them.
    pub introspection_signed_response_alg: Option<Algorithm>,
}

/// How a client authenticates (FAPI 2.0 Security Profile 5.3.2.1-6).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `private_key_jwt`, with a key in `jwks`.
    #[default]
    PrivateKeyJwt,
    /// `tls_client_auth`: a certificate of a trusted authority with this name
    /// (RFC 8705 section 2.1).
    TlsClientAuth(CertificateName),
    /// `self_signed_tls_client_auth`: one of the certificates with these `x5t#S256`
    /// (RFC 8705 section 2.2). [`x5c_thumbprints`](crate::x5c_thumbprints) reads them from a JWK
    /// Set.
    SelfSignedTlsClientAuth(Vec<Thumbprint>),
    /// Not FAPI: `client_secret_basic` or `client_secret_post`.
    ClientSecret(ClientSecret),
}

/// A client secret and its place in a request (RFC 6749 section 2.3.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientSecret {
    /// The secret.
    pub secret: Secret,
    /// Its place in a request.
    pub place: SecretPlace,
}

/// The place of a client secret in a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretPlace {
    /// The `Authorization` header, with the scheme Basic.
    Basic,
    /// The parameters in the body.
    Body,
}

/// The name that a certificate must have (RFC 8705 section 2.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CertificateName {
    /// `tls_client_auth_subject_dn`, in the form of RFC 4514, compared as text.
    SubjectDn(String),
    /// `tls_client_auth_san_dns`: a DNS name among the alternative names, case-insensitive.
    SanDns(String),
}

/// How a client's access tokens are sender-constrained (FAPI 2.0 Security Profile 5.3.2.1-5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Binding {
    /// Bound to a DPoP key (RFC 9449).
    Dpop,
    /// Bound to the certificate with this `x5t#S256` (RFC 8705).
    MutualTls(Thumbprint),
    /// Bound to the certificate of the token request (RFC 8705 section 3). The client can renew its
    /// certificate without a new registration.
    AnyCertificate,
    /// Not FAPI: not sender-constrained.
    Nothing,
}

/// Whether authorization requests must be signed request objects (RFC 9101).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RequestObjects {
    /// Both forms are accepted.
    #[default]
    Optional,
    /// Unsigned requests are refused (`require_signed_request_object`, RFC 9101 section 10.5).
    Required,
}

impl RegisteredClient {
    /// Returns a client with `private_key_jwt` and ES256 ID tokens, without scopes. It may sign its
    /// requests, and no response to it but the ID token is signed.
    #[must_use]
    pub fn new(
        client_id: &str,
        redirect_uris: Vec<RedirectUri>,
        jwks: Jwks,
        binding: Binding,
    ) -> Self {
        Self {
            client_id: client_id.to_owned(),
            redirect_uris,
            jwks,
            authentication: ClientAuthentication::default(),
            binding,
            scopes: Vec::new(),
            id_token_signed_response_alg: Algorithm::Es256,
            request_object_signing_alg: None,
            request_objects: RequestObjects::default(),
            authorization_signed_response_alg: None,
            introspection_signed_response_alg: None,
        }
    }

    /// Whether `redirect_uri` is registered.
    pub(crate) fn has_registered(&self, redirect_uri: &RedirectUri) -> bool {
        let sent = without_loopback_port(redirect_uri);
        self.redirect_uris.iter().any(|registered| {
            registered == redirect_uri
                || sent.is_some() && without_loopback_port(registered) == sent
        })
    }
}

/// Returns a loopback `http` URI without its port, which a native application chooses for each
/// request (RFC 8252 section 7.3). `None` for an `https` URI.
fn without_loopback_port(uri: &RedirectUri) -> Option<(String, &str, Option<&str>)> {
    let origin = uri.origin();
    // `RedirectUri` allows http only for 127.0.0.1 and [::1].
    let host = origin.as_str().strip_prefix("http://")?;
    let host = host.strip_suffix(&format!(":{}", uri.port())).unwrap_or(host);
    Some((host.to_owned(), uri.path(), uri.query()))
}

/// Returns every scope of FDX, `openid` and `offline_access`.
pub(crate) fn fdx_scopes() -> Vec<String> {
    let clusters = DataCluster::known().iter().filter_map(|known| known.scope);
    clusters.chain(["openid", "offline_access"]).map(str::to_owned).collect()
}
