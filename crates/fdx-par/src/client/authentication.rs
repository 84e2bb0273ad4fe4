use core::time::Duration;

use fdx_jose::{AssertionType, Audience, SigningInput};
use fdx_wire::{Secret, base64, percent_encode};
use http::Method;

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::client::config::{ClientAuthentication, ClientSecret};
use crate::discovery::endpoint::Endpoint;
use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::refusal::Asserted;
use crate::exchange::mint::Mint;
use crate::exchange::nonces::Realm;
use crate::exchange::outgoing::{Body, Outgoing, ParameterBody, SignedParameter};

impl Client {
    /// The client's secret, if the dialect sends it in this way.
    fn secret(&self, sent: bool) -> Option<&Secret> {
        match &self.config().authentication {
            ClientAuthentication::NotFapi(ClientSecret(secret)) => Some(secret).filter(|_| sent),
            _ => None,
        }
    }
}

/// RFC 6749 2.3.1: both are form-encoded before they are joined.
fn basic(client_id: &str, secret: &Secret) -> Secret {
    let secret = Secret::new(percent_encode(secret.expose()));
    let pair = Secret::concat(&[&percent_encode(client_id), ":", secret.expose()]);
    // A reallocated text is not wiped.
    let mut credentials = String::with_capacity(pair.expose().len() * 2);
    base64::encode_into(pair.expose().as_bytes(), &mut credentials);
    Secret::new(credentials)
}

const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

impl Client {
    /// Writes an authenticated request with `parameters` to `endpoint`, with a DPoP proof if
    /// `bound` is a DPoP key.
    pub(crate) fn post(
        &self,
        endpoint: Endpoint,
        parameters: impl Into<ParameterBody>,
        bound: Option<Bound>,
        mint: &Mint<'_>,
        limit: usize,
    ) -> Result<Outgoing, Error> {
        let target = self.target(endpoint)?;
        let mut body = parameters.into();
        let assertion = self.client_assertion(mint);
        // RFC 8705 2: client_id identifies the owner of a certificate. RFC 7521 4.2 allows it next to
        // an assertion, and Spring Authorization Server requires it there. A push has it among its
        // parameters.
        if endpoint != Endpoint::PushedAuthorizationRequest {
            body.parameter("client_id", &self.config().client_id);
        }
        if let Some(secret) = self.secret(self.profile().client_secret_post) {
            body.parameter("client_secret", secret.expose());
        }
        if let Some(assertion) = assertion {
            body.sign(SignedParameter::ClientAssertion, assertion);
        }
        let (url, certificate) = (target.url, target.certificate);
        let body = Body::Parameters(body);
        let mut outgoing = Outgoing::new(Method::POST, url, certificate, body, limit);
        outgoing.asserted = self.asserted();
        outgoing.thumbprint = self.config().certificate_thumbprint();
        if let Some(secret) = self.secret(self.profile().client_secret_basic) {
            let credentials = basic(&self.config().client_id, secret);
            let added = outgoing.authorization(Some("Basic"), &credentials);
            added.map_err(|_| CallFault::HeaderText)?;
        }
        if let Some(bound) = bound {
            self.prove(&mut outgoing, Realm::AuthorizationServer, bound, None, mint)?;
        }
        Ok(outgoing)
    }

    /// The `aud` of everything the client signs. FAPI 2.0 Security Profile 5.3.3.1-5: the issuer,
    /// whatever the endpoint.
    pub(crate) fn audience(&self) -> Audience<'_> {
        match &self.0.audience {
            Some(token_endpoint) => Audience::TokenEndpoint(token_endpoint),
            None => Audience::Issuer(&self.config().issuer),
        }
    }

    /// What a refusal of the client's assertion may be about.
    fn asserted(&self) -> Option<Asserted> {
        match &self.config().authentication {
            ClientAuthentication::PrivateKeyJwt(key) => Some(Asserted {
                for_issuer: matches!(self.audience(), Audience::Issuer(_)),
                with_typ: key.typ() != AssertionType::Unstated,
            }),
            _ => None,
        }
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
