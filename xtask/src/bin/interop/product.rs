//! The client against a server product of other authors: plain OAuth and OpenID Connect, without
//! FDX's API.

use fdx_jose::Jwks;
use fdx_jose::backend::ring;
use fdx_jose::{SealingKey, SealingKeys};
use fdx_par::{
    AuthorizationRequest, Callback, ClientConfig, Dialect, ResourceRequest, SenderConstraint,
    StoredGrant, TokenTypeHint, UnverifiedTokens,
};
use fdx_rar::Scopes;
use fdx_transport_hyper::system_now;
use fdx_wire::Entropy;

use crate::combination::{Authentication, Combination, Request, Response};
use crate::failure::Failure;
use crate::flow::{check, refused};
use crate::identities::Generation;
use crate::lab::{Addresses, Decision, Lab};
use crate::recipient::{self, Recipient};
use crate::wrongs;

/// A server product: where it is, and how it differs from FAPI 2.0.
pub(crate) struct Product {
    pub(crate) at: Addresses,
    pub(crate) dialect: Dialect,
    pub(crate) scope: &'static str,
    /// The token that a client with DPoP can revoke.
    pub(crate) revoked_with_proof: TokenTypeHint,
    /// The path below the base URL of the resource that the token opens.
    pub(crate) resource: &'static [&'static str],
}

const SESSION: &[u8] = b"the browser session";

