use fdx_jose::Algorithm;
use fdx_wire::HttpsUrl;

use crate::client::config::{ClientAuthentication, ClientConfig, MtlsEndpoints, SenderConstraint};
use crate::dialect::profile::Profile;
use crate::discovery::endpoint::Endpoint;
use crate::discovery::metadata::{Published, ServerMetadata};
use crate::error::caller::ConfigurationFault;
use crate::error::error::Error;
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
/// A dialect may require the certificate everywhere, as `use_mtls_endpoint_aliases` does.
///
/// A missing alias falls back to the endpoint (RFC 8705 section 5), with the same certificate.
pub(super) fn resolve(
    config: &ClientConfig,
    profile: &Profile,
    metadata: &ServerMetadata,
    endpoint: Endpoint,
) -> Result<Target, ConfigurationFault> {
    let certificate = certificate(
        &config.authentication,
        &config.sender_constraint,
        if profile.certificate_everywhere { MtlsEndpoints::Always } else { config.mtls_endpoints },
        endpoint,
    );
    let published = match (certificate, metadata.aliases.get(endpoint)) {
        (ClientCertificate::Withhold, _) | (ClientCertificate::Present, Published::Absent) => {
            metadata.endpoints.get(endpoint)
        }
        (ClientCertificate::Present, alias) => alias,
    };
    match published {
        Published::Absent => Err(ConfigurationFault::EndpointMissing),
        Published::Unusable => Err(ConfigurationFault::EndpointNotHttps),
        Published::Url(url) => Ok(Target { url: url.clone(), certificate }),
    }
}

fn certificate(
    authentication: &ClientAuthentication,
    sender_constraint: &SenderConstraint,
    mtls_endpoints: MtlsEndpoints,
    endpoint: Endpoint,
) -> ClientCertificate {
    use ClientAuthentication::{NotFapi, PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth};
    match (authentication, sender_constraint, mtls_endpoints, endpoint) {
        (_, _, MtlsEndpoints::Always, _) => ClientCertificate::Present,
        (TlsClientAuth(_) | SelfSignedTlsClientAuth(_), _, _, _) => ClientCertificate::Present,
        // The issued token is bound to the certificate of this connection.
        (PrivateKeyJwt(_) | NotFapi(_), SenderConstraint::Mtls(_), _, Endpoint::Token) => {
            ClientCertificate::Present
        }
        (PrivateKeyJwt(_) | NotFapi(_), _, _, _) => ClientCertificate::Withhold,
    }
}

/// Checks an algorithm against the server's list, if it has one (RFC 8414 section 2).
pub(super) fn check_listed(listed: Option<&[String]>, algorithm: Algorithm) -> Result<(), Error> {
    let takes = |names: &[String]| names.iter().any(|n| Algorithm::from_name(n) == Some(algorithm));
    if listed.is_none_or(takes) {
        Ok(())
    } else {
        Err(ConfigurationFault::AlgorithmNotListed.into())
    }
}
