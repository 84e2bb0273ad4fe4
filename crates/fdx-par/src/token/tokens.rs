use fdx_jose::Thumbprint;
use fdx_rar::Scopes;
use fdx_wire::{Issuer, Secret, UnixTime};

use crate::client::Bound;

/// What a code was exchanged for. Persist it at once: it can't be had twice.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) refresh_token_expires_at: Option<UnixTime>,
    pub(crate) scopes: Scopes,
}

/// An access token, who issued it to whom, and what it is bound to. Calls borrow it; another
/// institution's client, or another client of the same one, sends it nowhere.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub(crate) issuer: Issuer,
    pub(crate) client_id: String,
    pub(crate) token: Secret,
    pub(crate) bound: Bound,
    pub(crate) expires_at: Option<UnixTime>,
}

/// How a token is bound to its owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BoundBy {
    /// A proof by a key (RFC 9449).
    Dpop,
    /// The connection's certificate (RFC 8705).
    Mtls,
    /// Nothing, which is not FAPI: whoever holds the token can use it (RFC 6750).
    Nothing,
}

impl BoundBy {
    /// `DPoP` or `Bearer`: the `token_type`, and the scheme of `Authorization`.
    #[must_use]
    pub fn token_type(self) -> &'static str {
        match self {
            Self::Dpop => "DPoP",
            Self::Mtls | Self::Nothing => "Bearer",
        }
    }
}

impl Tokens {
    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The refresh token, where one came.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// When the refresh token expires, counted from when the request for it was drafted; `None`
    /// where there is none, and where the provider's dialect does not say.
    #[must_use]
    pub fn refresh_token_expires_at(&self) -> Option<UnixTime> {
        self.refresh_token_expires_at
    }

    /// The granted scopes: the response's, or the requested ones where it names none.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }
}

impl AccessToken {
    /// The token's text, for keeping it.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// What the token is bound by.
    #[must_use]
    pub fn bound_by(&self) -> BoundBy {
        self.bound.by
    }

    /// Thumbprint of the key or certificate that it is bound to, if it is bound at all.
    #[must_use]
    pub fn bound_to(&self) -> Option<Thumbprint> {
        self.bound.to
    }

    /// When it expires, counted from when the request for it was drafted; `None` where the server
    /// did not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }
}
