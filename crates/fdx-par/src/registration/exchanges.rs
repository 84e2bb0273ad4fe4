use fdx_wire::{Entropy, Secret, UnixTime};
use http::{Method, StatusCode};

use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::registration::answer;
use crate::registration::answer::{created, of_management, refusal};
use crate::registration::comparison::identifying_members;
use crate::registration::metadata::ClientMetadata;
use crate::registration::registered::Registered;
use crate::registration::registrar::{LIMIT, Registrar};
use crate::tokens::issued::can_stand_in_a_header;

/// The server has deleted the registration, and with it the client's grants and tokens
/// (RFC 7592 section 2.3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deleted {
    notices: Vec<Notice>,
}

impl Registrar {
    /// Drafts the deletion of a registration. If the response is lost, try again: a refusal with
    /// 401 ([`NextStep::RegisterAgain`]) then usually means that the registration was deleted. The
    /// server also returns it for a replaced token.
    ///
    /// # Errors
    /// As [`Registrar::read`].
    pub fn delete(
        &self,
        registered: &Registered,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Deleted>, Error> {
        self.check_owner(registered.owner())?;
        let request =
            DeleteRegistration { registrar: self.clone(), registered: registered.clone() };
        Ok(Draft::new(request, entropy, now)?)
    }
}

impl Deleted {
    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }
}

pub struct DeleteRegistration {
    registrar: Registrar,
    registered: Registered,
}

impl Exchange for Deleted {
    type Request = DeleteRegistration;
    type Kept = InteractionId;
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(
        request: &DeleteRegistration,
        mint: &Mint<'_>,
    ) -> Result<(Outgoing, InteractionId), Error> {
        request.registrar.manage(Method::DELETE, &request.registered, Body::Empty, mint)
    }

    fn read(
        _: DeleteRegistration,
        interaction_id: InteractionId,
        answer: &Answer<'_>,
    ) -> Result<Self, Error> {
        if answer.status != StatusCode::NO_CONTENT {
            return Err(of_management(refusal(answer, StatusCode::NO_CONTENT), answer));
        }
        answer.check_size()?;
        Ok(Self { notices: interaction_id.compare(answer).into_iter().collect() })
    }
}

pub struct RegistrationCall {
    pub(super) registrar: Registrar,
    pub(super) call: Call,
}

/// The three requests whose response is a registration.
pub(super) enum Call {
    Register(InitialAccess),
    Read(Box<Registered>),
    Update(Box<Registered>),
}

impl Exchange for Registered {
    type Request = RegistrationCall;
    type Kept = InteractionId;
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(
        request: &RegistrationCall,
        mint: &Mint<'_>,
    ) -> Result<(Outgoing, InteractionId), Error> {
        let registrar = &request.registrar;
        match &request.call {
            Call::Register(access) => write_register(registrar, access, mint),
            Call::Read(registered) => write_read(registrar, registered, mint),
            Call::Update(registered) => write_update(registrar, registered, mint),
        }
    }

    fn read(
        request: RegistrationCall,
        interaction_id: InteractionId,
        answer: &Answer<'_>,
    ) -> Result<Self, Error> {
        let RegistrationCall { registrar, call } = request;
        match call {
            Call::Register(_) => {
                let status = created(answer, registrar.profile())?;
                answer::read(&registrar, None, &interaction_id, answer, status)
            }
            Call::Read(before) | Call::Update(before) => {
                let ok = StatusCode::OK;
                answer::read(&registrar, Some(*before), &interaction_id, answer, ok)
                    .map_err(|error| of_management(error, answer))
            }
        }
    }
}

impl Registrar {
    /// Drafts the read of a registration in its current state (RFC 7592 section 2.1). The result
    /// replaces `registered`, whose token may no longer be valid.
    ///
    /// # Errors
    /// [`CallFault::RegistrationUnmanaged`](crate::CallFault::RegistrationUnmanaged),
    /// [`CallFault::RegistrationElsewhere`](crate::CallFault::RegistrationElsewhere),
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient).
    pub fn read(
        &self,
        registered: &Registered,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Registered>, Error> {
        self.check_owner(registered.owner())?;
        let call = Call::Read(Box::new(registered.clone()));
        Ok(Draft::new(RegistrationCall { registrar: self.clone(), call }, entropy, now)?)
    }
}

pub(super) fn write_read(
    registrar: &Registrar,
    registered: &Registered,
    mint: &Mint<'_>,
) -> Result<(Outgoing, InteractionId), Error> {
    registrar.manage(Method::GET, registered, Body::Empty, mint)
}

/// The authorization of a registration (RFC 7591 section 3).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum InitialAccess {
    /// No token: the endpoint is open, or identifies the client by its certificate.
    Open,
    /// An initial access token, which the institution issued out of band.
    Token(Secret),
}

impl Registrar {
    /// Drafts the registration. A lost response may leave a client that can't be managed. Register
    /// again: that creates another one.
    ///
    /// # Errors
    /// [`Error::Metadata`] without the endpoint;
    /// [`CallFault::ParameterText`] for a token that can't stand in a header.
    pub fn register(
        &self,
        access: InitialAccess,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Registered>, Error> {
        if let InitialAccess::Token(token) = &access
            && !can_stand_in_a_header(token.expose())
        {
            return Err(CallFault::ParameterText.into());
        }
        Ok(Draft::new(
            RegistrationCall { registrar: self.clone(), call: Call::Register(access) },
            entropy,
            now,
        )?)
    }
}

pub(super) fn write_register(
    registrar: &Registrar,
    access: &InitialAccess,
    mint: &Mint<'_>,
) -> Result<(Outgoing, InteractionId), Error> {
    let target = registrar.target()?;
    let body = Body::Json(registrar.requested().to_object());
    let outgoing = Outgoing::new(Method::POST, target.url, target.certificate, body, LIMIT);
    let token = match access {
        InitialAccess::Open => None,
        InitialAccess::Token(token) => Some(token),
    };
    registrar.authorized(outgoing, token, mint)
}

impl Registrar {
    /// Drafts an update of a registration (RFC 7592 section 2.2). It sends this registrar's client
    /// metadata and the members that the server added. The result replaces `registered`, whose
    /// token may no longer be valid.
    ///
    /// # Errors
    /// As [`Registrar::read`].
    pub fn update(
        &self,
        registered: &Registered,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Registered>, Error> {
        self.check_owner(registered.owner())?;
        let call = Call::Update(Box::new(registered.clone()));
        Ok(Draft::new(RegistrationCall { registrar: self.clone(), call }, entropy, now)?)
    }
}

pub(super) fn write_update(
    registrar: &Registrar,
    registered: &Registered,
    mint: &Mint<'_>,
) -> Result<(Outgoing, InteractionId), Error> {
    let metadata = merged(registrar.requested(), &registered.metadata);
    let mut object = metadata.to_object();
    object.text("client_id", registered.client_id());
    registrar.manage(Method::PUT, registered, Body::Json(object), mint)
}

/// Returns the client metadata of an update. RFC 7592 2.2: it has every member that the server
/// returned, with the requested values if there are any, and none that manages the registration, or
/// that identifies the client and was not requested.
fn merged(requested: &ClientMetadata, returned: &ClientMetadata) -> ClientMetadata {
    let mut merged = returned.clone();
    for (name, value) in requested.iter() {
        merged.insert(name.to_owned(), value.clone());
    }
    // One that was not requested may be another party's. RFC 7591 2: never jwks and jwks_uri.
    for name in identifying_members().filter(|name| !requested.has(name)) {
        merged.remove(name);
    }
    merged
}
