use fdx_wire::{Entropy, UnixTime};
use http::Method;

use super::exchange::{Ask, Call};
use super::registered::Registered;
use super::registrar::Registrar;
use crate::Error;
use crate::exchange::Draft;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};

impl Registrar {
    /// Drafts the read of a registration as the server has it now (RFC 7592 section 2.1). What
    /// comes back takes the place of `registered`, whose token may be good for nothing then.
    ///
    /// # Errors
    /// [`CallerFault::RegistrationUnmanaged`](crate::CallerFault::RegistrationUnmanaged),
    /// [`CallerFault::RegistrationElsewhere`](crate::CallerFault::RegistrationElsewhere),
    /// [`CallerFault::OtherClient`](crate::CallerFault::OtherClient).
    pub fn read(
        &self,
        registered: &Registered,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Registered>, Error> {
        self.check_issuer(registered)?;
        let call = Call::Read(Box::new(registered.clone()));
        Ok(Draft::new(Ask { registrar: self.clone(), call }, entropy, now)?)
    }
}

pub(super) fn write(
    registrar: &Registrar,
    registered: &Registered,
    mint: &Mint<'_>,
) -> Result<Outgoing, Error> {
    registrar.manage(Method::GET, registered, Body::Empty, mint)
}
