use core::fmt;

use fdx_jose::{IdToken, IdTokenExpectation, JwtExpectation};
use fdx_rar::ConsentId;
use fdx_wire::form::Form;
use fdx_wire::{Entropy, Secret, UnixTime};

use crate::client::binding::Bound;
use crate::client::client::Client;
use crate::client::encrypted::{Encrypted, EncryptedIdToken, TokenHolder};
use crate::client::verification::{Checked, ID_TOKEN, Unverified};
use crate::consent::granted_details::DetailsReader;
use crate::consent::stored_grant::{Identity, StoredGrant};
use crate::consent::verified::claimed_consent_id;
use crate::discovery::endpoint::Endpoint;
use crate::discovery::keys::ServerKeys;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::tokens::issued as response;
use crate::tokens::issued::{Issued, LIMIT, agree};
use crate::tokens::tokens::{Revocable, Tokens};

/// The tokens of a refresh, before verification. Persist [`Refreshed::to_json`] at once, in place
/// of the earlier text: the old refresh token may be spent. Then call [`Client::verify`].
///
/// Until they are verified, these tokens can't be used, only persisted,
/// [restored](Client::restore_unverified), [refreshed](Client::refresh_unverified) and
/// [revoked](Client::revoke). This does not compile:
///
/// ```compile_fail,E0599
/// use fdx_par::{AccessToken, Refreshed};
///
/// fn access_token(refreshed: &Refreshed) -> &AccessToken {
///     refreshed.tokens().access_token()
/// }
/// ```
///
/// A verified refresh is a [`StoredGrant`], and with one it does:
///
/// ```
/// use fdx_par::{AccessToken, Refreshed, Verification};
///
/// fn access_token(verification: &Verification<Refreshed>) -> Option<&AccessToken> {
///     match verification {
///         Verification::Done(grant) => Some(grant.tokens().access_token()),
///         _ => None,
///     }
/// }
/// ```
#[must_use = "persist the tokens, then verify"]
pub struct Refreshed {
    pub(crate) issued: Box<Issued>,
    /// The verified grant, with the new tokens.
    pub(crate) grant: StoredGrant,
}

