use core::fmt;

use fdx_jose::{IdToken, IdTokenError, IdTokenExpectation};
use fdx_rar::ConsentId;
use fdx_wire::form::Form;
use fdx_wire::{Entropy, Secret, UnixTime};

use crate::encrypted::Keeps;
use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::exchange::{Draft, Exchange};
use crate::stored_grant::{Identity, StoredGrant};
use crate::token::LIMIT;
use crate::token::response::{self, Issued};
use crate::verify::{agree, claimed_consent_id};
use crate::{
    CallerFault, Client, Encrypted, Endpoint, Error, NextStep, Notice, Refused, ServerKeys,
    ServerRule,
};

/// Renewed tokens, not yet looked into. Persist [`Refreshed::stored`] now, in place of what was
/// stored before: the old refresh token may be spent. Then [`Client::verify_refreshed`].
#[must_use = "persist the tokens, then verify"]
pub struct Refreshed {
    issued: Box<Issued>,
    /// The old grant with the new tokens.
    grant: StoredGrant,
}

/// Where the verification of a refresh stands.
#[derive(Debug)]
#[must_use]
pub enum RefreshVerification {
    /// The ID token is encrypted: [open it](Encrypted::open) and verify again.
    Decrypt(Encrypted<Refreshed>),
    /// The ID token needs a key that is not at hand: fetch the keys and verify again.
    FetchKeys(Refreshed),
    /// The renewed grant.
    Verified(StoredGrant),
}

impl Client {
    /// Drafts a refresh (RFC 6749 section 6). What is stored is only borrowed: where no answer
    /// comes, the same refresh token may be used once more.
    ///
    /// The new access token is bound to the key or certificate that is configured now, which need
    /// not be the old one (RFC 9449 section 5, RFC 8705 section 7.1).
    ///
    /// # Errors
    /// [`CallerFault::RefreshTokenMissing`], [`CallerFault::RefreshTokenExpired`],
    /// [`CallerFault::OtherClient`].
    pub fn refresh(
        &self,
        grant: &StoredGrant,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Refreshed>, Error> {
        let config = self.config();
        if grant.issuer != config.issuer || grant.client_id != config.client_id {
            return Err(CallerFault::OtherClient.into());
        }
        if grant.tokens.refresh_token.is_none() {
            return Err(CallerFault::RefreshTokenMissing.into());
        }
        if grant.tokens.refresh_token_expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(CallerFault::RefreshTokenExpired.into());
        }
        Ok(Draft::new(Ask { client: self.clone(), grant: grant.clone() }, entropy, now)?)
    }

