use std::sync::Arc;

use fdx_jose::{SealError, Thumbprint};
use fdx_par::{AccessToken, Error, StoredGrant, UnverifiedTokens};
use fdx_wire::{Entropy, UnixTime};

use super::consents::{Consents, seal};
use super::draws::Draws;
use super::step::{Step, store, wait};
use super::verify::{NotVerified, forged_id_token, verify};
use crate::record::id::{RecordId, RecordKey};
use crate::record::state::ConsentState;
use crate::refresh::begin::{AttemptId, Begun, StoredTokens, Want, begin_attempt};
use crate::refresh::keep::keep_verified;
use crate::refresh::policy::TAKEOVER;
use crate::seal::ConsentKey;
use crate::sql::operation::StoreError;

/// How often a procedure looks again after another process refreshed or may refresh.
pub(super) const ROUNDS: u8 = 4;

/// The result of [`Consents::access_token`] and [`Consents::refresh`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Access {
    /// Use this token.
    Token(Box<UsableToken>),
    /// Not now: try again at this time.
    Later {
        /// When.
        until: UnixTime,
        /// What failed, with the institution's words.
        reason: String,
    },
    /// Nothing is refreshed until an operator resumes.
    Paused {
        /// Why.
        reason: String,
    },
    /// The institution refused the refresh token. The tokens are kept, and tried again.
    Suspect {
        /// When.
        until: UnixTime,
        /// The institution's words.
        reason: String,
        /// Whether the institution is paused now, because its refusals exceed the baseline: alert an
        /// operator.
        institution_paused: bool,
    },
    /// The consent is over: ask the customer for a new one.
    Ended {
        /// Its state.
        state: ConsentState,
        /// Why, with the institution's words.
        reason: Option<String>,
    },
    /// The tokens are stored, and neither verified nor joined with the grant yet: call
    /// [`Consents::resume`].
    Incomplete,
    /// The new tokens are stored, and could not be verified. They are verified when they are needed
    /// next.
    NotVerified {
        /// Why.
        error: Box<Error>,
    },
    /// The tokens can't be opened with the key ring, or the new ones can't be sealed.
    Locked(SealError),
    /// The store has no such consent.
    NotFound,
    /// The store failed.
    Store(StoreError),
}

/// A verified access token of a consent, with its generation.
#[derive(Debug)]
pub struct UsableToken {
    grant: StoredGrant,
    /// The generation of the tokens: pass it to [`Consents::access_token`] after the institution
    /// refused this token.
    pub generation: i64,
}

impl UsableToken {
    /// The access token.
    #[must_use]
    pub fn access_token(&self) -> &AccessToken {
        self.grant.tokens().access_token()
    }

    /// The grant with all tokens.
    #[must_use]
    pub fn grant(&self) -> &StoredGrant {
        &self.grant
    }
}

