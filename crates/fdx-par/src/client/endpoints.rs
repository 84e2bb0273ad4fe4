use fdx_jose::Algorithm;
use fdx_wire::HttpsUrl;
use fdx_wire::members::{Informative, Member};

use crate::client::config::{
    ClientAuthentication, ClientConfig, MtlsEndpoints, RequestObjects, SenderConstraint,
};
use crate::dialect::profile::Profile;
use crate::discovery::endpoint::Endpoint;
use crate::discovery::metadata::{Published, ServerMetadata};
use crate::error::caller::{ConfigurationFault, MetadataFault};
use crate::exchange::request::ClientCertificate;

/// A URL, and whether the connection to it presents the client's certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// The endpoint or its mTLS alias. An alias changes DPoP's `htu` and the nonce's origin, and
    /// never the audience of a client assertion.
    pub url: HttpsUrl,
    /// Whether RFC 8705 requires the certificate on the connection.
    pub certificate: ClientCertificate,
}

/// Chooses an endpoint or its alias, and whether to present the certificate.
///
/// | authentication    | sender constraint | `use_mtls_endpoint_aliases` | token       | the others  |
/// |-------------------|-------------------|-----------------------------|-------------|-------------|
/// | `private_key_jwt` | DPoP              | false                       | endpoint    | endpoint    |
/// | `private_key_jwt` | mTLS              | false                       | alias, cert | endpoint    |
/// | `private_key_jwt` | either            | true                        | alias, cert | alias, cert |
/// | either mTLS one   | either            | either                      | alias, cert | alias, cert |
///
/// A dialect may require the certificate everywhere, as `use_mtls_endpoint_aliases` does, or at the
/// revocation endpoint, where it proves that the client owns the token.
///
/// A missing alias falls back to the endpoint (RFC 8705 section 5), with the same certificate.
pub(super) fn resolve(
    config: &ClientConfig,
    profile: &Profile,
    metadata: &ServerMetadata,
    endpoint: Endpoint,
) -> Result<Target, MetadataFault> {
    let certificate = certificate(config, profile, endpoint);
    let (published, member) = match (certificate, metadata.aliases.get(endpoint)) {
        (ClientCertificate::Withhold, _) | (ClientCertificate::Present, Published::Absent) => {
            (metadata.endpoints.get(endpoint), endpoint.member())
        }
        (ClientCertificate::Present, alias) => (alias, endpoint.alias_path()),
    };
    let url = published.needed(member, endpoint.purpose())?;
    Ok(Target { url: url.clone(), certificate })
}

/// Whether this client calls the alias of `endpoint`, if there is one.
pub(crate) fn uses_alias(config: &ClientConfig, endpoint: Endpoint) -> bool {
    let profile = Profile::of(&config.dialect);
    certificate(config, &profile, endpoint) == ClientCertificate::Present
        && !profile.endpoint_paths.iter().any(|(replaced, _)| *replaced == endpoint)
}

fn certificate(config: &ClientConfig, profile: &Profile, endpoint: Endpoint) -> ClientCertificate {
    use ClientAuthentication::{NotFapi, PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth};
    let mtls_endpoints = match profile.certificate_everywhere {
        true => MtlsEndpoints::Always,
        false => config.mtls_endpoints,
    };
    match (&config.authentication, &config.sender_constraint, mtls_endpoints, endpoint) {
        (_, _, MtlsEndpoints::Always, _) => ClientCertificate::Present,
        (TlsClientAuth(_) | SelfSignedTlsClientAuth(_), _, _, _) => ClientCertificate::Present,
        // The issued token is bound to the certificate of this connection.
        (PrivateKeyJwt(_) | NotFapi(_), SenderConstraint::Mtls(_), _, Endpoint::Token) => {
            ClientCertificate::Present
        }
        (PrivateKeyJwt(_) | NotFapi(_), SenderConstraint::Mtls(_), _, Endpoint::Revocation)
            if profile.revocation_bound =>
        {
            ClientCertificate::Present
        }
        (PrivateKeyJwt(_) | NotFapi(_), _, _, _) => ClientCertificate::Withhold,
    }
}

impl ClientConfig {
    /// Uses the names of algorithms that the server lists, for everything that the client signs
    /// (RFC 9864: Ed25519 has two names).
    pub(crate) fn with_listed_names(mut self, metadata: &ServerMetadata) -> Self {
        let assertions = metadata.token_endpoint_auth_signing_alg_values_supported.as_deref();
        let proofs = metadata.dpop_signing_alg_values_supported.as_deref().unwrap_or_default();
        let request_objects = metadata.request_object_signing_alg_values_supported.as_deref();
        self.authentication = match self.authentication {
            ClientAuthentication::PrivateKeyJwt(key) => ClientAuthentication::PrivateKeyJwt(
                key.with_listed_alg(assertions.unwrap_or_default()),
            ),
            other => other,
        };
        self.sender_constraint = match self.sender_constraint {
            SenderConstraint::Dpop(key) => SenderConstraint::Dpop(key.with_listed_alg(proofs)),
            other => other,
        };
        let retired = self.retired_proof_keys.into_iter();
        self.retired_proof_keys = retired.map(|key| key.with_listed_alg(proofs)).collect();
        self.request_objects = match self.request_objects {
            RequestObjects::Signed(key) => {
                RequestObjects::signed(key.with_listed_alg(request_objects.unwrap_or_default()))
            }
            RequestObjects::Unsigned => RequestObjects::Unsigned,
        };
        self
    }
}

/// Checks an algorithm against the list of the server that this member has, if it has one. The key
/// signs for `purpose`.
pub(super) fn check_listed(
    listed: Option<&[String]>,
    algorithm: Algorithm,
    member: &Member<Informative>,
    purpose: &'static str,
) -> Result<(), MetadataFault> {
    let takes = |names: &[String]| names.iter().any(|n| Algorithm::from_name(n) == Some(algorithm));
    if listed.is_none_or(takes) {
        return Ok(());
    }
    let (fault, row) = (ConfigurationFault::AlgorithmNotListed, member.row());
    Err(MetadataFault { fault, clause: row.clause, member: row.name, purpose })
}
