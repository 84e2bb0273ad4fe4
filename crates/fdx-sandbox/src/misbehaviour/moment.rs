//! When a misbehaviour shows: which response of a flow, and which flow.

use fdx_wire::form::Query;
use http::{Method, Request};

use crate::institution::form::value;
use crate::institution::place::Place;

/// A response of a flow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Moment {
    /// The metadata.
    Metadata,
    /// The response to a registration.
    Registration,
    /// The response to a read of a registration.
    RegistrationRead,
    /// The response to an update of a registration.
    RegistrationUpdate,
    /// The response to a deletion of a registration.
    RegistrationDeletion,
    /// The response to a pushed authorization request.
    Push,
    /// The authorization response, to the customer's browser.
    Callback,
    /// The token response to an authorization code.
    Token,
    /// The JWK Set.
    Keys,
    /// The response to an introspection.
    Introspection,
    /// A consent grant.
    Consent,
    /// The token response to a refresh token.
    Refresh,
    /// Any other FDX resource.
    Resource,
    /// The token response to client credentials.
    ClientToken,
    /// The response to the revocation of a consent.
    ConsentRevocation,
    /// The list of a consent's revocations.
    Revocations,
    /// The response to the revocation of a token.
    Revocation,
}

impl Moment {
    /// The responses that do not pass the browser.
    pub const BACK_CHANNEL: &[Self] = &[
        Self::Metadata,
        Self::Registration,
        Self::RegistrationRead,
        Self::RegistrationUpdate,
        Self::RegistrationDeletion,
        Self::Push,
        Self::Token,
        Self::Keys,
        Self::Introspection,
        Self::Consent,
        Self::Refresh,
        Self::Resource,
        Self::ClientToken,
        Self::ConsentRevocation,
        Self::Revocations,
        Self::Revocation,
    ];

    /// The name, with which the names of rows begin.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Registration => "registration",
            Self::RegistrationRead => "registration-read",
            Self::RegistrationUpdate => "registration-update",
            Self::RegistrationDeletion => "registration-deletion",
            Self::Push => "push",
            Self::Callback => "callback",
            Self::Token => "token",
            Self::Keys => "keys",
            Self::Introspection => "introspection",
            Self::Consent => "consent",
            Self::Refresh => "refresh",
            Self::Resource => "resource",
            Self::ClientToken => "client-token",
            Self::ConsentRevocation => "consent-revocation",
            Self::Revocations => "revocations",
            Self::Revocation => "revocation",
        }
    }

    /// The flow that contains this response.
    pub(crate) const fn flow(self) -> Flow {
        match self {
            Self::Registration | Self::RegistrationRead => Flow::Registration,
            Self::RegistrationUpdate | Self::RegistrationDeletion => Flow::ManagedRegistration,
            Self::ClientToken | Self::ConsentRevocation | Self::Revocations => {
                Flow::ConsentRevocation
            }
            _ => Flow::Any,
        }
    }

    pub(crate) fn of(place: Place, request: &Request<Vec<u8>>) -> Option<Self> {
        Some(match place {
            Place::Metadata => Self::Metadata,
            Place::Register => Self::Registration,
            Place::RegisteredClient => match *request.method() {
                Method::GET => Self::RegistrationRead,
                Method::PUT => Self::RegistrationUpdate,
                Method::DELETE => Self::RegistrationDeletion,
                _ => return None,
            },
            Place::Par => Self::Push,
            Place::Decision => Self::Callback,
            Place::Token => match grant_type(request)?.as_str() {
                "authorization_code" => Self::Token,
                "refresh_token" => Self::Refresh,
                "client_credentials" => Self::ClientToken,
                _ => return None,
            },
            Place::Jwks => Self::Keys,
            Place::Introspect => Self::Introspection,
            Place::Resource if request.uri().path().contains("/consents/") => Self::Consent,
            Place::Resource => Self::Resource,
            Place::ConsentRevocation if *request.method() == Method::GET => Self::Revocations,
            Place::ConsentRevocation => Self::ConsentRevocation,
            Place::Revoke => Self::Revocation,
            _ => return None,
        })
    }
}

fn grant_type(request: &Request<Vec<u8>>) -> Option<String> {
    let form = Query::parse(str::from_utf8(request.body()).ok()?, 64 * 1024).ok()?;
    value(&form, "grant_type").map(str::to_owned)
}

/// The flow in which a misbehaviour shows.
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
    /// The client registers first and reads its registration. Tokens are bound by DPoP.
    Registration,
    /// The client registers first, updates its registration, and deletes it at the end. Tokens are
    /// bound by DPoP.
    ManagedRegistration,
    /// At the end the client revokes the consent with a client credentials token, and lists the
    /// revocations.
    ConsentRevocation,
    /// The customer leaves 40 seconds after the push.
    Late,
    /// The client refreshes twice.
    RefreshedTwice,
}

impl Flow {
    /// Returns the flow that makes the misbehaviour visible, as one sentence. `None` if the client
    /// needs nothing but the scopes `openid` and `offline_access`.
    #[must_use]
    pub fn needs(self) -> Option<&'static str> {
        Some(match self {
            Self::Any => return None,
            Self::Dpop => "The client's tokens are bound by DPoP",
            Self::Es256 => "ID tokens are signed with ES256",
            Self::Ps256 => "ID tokens are signed with PS256",
            Self::MessageSigning => {
                "The client requests signed authorization responses and signed introspection"
            }
            Self::Registration => {
                "The client registers and reads its registration, and its tokens are bound by DPoP"
            }
            Self::ManagedRegistration => {
                "The client registers, updates its registration and deletes it, and its tokens are \
                 bound by DPoP"
            }
            Self::ConsentRevocation => {
                "The client revokes the consent with a client credentials token and lists the \
                 revocations"
            }
            Self::Late => "The customer leaves 40 seconds after the push",
            Self::RefreshedTwice => "The client refreshes twice",
        })
    }
}
