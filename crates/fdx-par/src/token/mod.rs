mod exchanged;
pub(crate) mod response;
mod tokens;
pub(crate) mod unverified;

use fdx_wire::form::Form;
use fdx_wire::{Entropy, UnixTime};

pub use exchanged::Exchanged;
pub(crate) use exchanged::IdTokenFrom;
pub(crate) use response::can_stand_in_a_header;
pub use tokens::{AccessToken, BoundBy, Tokens};
pub use unverified::UnverifiedTokens;

use crate::callback::Accepted;
use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::exchange::{Draft, Exchange};
use crate::{Client, Endpoint, Error, NextStep, Refused};

pub(crate) const LIMIT: usize = 256 * 1024;

impl Client {
    /// Drafts the exchange of a code for tokens (RFC 6749 section 4.1.3), with the verifier, bound
    /// to the key or certificate that the push was bound to.
    ///
    /// # Errors
    /// [`Refused`] with the code unspent: [`CallerFault::OtherKey`](crate::CallerFault::OtherKey)
    /// where the configuration now has another key or certificate,
    /// [`CallerFault::OtherClient`](crate::CallerFault::OtherClient).
    pub fn exchange(
        &self,
        accepted: Accepted,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Exchanged>, Refused<Accepted>> {
        if let Err(error) = self.check_ours(&accepted.pending.flow) {
            return Err(Refused::new(error, accepted));
        }
        let ask = Ask { client: self.clone(), accepted };
        Draft::new(ask, entropy, now)
            .map_err(|refused: Refused<Ask>| Refused::new(refused.error, refused.unspent.accepted))
    }
}

pub struct Ask {
    client: Client,
    accepted: Accepted,
}

impl Exchange for Exchanged {
    type Ask = Ask;

    /// A code that may have been spent is never sent again.
    const UNHEARD: NextStep = NextStep::StartOver;

    fn write(ask: &Ask, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let Accepted { pending, code } = &ask.accepted;
        let mut form = Form::with_capacity(4096);
        form.pair("grant_type", "authorization_code")
            .pair("code", code.expose())
            .pair("redirect_uri", pending.flow.redirect_uri.as_str())
            .pair("code_verifier", pending.code_verifier.expose());
        let bound = ask.client.bound_at_exchange(pending.flow.bound_to)?;
        ask.client.post(Endpoint::Token, form, Some(bound), mint, LIMIT)
    }

    fn read(ask: Ask, _: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        let flow = ask.accepted.pending.flow;
        let bound = ask.client.bound_at_exchange(flow.bound_to)?;
        let issued = response::read(answer, &ask.client, bound, &flow.scopes)?;
        let (exchanged_at, id_token_from) = (answer.drafted_at, IdTokenFrom::Exchange);
        Ok(Self { issued, flow, exchanged_at, id_token_from })
    }
}
