use fdx_jose::{Algorithm, Jwks, Thumbprint};
use fdx_wire::{RedirectUri, Secret};

/// A client of the institution, as it registered (RFC 7591 section 2).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegisteredClient {
    /// The `client_id`.
    pub client_id: String,
    /// Where its customers may come back to, compared byte for byte.
    pub redirect_uris: Vec<RedirectUri>,
    /// The public keys of its assertions and request objects. While a key is renewed there are
    /// several, and any of them is good.
    pub jwks: Jwks,
    /// `token_endpoint_auth_method`: how it authenticates, at every endpoint.
    pub authentication: ClientAuthentication,
    /// How its access tokens are sender-constrained.
    pub binding: Binding,
    /// The scopes that it may ask for, `openid` and `offline_access` included.
    pub scopes: Vec<String>,
    /// The algorithm of its ID tokens.
    pub id_token_signed_response_alg: Algorithm,
    /// The one algorithm of its request objects; any that FAPI 2.0 allows where there is none.
    pub request_object_signing_alg: Option<Algorithm>,
    /// `require_signed_request_object`: whether it may push parameters unsigned.
    pub request_objects: RequestObjects,
    /// The algorithm of its authorization responses under `response_mode=jwt`, which is refused
    /// where there is none.
    pub authorization_signed_response_alg: Option<Algorithm>,
    /// The algorithm of signed introspection, which is refused where there is none.
    pub introspection_signed_response_alg: Option<Algorithm>,
}

/// How a client authenticates (FAPI 2.0 Security Profile 5.3.2.1-6).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `private_key_jwt`, by its `jwks`.
    #[default]
    PrivateKeyJwt,
    /// `tls_client_auth`: by a certificate of a trusted authority, for this name
    /// (RFC 8705 section 2.1).
    TlsClientAuth(CertificateName),
    /// `self_signed_tls_client_auth`: by one of the certificates with these `x5t#S256`
    /// (RFC 8705 section 2.2). [`x5c_thumbprints`](crate::x5c_thumbprints) reads them from a JWK
    /// Set.
    SelfSignedTlsClientAuth(Vec<Thumbprint>),
    /// Not FAPI: `client_secret_basic`, or `client_secret_post`.
    ClientSecret(ClientSecret),
}

/// A client's secret, and how it comes (RFC 6749 section 2.3.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientSecret {
    /// The secret.
    pub secret: Secret,
    /// Where it stands.
    pub place: SecretPlace,
}

/// Where a client secret stands in a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretPlace {
    /// In the header, under the scheme Basic.
    Basic,
    /// Among the parameters of the body.
    Body,
}

/// Whom a certificate has to name (RFC 8705 section 2.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CertificateName {
    /// `tls_client_auth_subject_dn`, in the form of RFC 4514, compared as text.
    SubjectDn(String),
    /// `tls_client_auth_san_dns`: a DNS name among its alternative names, in any case.
    SanDns(String),
}

/// How a client's access tokens are sender-constrained (FAPI 2.0 Security Profile 5.3.2.1-5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Binding {
    /// By a DPoP key (RFC 9449).
    Dpop,
    /// By the certificate with this `x5t#S256` (RFC 8705).
    MutualTls(Thumbprint),
    /// By whichever certificate the client shows when it asks for a token (RFC 8705 section 3), so
    /// that it can be renewed without a word.
    AnyCertificate,
    /// Not FAPI: by nothing.
    Nothing,
}

/// Whether authorization parameters have to come in a signed request object (RFC 9101).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RequestObjects {
    /// They may.
    #[default]
    Optional,
    /// They must (`require_signed_request_object`, RFC 9101 section 10.5).
    Required,
}

impl RegisteredClient {
    /// A client that authenticates by `private_key_jwt`, wants ID tokens under ES256, may ask for
    /// no scope yet, and whose signing is otherwise optional.
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
}
