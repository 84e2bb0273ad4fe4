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

/// A token of the client's own, behind which no customer stands. It goes wherever an
/// [`AccessToken`] does; FDX's Consent API takes it, and a customer's data stays shut.
#[derive(Clone, Debug)]
pub struct ClientToken {
    access_token: AccessToken,
    scopes: Scopes,
}

impl Client {
    /// Drafts the client credentials grant (RFC 6749 section 4.4): `scopes` are the institution's
    /// names for what a client may do on its own, or none. The token is bound as all others are.
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
        // RFC 6749 4.4.3: a refresh token should not come, and one that does is not kept.
        Ok(Self { access_token: issued.tokens.access_token, scopes: issued.tokens.scopes })
    }
}

impl ClientToken {
    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The granted scopes: the response's, or the requested ones where it names none.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }
}
