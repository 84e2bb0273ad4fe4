use fdx_wire::{Entropy, UnixTime};
use http::{Method, StatusCode};

use super::refusal;
use super::registered::Registered;
use super::registrar::Registrar;
use crate::exchange::answer::Answer;
use crate::exchange::interaction::{self, INTERACTION_ID};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::exchange::{Draft, Exchange};
use crate::{Error, NextStep, Notice};

/// The registration is no more, and with it the client's grants and tokens
/// (RFC 7592 section 2.3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deleted {
    notices: Vec<Notice>,
}

impl Registrar {
    /// Drafts the end of a registration. Where the answer is lost, another attempt that is refused
    /// with 401 ([`NextStep::RegisterAgain`]) means that it is gone.
    ///
    /// # Errors
    /// As [`Registrar::read`].
    pub fn delete(
        &self,
        registered: &Registered,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Deleted>, Error> {
        self.check_issuer(registered)?;
        let ask = Ask { registrar: self.clone(), registered: registered.clone() };
        Ok(Draft::new(ask, entropy, now)?)
    }
}

impl Deleted {
    /// What the server did otherwise than it should.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

pub struct Ask {
    registrar: Registrar,
    registered: Registered,
}

impl Exchange for Deleted {
    type Ask = Ask;

    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(ask: &Ask, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        ask.registrar.manage(Method::DELETE, &ask.registered, Body::Empty, mint)
    }

    fn read(_: Ask, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        if answer.status != StatusCode::NO_CONTENT {
            return Err(refusal::of_management(refusal::of(answer, StatusCode::NO_CONTENT)));
        }
        answer.check_size()?;
        let echoed = answer.text(&INTERACTION_ID);
        let notices = interaction::compare(&mint.interaction_id(), echoed).into_iter().collect();
        Ok(Self { notices })
    }
}