impl Consents {
    /// Returns a valid access token, refreshed first where needed; or why there is none, and what
    /// would help.
    ///
    /// `usable_keys` are the thumbprints of the keys and certificates that the caller can prove
    /// possession of: a token that is bound to another one is refreshed. `rejected` is the generation of
    /// a token that the institution refused with 401. The store is read first: another process may have
    /// refreshed since.
    pub fn access_token(
        &self,
        id: &RecordId,
        usable_keys: &[Thumbprint],
        rejected: Option<i64>,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<Access> {
        let want = rejected.map_or(Want::Valid, Want::NewerThan);
        Refreshing::new(self, id, Some(usable_keys.into()), want, entropy).begin(now)
    }

    /// A valid token for the client's own use.
    pub(crate) fn valid_token(
        &self,
        id: &RecordId,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<Access> {
        Refreshing::new(self, id, None, Want::Valid, entropy).begin(now)
    }

    /// Refreshes the tokens even if they have not expired: the refresh token is kept alive.
    pub fn refresh(&self, id: &RecordId, entropy: Entropy, now: UnixTime) -> Step<Access> {
        Refreshing::new(self, id, None, Want::Refreshed, entropy).begin(now)
    }
}

/// One refresh, with what all its steps need.
pub(super) struct Refreshing {
    pub(super) consents: Consents,
    pub(super) key: RecordKey,
    /// `None`: any key.
    usable_keys: Option<Arc<[Thumbprint]>>,
    want: Want,
    pub(super) draws: Draws,
    pub(super) rounds: u8,
    /// Whether the tokens that are verified were stored before: they may have expired since.
    stored_before: bool,
}

impl Refreshing {
    pub(super) fn new(
        consents: &Consents,
        id: &RecordId,
        usable_keys: Option<Arc<[Thumbprint]>>,
        want: Want,
        entropy: Entropy,
    ) -> Self {
        let (consents, key) = (consents.clone(), consents.record(id));
        Self {
            consents,
            key,
            usable_keys,
            want,
            draws: Draws::new(entropy),
            rounds: 0,
            stored_before: false,
        }
    }

    /// Reads the tokens, and begins an attempt where needed.
    pub(super) fn begin(mut self, now: UnixTime) -> Step<Access> {
        let (key, policy) = (self.key.clone(), *self.consents.policy());
        let attempt = AttemptId::new(&self.draws.next());
        store(begin_attempt(key, self.want, attempt, policy, now), now, |begun, now| match begun {
            Ok(begun) => self.begun(begun, now),
            Err(error) => Step::Done(Access::Store(error)),
        })
    }

    fn begun(self, begun: Begun, now: UnixTime) -> Step<Access> {
        Step::Done(match begun {
            Begun::Attempt(attempt, tokens) => return self.send(attempt, &tokens, now),
            Begun::Usable(tokens) => return self.usable(&tokens, now),
            Begun::Unverified(tokens) => return self.verify_stored(&tokens, now),
            Begun::Wait { until, generation }
                if self.rounds < ROUNDS && self.is_deadline(until, now) =>
            {
                return wait(until + TAKEOVER, move |now| self.again(generation, now));
            }
            Begun::Wait { until, .. } => {
                Access::Later { until, reason: "another process refreshes this consent".to_owned() }
            }
            Begun::Later { until, reason } => {
                Access::Later { until, reason: reason.unwrap_or_default() }
            }
            Begun::Paused { reason } => Access::Paused { reason },
            Begun::Unfinished => Access::Incomplete,
            Begun::Ended { state, reason } => Access::Ended { state, reason },
            Begun::NotFound => Access::NotFound,
        })
    }

    /// Whether this can be the deadline of an attempt that begins now. A later one was stored before the
    /// clock went back: no call waits for that.
    fn is_deadline(&self, until: UnixTime, now: UnixTime) -> bool {
        let policy = self.consents.policy();
        until.since(now) <= policy.deadline + policy.clock_skew * 2
    }

    /// Looks again: another process refreshed the tokens of this generation, or may.
    pub(super) fn again(self, generation: i64, now: UnixTime) -> Step<Access> {
        let want = match self.want {
            // The refresh of another process has kept the token alive, unless that process ended.
            Want::Refreshed => Want::NewerThan(generation),
            want => want,
        };
        Self { rounds: self.rounds + 1, want, ..self }.begin(now)
    }

    /// Returns stored tokens, unless they are bound to a key that the caller does not have.
    fn usable(self, tokens: &StoredTokens, now: UnixTime) -> Step<Access> {
        let restored = match self.consents.open(&self.key.id, tokens) {
            Ok((_, text)) => self.consents.client().restore(text.expose()),
            Err(error) => return Step::Done(Access::Locked(error)),
        };
        match restored {
            Ok(grant) if self.fits(&grant) || self.rounds >= ROUNDS => {
                token(grant, tokens.generation)
            }
            Ok(_) => {
                let want = Want::NewerThan(tokens.generation);
                Self { rounds: self.rounds + 1, want, ..self }.begin(now)
            }
            Err(error) => Step::Done(Access::NotVerified { error: Box::new(error) }),
        }
    }

    fn fits(&self, grant: &StoredGrant) -> bool {
        let bound_to = grant.tokens().access_token().bound_to();
        match (&self.usable_keys, bound_to) {
            (Some(usable), Some(bound_to)) => usable.contains(&bound_to),
            _ => true,
        }
    }

    fn verify_stored(self, tokens: &StoredTokens, now: UnixTime) -> Step<Access> {
        let (key, text) = match self.consents.open(&self.key.id, tokens) {
            Ok(opened) => opened,
            Err(error) => return Step::Done(Access::Locked(error)),
        };
        match self.consents.client().restore_unverified(text.expose()) {
            Ok(unverified) => {
                let verifying = Self { stored_before: true, ..self };
                verifying.verify(unverified, key, tokens.generation, now)
            }
            Err(error) => Step::Done(Access::NotVerified { error: Box::new(error) }),
        }
    }

    pub(super) fn verify(
        self,
        tokens: UnverifiedTokens,
        key: ConsentKey,
        generation: i64,
        now: UnixTime,
    ) -> Step<Access> {
        // The first tokens have a grant to be joined with.
        let UnverifiedTokens::Refreshed(refreshed) = tokens else {
            return Step::Done(Access::Incomplete);
        };
        let consents = self.consents.clone();
        verify(&consents, refreshed, forged_id_token(), now, move |verified, now| match verified {
            Ok(grant) => self.verified(grant, &key, generation, now),
            Err(NotVerified::Rejected(error) | NotVerified::NoKeys(error)) => {
                Step::Done(Access::NotVerified { error })
            }
            Err(NotVerified::Unreachable(reason)) => {
                Step::Done(Access::Later { until: now, reason })
            }
        })
    }

    fn verified(
        mut self,
        grant: StoredGrant,
        key: &ConsentKey,
        generation: i64,
        now: UnixTime,
    ) -> Step<Access> {
        let sealed = match seal(key, generation, &self.draws.next(), &grant.to_json()) {
            Ok(sealed) => sealed,
            Err(error) => return Step::Done(Access::Locked(error)),
        };
        let keep = keep_verified(self.key.clone(), generation, sealed);
        store(keep, now, move |kept, now| {
            if kept.is_ok() && self.stored_before && self.rounds < ROUNDS {
                return Self { rounds: self.rounds + 1, stored_before: false, ..self }.begin(now);
            }
            Step::Done(match kept {
                // If they are not current any more, another process has refreshed since. This token
                // is valid nevertheless.
                Ok(_) => Access::Token(Box::new(UsableToken { grant, generation })),
                Err(error) => Access::Store(error),
            })
        })
    }
}

fn token(grant: StoredGrant, generation: i64) -> Step<Access> {
    Step::Done(Access::Token(Box::new(UsableToken { grant, generation })))
}
