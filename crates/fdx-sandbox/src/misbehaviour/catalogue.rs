//! The catalogue of misbehaviours.

use core::fmt;

use http::{Request, Response};

use crate::institution::config::{NoncePolicy, RefreshPolicy};
use crate::institution::state::Met;
use crate::misbehaviour::answer::WrongAnswer;
use crate::misbehaviour::callback::{WrongAuthorizationResponse, WrongCallback};
use crate::misbehaviour::consent::{WrongConsent, WrongConsentRevocation};
use crate::misbehaviour::id_token::WrongIdToken;
use crate::misbehaviour::introspection::WrongIntrospection;
use crate::misbehaviour::keys::WrongKeys;
use crate::misbehaviour::metadata::WrongMetadata;
use crate::misbehaviour::moment::{Flow, Moment};
use crate::misbehaviour::nonce::WrongNonce;
use crate::misbehaviour::push::WrongPush;
use crate::misbehaviour::registration::WrongRegistration;
use crate::misbehaviour::row::{Right, Row};
use crate::misbehaviour::stage::Stage;
use crate::misbehaviour::token::{WrongRefresh, WrongToken};
use crate::misbehaviour::{metadata, nonce};

/// A misbehaviour of a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// A response that no client may read, at any endpoint of the back channel.
    Answer(Moment, WrongAnswer),
    /// The signed authorization response (JARM).
    AuthorizationResponse(WrongAuthorizationResponse),
    /// The authorization response as parameters.
    Callback(WrongCallback),
    /// The consent grant, and responses of resources.
    Consent(WrongConsent),
    /// The revocation of a consent with a client credentials token.
    ConsentRevocation(WrongConsentRevocation),
    /// The ID token.
    IdToken(WrongIdToken),
    /// Token introspection.
    Introspection(WrongIntrospection),
    /// The JWK Set.
    Keys(WrongKeys),
    /// The metadata.
    Metadata(WrongMetadata),
    /// DPoP nonces.
    Nonce(WrongNonce),
    /// The response to a pushed authorization request.
    Push(WrongPush),
    /// The response to a refresh.
    Refresh(WrongRefresh),
    /// Responses to registration and its management.
    Registration(WrongRegistration),
    /// The token response.
    Token(WrongToken),
}

impl Misbehaviour {
    /// Every misbehaviour, by area in the order of a flow.
    pub fn all() -> impl Iterator<Item = Self> {
        let answers = Moment::BACK_CHANNEL.iter().flat_map(|moment| {
            let here = WrongAnswer::ALL.iter().filter(|wrong| wrong.shows_at(*moment));
            here.map(|wrong| Self::Answer(*moment, *wrong))
        });
        let one = WrongMetadata::ALL.iter().copied().map(Self::Metadata);
        one.chain(WrongRegistration::ALL.iter().copied().map(Self::Registration))
            .chain(WrongPush::ALL.iter().copied().map(Self::Push))
            .chain(WrongNonce::ALL.iter().copied().map(Self::Nonce))
            .chain(WrongCallback::ALL.iter().copied().map(Self::Callback))
            .chain(WrongAuthorizationResponse::ALL.iter().copied().map(Self::AuthorizationResponse))
            .chain(WrongToken::ALL.iter().copied().map(Self::Token))
            .chain(WrongIdToken::ALL.iter().copied().map(Self::IdToken))
            .chain(WrongKeys::ALL.iter().copied().map(Self::Keys))
            .chain(WrongIntrospection::ALL.iter().copied().map(Self::Introspection))
            .chain(WrongConsent::ALL.iter().copied().map(Self::Consent))
            .chain(WrongRefresh::ALL.iter().copied().map(Self::Refresh))
            .chain(WrongConsentRevocation::ALL.iter().copied().map(Self::ConsentRevocation))
            .chain(answers)
    }

