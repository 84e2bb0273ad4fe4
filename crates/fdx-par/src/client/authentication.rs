use core::time::Duration;

use fdx_jose::{Audience, SigningInput};
use fdx_wire::{Secret, base64, percent_encode};
use http::Method;

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::client::config::{ClientAuthentication, ClientSecret};
use crate::dialect::member::Member;
use crate::dialect::not_fapi::departure::Departure;
use crate::discovery::endpoint::Endpoint;
use crate::error::error::Error;
use crate::exchange::mint::Mint;
use crate::exchange::nonces::Realm;
use crate::exchange::outgoing::{Body, Outgoing};

impl Client {
    /// Adds the client's secret, where it has one.
    pub(crate) fn show_secret(&self, outgoing: &mut Outgoing) {
        let ClientAuthentication::NotFapi(ClientSecret(secret)) = &self.config().authentication
        else {
            return;
        };
        if self.config().dialect.has(Member::NotFapi(Departure::ClientSecretPost)) {
            outgoing.body.parameter("client_secret", secret.expose());
        }
        if self.config().dialect.has(Member::NotFapi(Departure::ClientSecretBasic)) {
            let credentials = basic(&self.config().client_id, secret);
            // base64 can always stand in a header.
            let _ = outgoing.authorization(Some("Basic"), &credentials);
        }
    }
}

/// RFC 6749 2.3.1: both are form-encoded before they are joined.
fn basic(client_id: &str, secret: &Secret) -> Secret {
    let secret = Secret::new(percent_encode(secret.expose()));
    let pair = Secret::concat(&[&percent_encode(client_id), ":", secret.expose()]);
    // Text that is outgrown is not wiped.
    let mut credentials = String::with_capacity(pair.expose().len() * 2);
    base64::encode_into(pair.expose().as_bytes(), &mut credentials);
    Secret::new(credentials)
}

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
