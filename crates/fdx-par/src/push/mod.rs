mod asked;
mod parameters;
mod request;
mod response;

use core::time::Duration;

use fdx_jose::RequestObjectKey;
use fdx_wire::{Entropy, UnixTime};

pub(crate) use asked::Asked;
pub use request::AuthorizationRequest;
pub(crate) use request::is_reserved;
pub use response::Pushed;

use crate::client::RequestObjects;
use crate::dialect::Member;
use crate::exchange::answer::Answer;
use crate::exchange::interaction::INTERACTION_ID;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::exchange::{Draft, Exchange};
use crate::not_fapi::Departure;
use crate::{CallerFault, Client, Endpoint, Error, NextStep};
use parameters::Parameters;

const LIMIT: usize = 16 * 1024;
/// FAPI 2.0 Message Signing 5.3.2-4 allows 60 minutes; a push takes seconds.
const REQUEST_OBJECT_LIFETIME: Duration = Duration::from_secs(300);

impl Client {
    /// Drafts the pushed authorization request (RFC 9126) for a consent.
    ///
    /// Scopes come from the consent request: FDX refuses a request whose `scope` says anything
    /// else. `openid` and `offline_access` are added where they are wanted and the server lists
    /// them.
    ///
    /// # Errors
    /// [`Error::Caller`]: [`CallerFault::DetailsTypeNotListed`] where the server lists the types of
    /// authorization details that it takes, and FDX's is not among them.
    pub fn push(
        &self,
        request: &AuthorizationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Pushed>, Error> {
        if self.config().dialect.has(Member::NotFapi(Departure::NotPushed)) {
            return Err(CallerFault::NotPushed.into());
        }
        Ok(Draft::new(Asked::new(self, request)?, entropy, now)?)
    }
}

impl Exchange for Pushed {
    type Ask = Asked;

    /// A request_uri that nobody heard of expires by itself.
    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(asked: &Asked, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let config = asked.client.config();
        let parameters = asked.parameters(mint);
        let mut outgoing = match &config.request_objects {
            RequestObjects::Unsigned => asked.outgoing(&parameters, mint)?,
            RequestObjects::Signed(key) => asked.signed(key, parameters, mint)?,
        };
        if config.dialect.has(Member::PushInteractionId) {
            outgoing.header(INTERACTION_ID, &mint.interaction_id());
        }
        Ok(outgoing)
    }

    fn read(asked: Asked, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        let (request_uri, redirect_by, capped) =
            response::read(answer, &asked.client.config().dialect)?;
        let authorization_url = crate::redirect::AuthorizationUrl::new(
            &asked.client.metadata().authorization_endpoint,
            &asked.client.config().client_id,
            &request_uri,
            asked.client.config().dialect.authorization_url_parameters(),
        );
        let (pending, mut notices) = asked.pending(mint, answer.drafted_at);
        notices.extend(capped);
        Ok(Self { authorization_url, redirect_by, pending, notices })
    }
}

impl Asked {
    fn outgoing(&self, parameters: &Parameters, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let config = self.client.config();
        let body = parameters.body(&config.dialect);
        let bound = Some(config.sender_constraint.bound());
        self.client.post(Endpoint::PushedAuthorizationRequest, body, bound, mint, LIMIT)
    }

    /// FAPI 2.0 Message Signing 5.3.2-1: everything is inside; outside is who asks.
    fn signed(
        &self,
        key: &RequestObjectKey,
        parameters: Parameters,
        mint: &Mint<'_>,
    ) -> Result<Outgoing, Error> {
        let config = self.client.config();
        let request_object = key
            .request_object(
                &config.client_id,
                self.client.audience(),
                &mint.request_object_jti(),
                mint.now,
                REQUEST_OBJECT_LIFETIME,
                &parameters.request_object(),
            )
            .map_err(|_| CallerFault::ExtraReserved)?;
        let mut outgoing = self.outgoing(&parameters.beside(&config.dialect), mint)?;
        outgoing.inputs.insert(0, request_object);
        Ok(outgoing)
    }
}
