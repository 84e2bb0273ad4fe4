use fdx_jose::Thumbprint;
use fdx_rar::Scopes;
use fdx_wire::{Issuer, Secret, UnixTime};

use crate::client::binding::{Bound, BoundBy};
use crate::client::client::Client;
use crate::client::owner::Owner;
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;

/// The tokens of a consent. Persist them at once: a code can be exchanged only once.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) refresh_token_expires_at: Option<UnixTime>,
    pub(crate) scopes: Scopes,
}

/// An access token with its issuer, its client and its binding. Calls borrow it. A client of
/// another institution, or another client of the same institution, never sends it.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub(crate) issuer: Issuer,
    pub(crate) client_id: String,
    pub(crate) token: Secret,
    pub(crate) bound: Bound,
    pub(crate) expires_at: Option<UnixTime>,
}

impl Tokens {
    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The refresh token, if there is one.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// When the refresh token expires, counted from the time at which its request was drafted.
    /// `None` if there is no refresh token, or if the dialect documents no lifetime.
    #[must_use]
    pub fn refresh_token_expires_at(&self) -> Option<UnixTime> {
        self.refresh_token_expires_at
    }

    /// The granted scopes: those of the response, or the requested ones if it has none.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }
}

impl AccessToken {
    /// The token's text, for persisting it.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.token
    }

    /// The kind of binding.
    #[must_use]
    pub fn bound_by(&self) -> BoundBy {
        self.bound.by
    }

    /// The thumbprint of the key or certificate that the token is bound to. `None` if it is not
    /// bound.
    #[must_use]
    pub fn bound_to(&self) -> Option<Thumbprint> {
        self.bound.to
    }

    /// When the token expires, counted from the time at which its request was drafted. `None` if
    /// the server did not report it.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }
}

/// Tokens that [`Client::revoke`] accepts: [`Tokens`], and tokens that are not verified.
pub trait Revocable {
    /// The tokens, for revocation only.
    fn revocable(&self) -> &Tokens;
}

impl Revocable for Tokens {
    fn revocable(&self) -> &Tokens {
        self
    }
}

impl Tokens {
    pub(crate) fn check_refreshable(&self, now: UnixTime) -> Result<(), StoredStateFault> {
        if self.refresh_token.is_none() {
            return Err(StoredStateFault::RefreshTokenMissing);
        }
        match self.refresh_token_expires_at.is_some_and(|expires_at| expires_at <= now) {
            true => Err(StoredStateFault::RefreshTokenExpired),
            false => Ok(()),
        }
    }

    /// RFC 6749 6: a new refresh token replaces the old one; without one the old one stays.
    pub(crate) fn or_refresh_token_of(mut self, before: Self) -> Self {
        if self.refresh_token.is_none() {
            self.refresh_token_expires_at = before.refresh_token_expires_at;
            self.refresh_token = before.refresh_token;
        }
        self
    }
}

impl AccessToken {
    fn owner(&self) -> Owner<'_> {
        Owner::new(self.issuer.as_str(), &self.client_id)
    }
}

impl Client {
    /// A token is valid only at its issuer, and is not sent anywhere else (RFC 9700 section 4.4).
    /// If it is not sender-constrained, only this check binds it to its client.
    pub(crate) fn check_issued(&self, access_token: &AccessToken) -> Result<(), Error> {
        // check: TokenIssuer
        self.check_owner(access_token.owner())?;
        Ok(())
    }
}
