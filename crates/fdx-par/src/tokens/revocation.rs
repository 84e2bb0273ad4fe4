use fdx_wire::form::Form;
use fdx_wire::{Entropy, Secret, UnixTime};
use http::StatusCode;

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::discovery::endpoint::Endpoint;
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::tokens::{Revocable, Tokens};

/// The kind of token to revoke or introspect (RFC 7009 section 2.1, RFC 7662 section 2.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenTypeHint {
    /// `access_token`.
    AccessToken,
    /// `refresh_token`.
    RefreshToken,
}

/// The server accepted the revocation of a token. The token is invalid now, whether or not it was
/// valid before (RFC 7009 section 2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Revoked;

const LIMIT: usize = 64 * 1024;

impl Client {
    /// Drafts the revocation of one token. Revoking a refresh token usually also revokes its access
    /// tokens. It does not revoke the consent: see [`Client::revoke_consent`].
    ///
    /// `tokens` are [`Tokens`], or tokens that are not verified: [`Exchanged`](crate::Exchanged),
    /// [`Refreshed`](crate::Refreshed), [`UnverifiedTokens`](crate::UnverifiedTokens). Revoke the
    /// latter after their ID token was rejected.
    ///
    /// # Errors
    /// [`Error::Metadata`] without the endpoint,
    /// [`StoredStateFault::RefreshTokenMissing`], [`StoredStateFault::OtherClient`] for another
    /// institution's tokens.
    pub fn revoke(
        &self,
        tokens: &impl Revocable,
        which: TokenTypeHint,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Revoked>, Error> {
        let tokens = tokens.revocable();
        self.check_issued(&tokens.access_token)?;
        let token = which.of(tokens)?.clone();
        let bound = self.profile().revocation_bound.then_some(tokens.access_token.bound);
        Ok(Draft::new(TokenRevocation { client: self.clone(), token, which, bound }, entropy, now)?)
    }
}

impl TokenTypeHint {
    /// The parameter's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }

    pub(crate) fn of(self, tokens: &Tokens) -> Result<&Secret, StoredStateFault> {
        match self {
            Self::AccessToken => Ok(&tokens.access_token.token),
            Self::RefreshToken => {
                tokens.refresh_token.as_ref().ok_or(StoredStateFault::RefreshTokenMissing)
            }
        }
    }
}

pub struct TokenRevocation {
    client: Client,
    token: Secret,
    which: TokenTypeHint,
    /// The binding to prove, if the dialect requires a proof.
    bound: Option<Bound>,
}

impl Exchange for Revoked {
    type Request = TokenRevocation;
    type Kept = ();
    type Entropy = Entropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &TokenRevocation, mint: &Mint<'_>) -> Result<(Outgoing, ()), Error> {
        let mut form = Form::with_capacity(4096);
        form.pair("token", request.token.expose()).pair("token_type_hint", request.which.as_str());
        let (client, bound) = (&request.client, request.bound);
        Ok((client.post(Endpoint::Revocation, form, bound, mint, LIMIT)?, ()))
    }

    /// RFC 7009 2.2: 200, also for a token that was unknown; the body is ignored.
    fn read(_: TokenRevocation, (): (), answer: &Answer<'_>) -> Result<Self, Error> {
        answer.check_status(StatusCode::OK)?;
        Ok(Self)
    }
}