impl Product {
    /// The client that the product knows by this combination.
    pub(crate) fn recipient<'l>(
        &self,
        lab: &'l Lab,
        combination: Combination,
    ) -> Result<Recipient<'l>, Failure> {
        let config = self.config(lab, combination, &combination.to_string())?;
        self.of(lab, combination, config)
    }

    /// A client with this configuration.
    pub(crate) fn of<'l>(
        &self,
        lab: &'l Lab,
        combination: Combination,
        config: ClientConfig,
    ) -> Result<Recipient<'l>, Failure> {
        let identity = lab.identities.of(combination.authentication, Generation::First);
        let mut recipient = Recipient::discovered(lab, identity, config)?;
        recipient.request = self.request()?;
        Ok(recipient)
    }

    pub(crate) fn config(
        &self,
        lab: &Lab,
        combination: Combination,
        client_id: &str,
    ) -> Result<ClientConfig, Failure> {
        let identity = lab.identities.of(combination.authentication, Generation::First);
        let at = &self.at;
        let first = Generation::First;
        let mut config = recipient::config(lab, at, combination, client_id, first, identity)?;
        if combination.response == Response::Query {
            config.authorization_signed_response_alg = None;
        }
        config.introspection_signed_response_alg = None;
        Ok(config.with_dialect(self.dialect))
    }

    /// Scopes alone: no product knows FDX's authorization details.
    pub(crate) fn request(&self) -> Result<AuthorizationRequest, Failure> {
        Ok(AuthorizationRequest::of_scopes(Scopes::parse(self.scope)?).openid())
    }

    /// From the push to a revoked token.
    pub(crate) fn whole(&self, lab: &Lab, combination: Combination) -> Result<String, Failure> {
        self.used(&mut self.recipient(lab, combination)?)
    }

    /// From the push to the verified tokens.
    pub(crate) fn granted(&self, recipient: &mut Recipient<'_>) -> Result<StoredGrant, Failure> {
        let accepted = recipient.accepted()?;
        let exchanged = recipient.exchanged(accepted)?;
        let verified = recipient.verified(exchanged)?;
        let openid = recipient.client.config().id_token_signed_response_alg.is_some();
        check(
            verified.id_token().is_some() == openid,
            "an ID token is missing, or was not wanted",
        )?;
        Ok(verified.without_grant().stored())
    }

    /// From the push to a revoked token, for a client that exists.
    pub(crate) fn used(&self, recipient: &mut Recipient<'_>) -> Result<String, Failure> {
        let first = self.granted(recipient)?;
        let token = first.tokens().access_token();
        check(recipient.introspection(token)?.is_active(), "the token is not active")?;
        self.is_served(recipient, token)?;
        let second = recipient.refreshed(&first)?;
        let third = recipient.refreshed(&second)?;
        let renewed = third.tokens().access_token();
        check(renewed.token().expose() != token.token().expose(), "the token is the old one")?;
        self.is_served(recipient, renewed)?;

        let (tokens, now) = (third.tokens(), system_now());
        let hint = match recipient.client.config().sender_constraint {
            SenderConstraint::Dpop(_) => self.revoked_with_proof,
            _ => TokenTypeHint::RefreshToken,
        };
        let draft = recipient.client.revoke(tokens, hint, Entropy::from_os()?, now)?;
        recipient.run(draft)?;
        let active = recipient.introspection(renewed)?.is_active();
        check(!active, "a revoked token is active")?;
        if hint == TokenTypeHint::RefreshToken {
            let draft = recipient.client.refresh(&third, Entropy::from_os()?, now)?;
            refused(recipient.run(draft), "invalid_grant")?;
        }
        Ok(format!("served, introspected, refreshed twice, {} revoked", hint.as_str()))
    }

    /// Another process after the push, after the callback and after the exchange.
    pub(crate) fn client_restarted(
        &self,
        lab: &Lab,
        combination: Combination,
    ) -> Result<String, Failure> {
        let (url, sealed) = {
            let before = self.recipient(lab, combination)?;
            let (url, pending) = before.begin()?;
            (url, pending.seal(&sealing(), SESSION, Entropy::from_os()?)?)
        };
        let returned = lab.visit(&url, Decision::Allow)?;
        let exchanged = {
            let mut after = self.recipient(lab, combination)?;
            let pending = after.client.open(&sealed, &sealing(), SESSION, system_now())?;
            let Callback::Code(accepted) = after.callback(pending, &returned)? else {
                return Err(Failure::new("the server refused"));
            };
            after.exchanged(accepted)?.to_json()
        };
        let mut after = self.recipient(lab, combination)?;
        let UnverifiedTokens::Exchanged(exchanged) =
            after.client.restore_unverified(exchanged.expose())?
        else {
            return Err(Failure::new("the stored tokens are of a refresh"));
        };
        let verified = after.verified(exchanged)?;
        self.is_served(&after, verified.tokens().access_token())?;
        let grant = verified.without_grant().stored();
        after.refreshed(&grant)?;
        Ok("opened, exchanged, restored, verified, refreshed".to_owned())
    }

    /// The customer refuses.
    pub(crate) fn customer_refuses(
        &self,
        lab: &Lab,
        combination: Combination,
    ) -> Result<String, Failure> {
        wrongs::is_denied(lab, self.recipient(lab, combination)?)
    }

    /// Reads the resource.
    pub(crate) fn is_served(
        &self,
        recipient: &Recipient<'_>,
        token: &fdx_par::AccessToken,
    ) -> Result<(), Failure> {
        let mut url = recipient.client.config().fdx_base.clone();
        for segment in self.resource {
            url = url.join_segment(segment)?;
        }
        let request = ResourceRequest::get(url);
        let draft = recipient.client.call(token, request, Entropy::from_os()?, system_now())?;
        let answer = recipient.run(draft)?;
        check(answer.status() == http::StatusCode::OK, "the resource was not served")
    }
}

/// Each client authentication with each binding and algorithm.
pub(crate) fn combinations<'a>(
    algorithms: &'a [fdx_jose::Algorithm],
    request: Request,
    response: Response,
) -> impl Iterator<Item = Combination> + 'a {
    let base = Combination { request, response, ..Combination::BASE };
    base.authenticated_and_bound().flat_map(move |at| {
        algorithms.iter().map(move |algorithm| Combination { algorithm: *algorithm, ..at })
    })
}

/// The public keys of the client of one algorithm, with the certificate of a self-signed client.
pub(crate) fn client_keys(lab: &Lab, algorithm: fdx_jose::Algorithm) -> Result<String, Failure> {
    let jwks = Jwks::new(vec![lab.key(algorithm)?.public().clone()]).to_json();
    let own = lab.identities.of(Authentication::SelfSignedTlsClientAuth, Generation::First);
    Ok(jwks.replacen("]}", &format!(",{}]}}", own.jwk), 1))
}

fn sealing() -> SealingKeys {
    SealingKeys::new(ring(), SealingKey::new(1, [7; 32]))
}
