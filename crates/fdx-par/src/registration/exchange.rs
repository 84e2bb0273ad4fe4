use http::StatusCode;

use super::register::InitialAccess;
use super::registered::Registered;
use super::registrar::Registrar;
use super::{answer, read, refusal, register, update};
use crate::exchange::Exchange;
use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::{Error, NextStep};

pub struct Ask {
    pub(super) registrar: Registrar,
    pub(super) call: Call,
}

/// The three that are answered with a registration.
pub(super) enum Call {
    Register(InitialAccess),
    Read(Box<Registered>),
    Update(Box<Registered>),
}

impl Exchange for Registered {
    type Ask = Ask;

    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(ask: &Ask, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let registrar = &ask.registrar;
        match &ask.call {
            Call::Register(access) => register::write(registrar, access, mint),
            Call::Read(registered) => read::write(registrar, registered, mint),
            Call::Update(registered) => update::write(registrar, registered, mint),
        }
    }

    fn read(ask: Ask, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        let Ask { registrar, call } = ask;
        let interaction_id = mint.interaction_id();
        match call {
            Call::Register(_) => {
                let status = refusal::created(answer, &registrar.config().dialect)?;
                answer::read(&registrar, None, &interaction_id, answer, status)
            }
            Call::Read(before) | Call::Update(before) => {
                let ok = StatusCode::OK;
                answer::read(&registrar, Some(*before), &interaction_id, answer, ok)
                    .map_err(refusal::of_management)
            }
        }
    }
}
