use core::time::Duration;

use fdx_jose::{SigningInput, Thumbprint};
use fdx_wire::form::Form;

use super::sender_constraint::Bound;
use super::{Client, ClientAuthentication, Endpoint};
use crate::Error;
use crate::exchange::Realm;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;

const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

impl Client {
    /// A form for `endpoint`, authenticated, and with a DPoP proof where what it is about is bound
    /// by one.
    pub(crate) fn post(
        &self,
        endpoint: Endpoint,
        mut form: Form,
        bound: Option<Bound>,
        mint: &Mint<'_>,
        limit: usize,
    ) -> Result<Outgoing, Error> {
        let target = self.target(endpoint)?;
        let assertion = self.client_assertion(mint);
        // RFC 8705 2: without an assertion, client_id says whose certificate this is. A push has
        // it among its parameters.
        if assertion.is_none() && endpoint != Endpoint::PushedAuthorizationRequest {
            form.pair("client_id", &self.config().client_id);
        }
        let mut outgoing = Outgoing::post(target.url, target.certificate, form, limit);
        outgoing.inputs.extend(assertion);
        if let Some(bound) = bound {
            self.prove(&mut outgoing, Realm::AuthorizationServer, bound, None, mint)?;
        }
        Ok(outgoing)
    }

    /// FAPI 2.0 Security Profile 5.3.3.1-5: the audience is the issuer, whatever the endpoint.
    fn client_assertion(&self, mint: &Mint<'_>) -> Option<SigningInput> {
        let config = self.config();
        let ClientAuthentication::PrivateKeyJwt(key) = &config.authentication else {
            return None;
        };
        let jti = mint.assertion_jti();
        let (client_id, issuer) = (&config.client_id, &config.issuer);
        Some(key.client_assertion(client_id, issuer, &jti, mint.now, ASSERTION_LIFETIME))
    }
}

impl ClientAuthentication {
    /// Thumbprint of the key that signs assertions, or of the certificate.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        match self {
            Self::PrivateKeyJwt(key) => key.public().thumbprint(),
            Self::TlsClientAuth(certificate) | Self::SelfSignedTlsClientAuth(certificate) => {
                *certificate
            }
        }
    }
}