impl Client {
    /// Drafts a refresh (RFC 6749 section 6). The grant is only borrowed: if no response arrives,
    /// the same refresh token may be used again.
    ///
    /// The new access token is bound to the currently configured key or certificate, which may
    /// differ from the earlier one (RFC 9449 section 5, RFC 8705 section 7.1).
    ///
    /// # Errors
    /// [`StoredStateFault::RefreshTokenMissing`](crate::StoredStateFault::RefreshTokenMissing),
    /// [`StoredStateFault::RefreshTokenExpired`](crate::StoredStateFault::RefreshTokenExpired),
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient).
    pub fn refresh(
        &self,
        grant: &StoredGrant,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Refreshed>, Error> {
        self.check_owner(grant.owner())?;
        grant.tokens.check_refreshable(now)?;
        Ok(Draft::new(Refresh { client: self.clone(), grant: grant.clone() }, entropy, now)?)
    }

    fn check_refreshed(
        &self,
        refreshed: &Refreshed,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Findings, Error> {
        let Refreshed { issued, grant } = refreshed;
        let id_token = self.check_refreshed_id_token(refreshed, keys, now)?;
        let refreshed_identity = id_token.as_ref().map(Identity::of);
        if let Some((first, second)) = grant.identity.as_ref().zip(refreshed_identity.as_ref())
            && !first.is_same_login(second)
        {
            return Err(issued.fault(ServerRule::RefreshedIdentity));
        }
        let claimed = id_token.as_ref().and_then(claimed_consent_id);
        let mut consent_id = grant.consent_id.clone();
        for reported in issued.reported_consent_ids().chain(&claimed) {
            agree(&mut consent_id, reported).map_err(|rule| issued.fault(rule))?;
        }
        let reader = DetailsReader::of(self.profile());
        for details in &issued.authorization_details {
            reader.check(details, &mut consent_id).map_err(|rule| issued.fault(rule))?;
        }
        // There is no first identity only if the dialect allows a missing ID token: use this one.
        Ok(Findings { identity: grant.identity.clone().or(refreshed_identity), consent_id })
    }

    fn check_refreshed_id_token(
        &self,
        refreshed: &Refreshed,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Option<IdToken>, Error> {
        let requested = refreshed.grant.requested_id_token();
        let Some(id_token) = refreshed.issued.signed_id_token().filter(|_| requested) else {
            return Ok(None);
        };
        let config = self.config();
        let received_at = refreshed.issued.received_at.min(now);
        let jwt = JwtExpectation::new(&config.issuer, &config.client_id, received_at)
            .with_algorithm(config.id_token_signed_response_alg)
            .with_tolerance(config.tolerance);
        let nonce = refreshed.grant.nonce.as_ref().map(|nonce| nonce.expose());
        let expectation = IdTokenExpectation::new(jwt)
            .with_other_typ(self.profile().id_token_typ)
            .with_access_token(refreshed.issued.hashed_access_token());
        self.refreshed_id_token(id_token.expose(), &expectation, nonce, keys)
            .map(Some)
            .map_err(|error| Error::id_token(error, &refreshed.issued.said))
    }
}

/// What the checks of [`Refreshed`] tokens find.
pub struct Findings {
    identity: Option<Identity>,
    consent_id: Option<ConsentId>,
}

impl Unverified for Refreshed {
    type Decrypt = Encrypted<Self>;
    type Verified = StoredGrant;
}

impl Checked for Refreshed {
    const PURPOSE: &'static str = ID_TOKEN;

    type Ciphertext = EncryptedIdToken;
    type Findings = Findings;

    fn ciphertext(&self, client: &Client) -> Result<Option<EncryptedIdToken>, Error> {
        client.check_owner(self.grant.owner())?;
        // An ID token that was not requested is ignored.
        match self.grant.requested_id_token() {
            true => client.encrypted_id_token(&self.issued),
            false => Ok(None),
        }
    }

    fn decrypt(self, ciphertext: EncryptedIdToken, client: &Client) -> Encrypted<Self> {
        Encrypted::new(ciphertext, client.config().backend, self)
    }

    fn check(
        &self,
        client: &Client,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Findings, Error> {
        client.check_refreshed(self, keys, now)
    }

    fn verified(self, findings: Findings) -> StoredGrant {
        let Findings { identity, consent_id } = findings;
        StoredGrant { identity, consent_id, ..self.grant }
    }
}

pub struct Refresh {
    client: Client,
    grant: StoredGrant,
}

impl Exchange for Refreshed {
    type Request = Refresh;
    type Kept = Bound;
    type Entropy = Entropy;

    /// FAPI 2.0 Security Profile 5.3.2.1-9: a server that rotates refresh tokens accepts the old
    /// one again for a while.
    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &Refresh, mint: &Mint<'_>) -> Result<(Outgoing, Bound), Error> {
        request.client.write_refresh(&request.grant.tokens, mint)
    }

    fn read(request: Refresh, bound: Bound, answer: &Answer<'_>) -> Result<Self, Error> {
        let mut issued =
            response::read(answer, &request.client, bound, &request.grant.tokens.scopes)?;
        issued.tokens = issued.tokens.or_refresh_token_of(request.grant.tokens);
        let tokens = issued.tokens.clone();
        Ok(Self { issued: Box::new(issued), grant: StoredGrant { tokens, ..request.grant } })
    }
}

impl Refreshed {
    /// Returns the tolerated deviations of the server.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.issued.notices
    }
}

impl Revocable for Refreshed {
    fn revocable(&self) -> &Tokens {
        &self.grant.tokens
    }
}

impl TokenHolder for Refreshed {
    fn take(&mut self, signed: Secret) {
        self.issued.opened = Some(signed);
    }
}

impl fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshed").field("grant", &self.grant).finish_non_exhaustive()
    }
}

impl Client {
    /// Writes the request of a refresh (RFC 6749 section 6). Also returns the binding of the new
    /// tokens.
    pub(crate) fn write_refresh(
        &self,
        tokens: &Tokens,
        mint: &Mint<'_>,
    ) -> Result<(Outgoing, Bound), Error> {
        let mut form = Form::with_capacity(4096);
        form.pair("grant_type", "refresh_token");
        if let Some(refresh_token) = &tokens.refresh_token {
            form.pair("refresh_token", refresh_token.expose());
        }
        let bound = self.config().sender_constraint.bound();
        let outgoing = self.post(Endpoint::Token, form, Some(bound), mint, LIMIT)?;
        Ok((outgoing, bound))
    }
}
