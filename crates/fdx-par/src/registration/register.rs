use fdx_wire::{Entropy, Secret, UnixTime};
use http::Method;

use super::exchange::{Ask, Call};
use super::registered::Registered;
use super::registrar::{LIMIT, Registrar};
use crate::exchange::Draft;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::token::can_stand_in_a_header;
use crate::{CallerFault, Error};

/// What lets a client register (RFC 7591 section 3).
#[derive(Clone, Debug)]
pub enum InitialAccess {
    /// Nothing: the endpoint is open, or knows the client by its certificate.
    Open,
    /// An initial access token, which the institution gave out of band.
    Token(Secret),
}

impl Registrar {
    /// Drafts the registration. A lost answer may leave a client behind that nobody can reach;
    /// registering again makes another.
    ///
    /// # Errors
    /// [`CallerFault::EndpointMissing`]; [`CallerFault::ParameterText`] for a token that can't
    /// stand in a header.
    pub fn register(
        &self,
        access: InitialAccess,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Registered>, Error> {
        if let InitialAccess::Token(token) = &access
            && !can_stand_in_a_header(token.expose())
        {
            return Err(CallerFault::ParameterText.into());
        }
        Ok(Draft::new(Ask { registrar: self.clone(), call: Call::Register(access) }, entropy, now)?)
    }
}

pub(super) fn write(
    registrar: &Registrar,
    access: &InitialAccess,
    mint: &Mint<'_>,
) -> Result<Outgoing, Error> {
    let target = registrar.target()?;
    let body = Body::Json(registrar.asked().to_object());
    let outgoing = Outgoing::new(Method::POST, target.url, target.certificate, body, LIMIT);
    let token = match access {
        InitialAccess::Open => None,
        InitialAccess::Token(token) => Some(token),
    };
    registrar.authorized(outgoing, token, mint)
}