    /// Returns the misbehaviour with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().find(|known| known.name() == name)
    }

    /// The name, such as `id-token-without-exp`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Answer(moment, _) => format!("{}-{}", moment.name(), self.row().name),
            _ => self.row().name.to_owned(),
        }
    }

    /// What the server does, in one sentence.
    #[must_use]
    pub fn does(self) -> &'static str {
        self.row().does
    }

    /// The violated clause, or the known weakness that it repeats.
    #[must_use]
    pub fn clause(self) -> &'static str {
        self.row().clause
    }

    /// The correct reaction of a client.
    #[must_use]
    pub fn right(self) -> Right {
        self.row().right
    }

    /// The flow in which it shows.
    #[must_use]
    pub fn flow(self) -> Flow {
        match self {
            Self::Answer(moment, _) => moment.flow(),
            Self::AuthorizationResponse(_) => Flow::MessageSigning,
            Self::ConsentRevocation(_) => Flow::ConsentRevocation,
            Self::Introspection(wrong) => wrong.flow(),
            Self::IdToken(wrong) => wrong.flow(),
            Self::Keys(wrong) => wrong.flow(),
            Self::Metadata(wrong) => wrong.flow(),
            Self::Nonce(wrong) => wrong.flow(),
            Self::Push(wrong) => wrong.flow(),
            Self::Refresh(WrongRefresh::Rotated) => Flow::RefreshedTwice,
            Self::Registration(wrong) => wrong.flow(),
            Self::Token(wrong) => wrong.flow(),
            _ => Flow::Any,
        }
    }

    /// The policies of the institution on nonces and refresh tokens, given the configured ones.
    pub(crate) fn policies(
        self,
        (nonces, refresh_tokens): (NoncePolicy, RefreshPolicy),
    ) -> (NoncePolicy, RefreshPolicy) {
        match self {
            Self::Nonce(WrongNonce::NeverAskedFor) => (NoncePolicy::Silent, refresh_tokens),
            Self::Refresh(WrongRefresh::Rotated) => (nonces, RefreshPolicy::RotateAtOnce),
            _ => (nonces, refresh_tokens),
        }
    }

    /// Whether a request that met these policies shows the misbehaviour.
    pub(crate) fn shows_by_policy(self, met: Met) -> bool {
        match self {
            Self::Nonce(WrongNonce::NeverAskedFor) => met.nonce_policy,
            Self::Refresh(WrongRefresh::Rotated) => met.refresh_policy,
            _ => false,
        }
    }

    /// Answers a request in place of the institution.
    pub(crate) fn intercept(
        self,
        request: &Request<Vec<u8>>,
        at_resource: bool,
    ) -> Option<Response<Vec<u8>>> {
        match self {
            Self::Metadata(WrongMetadata::AnotherServersTokenEndpoint) => {
                metadata::another_server(request)
            }
            Self::Nonce(WrongNonce::WithoutProof) => nonce::trap(request),
            Self::Nonce(WrongNonce::OfAnotherServer) if at_resource => nonce::trap(request),
            _ => None,
        }
    }

    fn row(self) -> Row {
        match self {
            Self::Answer(_, wrong) => wrong.row(),
            Self::AuthorizationResponse(wrong) => wrong.row(),
            Self::Callback(wrong) => wrong.row(),
            Self::Consent(wrong) => wrong.row(),
            Self::ConsentRevocation(wrong) => wrong.row(),
            Self::IdToken(wrong) => wrong.row(),
            Self::Introspection(wrong) => wrong.row(),
            Self::Keys(wrong) => wrong.row(),
            Self::Metadata(wrong) => wrong.row(),
            Self::Nonce(wrong) => wrong.row(),
            Self::Push(wrong) => wrong.row(),
            Self::Refresh(wrong) => wrong.row(),
            Self::Registration(wrong) => wrong.row(),
            Self::Token(wrong) => wrong.row(),
        }
    }

    /// Changes the response, if the misbehaviour concerns it.
    pub(crate) fn tamper(self, stage: &mut Stage<'_>) {
        let _ = match self {
            Self::Answer(moment, wrong) => wrong.tamper(moment, stage),
            Self::AuthorizationResponse(wrong) => wrong.tamper(stage),
            Self::Callback(wrong) => wrong.tamper(stage),
            Self::Consent(wrong) => wrong.tamper(stage),
            Self::ConsentRevocation(wrong) => wrong.tamper(stage),
            Self::IdToken(wrong) => wrong.tamper(stage),
            Self::Introspection(wrong) => wrong.tamper(stage),
            Self::Keys(wrong) => wrong.tamper(stage),
            Self::Metadata(wrong) => wrong.tamper(stage),
            Self::Nonce(wrong) => wrong.tamper(stage),
            Self::Push(wrong) => wrong.tamper(stage),
            Self::Refresh(wrong) => wrong.tamper(stage),
            Self::Registration(wrong) => wrong.tamper(stage),
            Self::Token(wrong) => wrong.tamper(stage),
        };
    }
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
