//! Ways in which a server can be wrong, each with the one right answer to it.
//!
//! The strict institution never takes part: a [`Misbehaviour`] changes what it answered at the door
//! where every response leaves, and looks at what arrives at the door where every request comes in.
//! Without one, both doors are open and nothing here runs.
//!
//! Each is one row: its name, what the server does, the clause that it breaks or uses, and what a
//! client has to do about it. The rows of the FAPI 2.0 certification suite's client tests are among
//! them, the ones that are to be accepted too. A name with `suite` in its clause is one of those; a
//! CVE is a weakness that others had.
//!
#![doc = include_str!("table.md")]
//!
//! # Weaknesses without a row
//!
//! What others got wrong and no server's answer shows is shown by other tests.
//!
#![doc = include_str!("weaknesses.md")]

mod answer;
mod authorization_response;
mod callback;
mod consent;
mod consent_revocation;
mod door;
mod id_token;
mod id_token_change;
mod introspection;
mod jwt;
mod keys;
mod metadata;
mod moment;
mod nonce;
mod push;
mod refresh;
mod registration;
mod row;
mod stage;
mod token;

use core::fmt;

pub use answer::WrongAnswer;
pub use authorization_response::WrongAuthorizationResponse;
pub use callback::WrongCallback;
pub use consent::WrongConsent;
pub use consent_revocation::WrongConsentRevocation;
pub(crate) use door::Active;
pub use door::Aftermath;
pub use id_token::WrongIdToken;
pub use introspection::WrongIntrospection;
pub use keys::WrongKeys;
pub use metadata::WrongMetadata;
pub use moment::Moment;
pub use nonce::WrongNonce;
pub use push::WrongPush;
pub use refresh::WrongRefresh;
pub use registration::WrongRegistration;
pub use row::Right;
pub use token::WrongToken;

use row::Row;
use stage::Stage;

/// One way to be wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// An answer that no client should read, at any endpoint of the back channel.
    Answer(Moment, WrongAnswer),
    /// The signed authorization response (JARM).
    AuthorizationResponse(WrongAuthorizationResponse),
    /// The authorization response in the clear.
    Callback(WrongCallback),
    /// The consent grant, and answers at resources.
    Consent(WrongConsent),
    /// The end of a consent, by a token of the client's own.
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
    /// The answer to a pushed authorization request.
    Push(WrongPush),
    /// The answer to a refresh.
    Refresh(WrongRefresh),
    /// The answer to a registration, or to its read.
    Registration(WrongRegistration),
    /// The token response.
    Token(WrongToken),
}

impl Misbehaviour {
    /// Every one, area by area in the order of a flow.
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

    /// The one of this name.
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

    /// The clause behind it, or the known weakness of others that it repeats.
    #[must_use]
    pub fn clause(self) -> &'static str {
        self.row().clause
    }

    /// What a client has to do about it.
    #[must_use]
    pub fn right(self) -> Right {
        self.row().right
    }

    /// What a flow has to be like for it to show.
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

    /// Changes the answer, where it is one that this is about.
    fn spoil(self, stage: &mut Stage<'_>) {
        let _ = match self {
            Self::Answer(moment, wrong) => wrong.spoil(moment, stage),
            Self::AuthorizationResponse(wrong) => wrong.spoil(stage),
            Self::Callback(wrong) => wrong.spoil(stage),
            Self::Consent(wrong) => wrong.spoil(stage),
            Self::ConsentRevocation(wrong) => wrong.spoil(stage),
            Self::IdToken(wrong) => wrong.spoil(stage),
            Self::Introspection(wrong) => wrong.spoil(stage),
            Self::Keys(wrong) => wrong.spoil(stage),
            Self::Metadata(wrong) => wrong.spoil(stage),
            Self::Nonce(wrong) => wrong.spoil(stage),
            Self::Push(wrong) => wrong.spoil(stage),
            Self::Refresh(wrong) => wrong.spoil(stage),
            Self::Registration(wrong) => wrong.spoil(stage),
            Self::Token(wrong) => wrong.spoil(stage),
        };
    }
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// What a flow has to be like for a misbehaviour to show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flow {
    /// Any flow with `openid` and `offline_access`.
    Any,
    /// Tokens are bound by DPoP.
    Dpop,
    /// ID tokens are signed with ES256.
    Es256,
    /// ID tokens are signed with PS256.
    Ps256,
    /// Authorization responses and introspection are signed.
    MessageSigning,
    /// The client registers first, and reads what was registered. Tokens are bound by DPoP.
    Registration,
    /// The client registers first and updates that, and at the end it deletes it. Tokens are bound
    /// by DPoP.
    ManagedRegistration,
    /// At the end the client revokes the consent by a token of its own, and lists the revocations.
    ConsentRevocation,
    /// The customer is sent off 40 seconds after the push.
    Late,
    /// The client refreshes twice.
    RefreshedTwice,
}
