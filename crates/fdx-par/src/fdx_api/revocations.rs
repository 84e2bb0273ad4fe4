use fdx_rar::{ConsentId, ConsentRevocation, ConsentRevocationList};
use fdx_wire::{Entropy, UnixTime};
use http::{Method, StatusCode};

use super::error::not_a_success;
use crate::exchange::answer::Answer;
use crate::exchange::interaction::{self, INTERACTION_ID};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::exchange::{Draft, Exchange};
use crate::token::AccessToken;
use crate::{Client, Error, NextStep, Notice};

/// The revocations of a consent, as the institution lists them now.
#[derive(Clone, Debug)]
pub struct Revocations {
    list: Option<ConsentRevocationList>,
    interaction_id: String,
    notices: Vec<Notice>,
}

const LIMIT: usize = 256 * 1024;

impl Client {
    /// Drafts the list of a consent's revocations (FDX Consent API,
    /// `GET /consents/{consentId}/revocation`). FDX 6 answers with an object, FDX 5 with an array;
    /// both are read.
    ///
    /// # Errors
    /// As [`Client::revoke_consent`].
    pub fn list_revocations(
        &self,
        consent_id: &ConsentId,
        access_token: &AccessToken,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Revocations>, Error> {
        let (consent_id, access_token) = (consent_id.clone(), access_token.clone());
        let ask = Ask { client: self.clone(), consent_id, access_token };
        Ok(Draft::new(ask, entropy, now)?)
    }
}

pub struct Ask {
    client: Client,
    consent_id: ConsentId,
    access_token: AccessToken,
}

impl Exchange for Revocations {
    type Ask = Ask;

    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(ask: &Ask, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let url = ask.client.revocation_url(&ask.consent_id)?;
        ask.client.authorized(Method::GET, url, Body::Empty, &ask.access_token, mint, LIMIT)
    }

    fn read(_: Ask, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        answer.check_size()?;
        let list = match answer.status {
            StatusCode::OK => Some(answer.any_success(StatusCode::OK)?),
            StatusCode::NOT_FOUND => None,
            _ => return Err(not_a_success(answer)),
        };
        let interaction_id = mint.interaction_id();
        let echoed = answer.text(&INTERACTION_ID);
        let notices = interaction::compare(&interaction_id, echoed).into_iter().collect();
        Ok(Self { list, interaction_id, notices })
    }
}

impl Revocations {
    /// The revocations, in the order in which they came; `None` for a 404, by which some
    /// institutions say that there are none, and others that they know no such consent.
    #[must_use]
    pub fn list(&self) -> Option<&[ConsentRevocation]> {
        self.list.as_ref().map(ConsentRevocationList::revocations)
    }

    /// The `x-fapi-interaction-id` that was sent.
    #[must_use]
    pub fn interaction_id(&self) -> &str {
        &self.interaction_id
    }

    /// What the server did otherwise than it should.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}