    /// Checks the ID token of a refresh, where `openid` was asked for and one came, against the
    /// first one: the same `iss`, `sub`, `aud` and `auth_time`, and the same `nonce` or none
    /// (OpenID Connect Core 12.2). Where no first one was verified, it says who the customer is.
    /// And the consent id, where the response or its ID token repeats it.
    ///
    /// # Errors
    /// [`Refused`] with the tokens: [`Error::IdToken`], [`ServerRule::RefreshedIdentity`],
    /// [`ServerRule::ConsentIdConflict`].
    pub fn verify_refreshed(
        &self,
        refreshed: Refreshed,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<RefreshVerification, Refused<Refreshed>> {
        // What was not asked for is not looked at.
        let shut = match refreshed.grant.asked_for_id_token() {
            true => self.shut(&refreshed.issued),
            false => Ok(None),
        };
        match shut {
            Ok(None) => {}
            Ok(Some(shut)) => {
                let encrypted = Encrypted::new(shut, self.config().backend, refreshed);
                return Ok(RefreshVerification::Decrypt(encrypted));
            }
            Err(error) => return Err(Refused::new(error, refreshed)),
        }
        match self.check_refreshed(&refreshed, keys, now) {
            Ok(Checked { identity, consent_id }) => {
                let grant = StoredGrant { identity, consent_id, ..refreshed.grant };
                Ok(RefreshVerification::Verified(grant))
            }
            Err(error) if error.next_step() == NextStep::FetchKeys => {
                Ok(RefreshVerification::FetchKeys(refreshed))
            }
            Err(error) => Err(Refused::new(error, refreshed)),
        }
    }

    fn check_refreshed(
        &self,
        refreshed: &Refreshed,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Checked, Error> {
        let Refreshed { issued, grant } = refreshed;
        let id_token = self.check_refreshed_id_token(refreshed, keys, now)?;
        let again = id_token.as_ref().map(Identity::of);
        if let Some((first, again)) = grant.identity.as_ref().zip(again.as_ref())
            && !first.is_same_login(again)
        {
            return Err(issued.fault(ServerRule::RefreshedIdentity));
        }
        let claimed = id_token.as_ref().and_then(claimed_consent_id);
        let mut consent_id = grant.consent_id.clone();
        for told in issued.consent_ids.iter().chain([&claimed]).flatten() {
            agree(&mut consent_id, told).map_err(|rule| issued.fault(rule))?;
        }
        // A node that crashed before it verified left no first one: then this is the first.
        Ok(Checked { identity: grant.identity.clone().or(again), consent_id })
    }

    fn check_refreshed_id_token(
        &self,
        refreshed: &Refreshed,
        keys: Option<&ServerKeys>,
        now: UnixTime,
    ) -> Result<Option<IdToken>, Error> {
        let asked = refreshed.grant.asked_for_id_token();
        let Some(id_token) = refreshed.issued.signed_id_token().filter(|_| asked) else {
            return Ok(None);
        };
        let config = self.config();
        let expectation = IdTokenExpectation {
            issuer: &config.issuer,
            client_id: &config.client_id,
            other_typ: config.dialect.id_token_typ(),
            algorithm: config.id_token_signed_response_alg,
            nonce: None,
            access_token: Some(&refreshed.issued.tokens.access_token.token),
            max_age: None,
            acr_values: None,
            now,
            tolerance: config.tolerance,
        };
        let jwks = self.jwks(keys);
        let verify = |nonce| {
            let expectation = IdTokenExpectation { nonce, ..expectation };
            IdToken::verify(id_token.expose(), &expectation, config.backend, &jwks)
        };
        // OpenID Connect Core 12.2: it should have no nonce, and one that it has is the first one.
        let again = match (verify(None), &refreshed.grant.nonce) {
            (Err(IdTokenError::NonceUnexpected), Some(first)) => verify(Some(first.expose())),
            (verified, _) => verified,
        };
        again.map(Some).map_err(Error::IdToken)
    }
}

struct Checked {
    identity: Option<Identity>,
    consent_id: Option<ConsentId>,
}

pub struct Ask {
    client: Client,
    grant: StoredGrant,
}

impl Exchange for Refreshed {
    type Ask = Ask;

    /// FAPI 2.0 Security Profile 5.3.2.1-9: a server that rotates takes the old refresh token
    /// once more for a while.
    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(ask: &Ask, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let mut form = Form::with_capacity(4096);
        form.pair("grant_type", "refresh_token");
        if let Some(refresh_token) = &ask.grant.tokens.refresh_token {
            form.pair("refresh_token", refresh_token.expose());
        }
        let bound = ask.client.config().sender_constraint.bound();
        ask.client.post(Endpoint::Token, form, Some(bound), mint, LIMIT)
    }

    fn read(ask: Ask, _: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        let bound = ask.client.config().sender_constraint.bound();
        let issued = response::read(answer, &ask.client, bound, &ask.grant.tokens.scopes)?;
        let mut tokens = issued.tokens.clone();
        // RFC 6749 6: a new refresh token replaces the old one; none leaves it as it is.
        if tokens.refresh_token.is_none() {
            tokens.refresh_token_expires_at = ask.grant.tokens.refresh_token_expires_at;
            tokens.refresh_token = ask.grant.tokens.refresh_token;
        }
        Ok(Self { issued: Box::new(issued), grant: StoredGrant { tokens, ..ask.grant } })
    }
}

impl Refreshed {
    /// What to persist at once.
    #[must_use]
    pub fn stored(&self) -> &StoredGrant {
        &self.grant
    }

    /// What the server did otherwise than it should.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.issued.notices
    }
}

impl Keeps for Refreshed {
    fn take(&mut self, signed: Secret) {
        self.issued.opened = Some(signed);
    }
}

impl fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshed").field("grant", &self.grant).finish_non_exhaustive()
    }
}
