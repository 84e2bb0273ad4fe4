use core::time::Duration;

use fdx_jose::{Audience, SigningInput, Thumbprint};

use http::Method;

use super::sender_constraint::Bound;
use super::{Client, ClientAuthentication, ClientConfig, Endpoint, SenderConstraint};
use crate::Error;
use crate::dialect::Member;
use crate::exchange::Realm;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};

const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

impl Client {
    /// Parameters for `endpoint`, authenticated, and with a DPoP proof where what they are about is
    /// bound by one.
    pub(crate) fn post(
        &self,
        endpoint: Endpoint,
        parameters: impl Into<Body>,
        bound: Option<Bound>,
        mint: &Mint<'_>,
        limit: usize,
    ) -> Result<Outgoing, Error> {
        let target = self.target(endpoint)?;
        let mut body = parameters.into();
        let assertion = self.client_assertion(mint);
        // RFC 8705 2: without an assertion, client_id says whose certificate this is. A push has
        // it among its parameters.
        if assertion.is_none() && endpoint != Endpoint::PushedAuthorizationRequest {
            body.parameter("client_id", &self.config().client_id);
        }
        let (url, certificate) = (target.url, target.certificate);
        let mut outgoing = Outgoing::new(Method::POST, url, certificate, body, limit);
        outgoing.thumbprint = self.config().certificate_thumbprint();
        outgoing.inputs.extend(assertion);
        self.show_secret(&mut outgoing);
        if let Some(bound) = bound {
            self.prove(&mut outgoing, Realm::AuthorizationServer, bound, None, mint)?;
        }
        Ok(outgoing)
    }

    /// Whom what the client signs is for. FAPI 2.0 Security Profile 5.3.3.1-5: the issuer, whatever
    /// the endpoint.
    pub(crate) fn audience(&self) -> Audience<'_> {
        if self.config().dialect.has(Member::AudienceTokenEndpoint) {
            return Audience::TokenEndpoint(&self.metadata().token_endpoint);
        }
        Audience::Issuer(&self.config().issuer)
    }

    fn client_assertion(&self, mint: &Mint<'_>) -> Option<SigningInput> {
        let config = self.config();
        let ClientAuthentication::PrivateKeyJwt(key) = &config.authentication else {
            return None;
        };
        let jti = mint.assertion_jti();
        let (client_id, audience) = (&config.client_id, self.audience());
        Some(key.client_assertion(client_id, audience, &jti, mint.now, ASSERTION_LIFETIME))
    }
}

impl ClientConfig {
    /// `x5t#S256` of the certificate that connections show.
    pub(crate) fn certificate_thumbprint(&self) -> Option<Thumbprint> {
        let authenticates = self.authentication.certificate();
        authenticates.or(match &self.sender_constraint {
            SenderConstraint::Mtls(certificate) => Some(*certificate),
            _ => None,
        })
    }
}

impl ClientAuthentication {
    /// The certificate that authenticates the client.
    pub(super) fn certificate(&self) -> Option<Thumbprint> {
        match self {
            Self::TlsClientAuth(certificate) | Self::SelfSignedTlsClientAuth(certificate) => {
                Some(*certificate)
            }
            Self::PrivateKeyJwt(_) | Self::NotFapi(_) => None,
        }
    }

    /// Thumbprint of the key that signs assertions, or of the certificate; a secret has none.
    #[must_use]
    pub fn thumbprint(&self) -> Option<Thumbprint> {
        match self {
            Self::PrivateKeyJwt(key) => Some(key.public().thumbprint()),
            _ => self.certificate(),
        }
    }
}
