use fdx_rar::Scopes;
use fdx_wire::form::Form;
use fdx_wire::{Entropy, UnixTime};

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::discovery::endpoint::Endpoint;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::issued as response;
use crate::tokens::issued::LIMIT;
use crate::tokens::tokens::AccessToken;

/// An access token of the client itself, without a customer. Every method that takes an
/// [`AccessToken`] accepts it. FDX's Consent API accepts it too; a customer's data needs a token of
/// the customer's consent.
#[derive(Clone, Debug)]
pub struct ClientToken {
    access_token: AccessToken,
    scopes: Scopes,
}

impl Client {
    /// Drafts the client credentials grant (RFC 6749 section 4.4). `scopes` are the institution's
    /// names for access without a customer, or empty. The token is sender-constrained like all
    /// others.
    ///
    /// # Errors
    /// [`StoredStateFault::OtherKey`](crate::StoredStateFault::OtherKey).
    pub fn client_credentials(
        &self,
        scopes: &Scopes,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<ClientToken>, Error> {
        let request = ClientCredentials { client: self.clone(), scopes: scopes.clone() };
        Ok(Draft::new(request, entropy, now)?)
    }
}

pub struct ClientCredentials {
    client: Client,
    scopes: Scopes,
}

impl Exchange for ClientToken {
    type Request = ClientCredentials;
    type Kept = Bound;
    type Entropy = Entropy;

    /// Losing this token is harmless: request another.
    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &ClientCredentials, mint: &Mint<'_>) -> Result<(Outgoing, Bound), Error> {
        let mut form = Form::with_capacity(4096);
        form.pair("grant_type", "client_credentials");
        if !request.scopes.is_empty() {
            form.pair("scope", &request.scopes.to_string());
        }
        let bound = request.client.config().sender_constraint.bound();
        let outgoing = request.client.post(Endpoint::Token, form, Some(bound), mint, LIMIT)?;
        Ok((outgoing, bound))
    }

    fn read(request: ClientCredentials, bound: Bound, answer: &Answer<'_>) -> Result<Self, Error> {
        let issued = response::read(answer, &request.client, bound, &request.scopes)?;
        // RFC 6749 4.4.3: the response should have no refresh token. One is dropped.
        Ok(Self { access_token: issued.tokens.access_token, scopes: issued.tokens.scopes })
    }
}

impl ClientToken {
    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The granted scopes: those of the response, or the requested ones if it has none.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }
}
