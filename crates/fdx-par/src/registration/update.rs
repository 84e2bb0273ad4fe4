use fdx_wire::{Entropy, UnixTime};
use http::Method;

use super::exchange::{Ask, Call};
use super::metadata::ClientMetadata;
use super::registered::Registered;
use super::registrar::Registrar;
use crate::Error;
use crate::exchange::Draft;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};

impl Registrar {
    /// Drafts an update to what this registrar has to say (RFC 7592 section 2.2): all of it, with
    /// what the server added of itself. What comes back takes the place of `registered`, whose
    /// token may be good for nothing then.
    ///
    /// # Errors
    /// As [`Registrar::read`].
    pub fn update(
        &self,
        registered: &Registered,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Registered>, Error> {
        self.check_issuer(registered)?;
        let call = Call::Update(Box::new(registered.clone()));
        Ok(Draft::new(Ask { registrar: self.clone(), call }, entropy, now)?)
    }
}

pub(super) fn write(
    registrar: &Registrar,
    registered: &Registered,
    mint: &Mint<'_>,
) -> Result<Outgoing, Error> {
    let metadata = merged(registrar.asked(), &registered.metadata);
    let mut object = metadata.to_object();
    object.member("client_id", registered.client_id());
    registrar.manage(Method::PUT, registered, Body::Json(object), mint)
}

/// RFC 7592 2.2: every member that the server returned is sent, with our values where we have some;
/// and none that manages the registration, which [`Registered`] keeps apart.
fn merged(asked: &ClientMetadata, returned: &ClientMetadata) -> ClientMetadata {
    let mut merged = returned.clone();
    for (name, value) in asked.iter() {
        merged.insert(name.to_owned(), value.clone());
    }
    // RFC 7591 2: never both.
    match (asked.has("jwks"), asked.has("jwks_uri")) {
        (true, _) => merged.remove("jwks_uri"),
        (_, true) => merged.remove("jwks"),
        _ => {}
    }
    merged
}
