use fdx_jose::Algorithm;

use crate::client::{ClientAuthentication, ClientConfig, RequestObjects, SenderConstraint};
use crate::{CallerFault, Error};

/// What a provider wants a client to have. A configuration without it does not make a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Need {
    /// A client certificate that the tokens are bound to.
    Certificate,
    /// A client secret, which is not FAPI.
    ClientSecret,
    /// `private_key_jwt`.
    PrivateKeyJwt,
    /// All that the client signs as JWT, it signs with PS256.
    Ps256,
    /// Signed request objects.
    RequestObject,
    /// Tokens that are bound to nothing, which is not FAPI.
    UnboundTokens,
}

impl Need {
    /// # Errors
    /// The [`CallerFault`] that says what is missing.
    pub(crate) fn check(self, config: &ClientConfig) -> Result<(), Error> {
        let (met, fault) = match self {
            Self::Certificate => (
                matches!(config.sender_constraint, SenderConstraint::Mtls(_)),
                CallerFault::DialectCertificate,
            ),
            Self::ClientSecret => (
                matches!(config.authentication, ClientAuthentication::NotFapi(_)),
                CallerFault::DialectClientSecret,
            ),
            Self::PrivateKeyJwt => (
                matches!(config.authentication, ClientAuthentication::PrivateKeyJwt(_)),
                CallerFault::DialectPrivateKeyJwt,
            ),
            Self::Ps256 => (signs_ps256(config), CallerFault::DialectPs256),
            Self::RequestObject => (
                matches!(config.request_objects, RequestObjects::Signed(_)),
                CallerFault::DialectRequestObject,
            ),
            Self::UnboundTokens => (
                matches!(config.sender_constraint, SenderConstraint::NotFapi(_)),
                CallerFault::DialectUnboundTokens,
            ),
        };
        if met { Ok(()) } else { Err(fault.into()) }
    }
}

fn signs_ps256(config: &ClientConfig) -> bool {
    let assertion = match &config.authentication {
        ClientAuthentication::PrivateKeyJwt(key) => Some(key.public()),
        _ => None,
    };
    let request_object = match &config.request_objects {
        RequestObjects::Signed(key) => Some(key.public()),
        RequestObjects::Unsigned => None,
    };
    assertion.into_iter().chain(request_object).all(|key| key.algorithm() == Algorithm::Ps256)
}
