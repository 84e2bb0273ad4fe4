use core::time::Duration;

use fdx_jose::SealError;
use fdx_par::fdx_api::ConsentRevoked;
use fdx_par::tokens::ClientToken;
use fdx_par::{AccessToken, Draft, Error, NextStep, Revoked, StoredStateFault, TokenTypeHint};
use fdx_rar::{ConsentId, ConsentRevocationRequest, PartyType, RevocationReason, Scopes};
use fdx_wire::{Entropy, UnixTime};

use super::consents::Consents;
use super::draws::Draws;
use super::step::{Outcome, Step, exchange, store};
use crate::receipts::{PartOutcome, Revocation, RevokedBy};
use crate::record::id::{RecordId, RecordKey};
use crate::record::state::ConsentState;
use crate::refresh::begin::{AttemptId, StoredTokens};
use crate::revocation::{
    OpenRevocation, Part, PartEnded, RevocationBegun, StoredRevocation, begin_revocation, end_part,
    postpone_revocation,
};
use crate::sql::operation::StoreError;

/// The result of [`Consents::revoke`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RevocationResult {
    /// Every part has an outcome, and the receipt is written.
    Revoked(Box<StoredRevocation>),
    /// A part got no usable response. The consent is not used any more. Call again at this time: the
    /// parts that have an outcome are not repeated.
    Later {
        /// When.
        until: UnixTime,
        /// What failed, with the institution's words.
        reason: String,
        /// The outcomes so far.
        stored: Box<StoredRevocation>,
    },
    /// The tokens can't be opened with the key ring. The consent is not used any more.
    Locked(SealError),
    /// The consent had ended before, and nothing is left to do.
    Ended {
        /// Its state.
        state: ConsentState,
        /// Its revocation, if one is recorded.
        stored: Option<Box<StoredRevocation>>,
    },
    /// [`Consents::resume_revocation`]: none has begun.
    NotBegun,
    /// The store has no such consent.
    NotFound,
    /// The store failed. If the intent is stored, the revocation is due.
    Store(StoreError),
}

impl Consents {
    /// Revokes a consent: at the institution's consent API, then its refresh token, then its access
    /// token. The state is `revoked` before anything is sent, so that nothing is refreshed meanwhile.
    /// It may be dropped at any step and called again: see [`revocation`](crate::revocation).
    ///
    /// `reason` and `initiator` are sent to the consent API. [`RevocationReason::UserAction`] is
    /// recorded as a revocation by the customer, another one as a revocation by the recipient.
    ///
    /// The consent API needs an access token. The consent's own is sent if it has not expired.
    /// Otherwise, or if the institution refuses it with 401 because it ended with the consent, the
    /// client requests one of its own ([`Client::client_credentials`](fdx_par::Client::client_credentials)).
    /// If the institution issues none, an expired token is sent nevertheless; what the institution then
    /// says is the outcome. The consent API is left out if the institution reported no consent id, or
    /// if the request was not for an FDX consent.
    ///
    /// A part without a usable response (no response, 429, 5xx, `invalid_client`) is due again after a
    /// pause. After [`suspect_for`](crate::refresh::RefreshPolicy::suspect_for) its outcome is
    /// [`PartOutcome::NoResponse`] or [`PartOutcome::Refused`], and the next part follows. The tokens
    /// stay in the store, sealed, until the consent is erased. A [pause](crate::consents::pause) stops no
    /// revocation.
    pub fn revoke(
        &self,
        id: &RecordId,
        reason: RevocationReason,
        initiator: PartyType,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<RevocationResult> {
        let by = match reason {
            RevocationReason::UserAction => RevokedBy::Customer,
            _ => RevokedBy::Recipient,
        };
        let mut intent = Revocation::new(by);
        intent.reason = Some(reason);
        intent.initiator = Some(initiator);
        begin(self, id, Some(intent), Draws::new(entropy), now)
    }

    /// Carries out the parts that an earlier [`revoke`](Self::revoke) left without an outcome.
    pub fn resume_revocation(
        &self,
        id: &RecordId,
        entropy: Entropy,
        now: UnixTime,
    ) -> Step<RevocationResult> {
        begin(self, id, None, Draws::new(entropy), now)
    }
}

fn begin(
    consents: &Consents,
    id: &RecordId,
    intent: Option<Revocation>,
    mut draws: Draws,
    now: UnixTime,
) -> Step<RevocationResult> {
    let (consents, key) = (consents.clone(), consents.record(id));
    let cause = draws.cause();
    store(begin_revocation(key, intent, cause, now), now, move |begun, now| {
        Step::Done(match begun {
            Ok(RevocationBegun::Open(open)) => {
                let OpenRevocation { key, stored, consent_id, tokens } = *open;
                let own = None;
                let revoking = Revoking {
                    consents,
                    key,
                    stored: Box::new(stored),
                    consent_id,
                    tokens,
                    draws,
                    own,
                    tried: Tried::default(),
                };
                return revoking.next_part(now);
            }
            Ok(RevocationBegun::Ended { state, stored }) => {
                RevocationResult::Ended { state, stored }
            }
            Ok(RevocationBegun::NotBegun) => RevocationResult::NotBegun,
            Ok(RevocationBegun::NotFound) => RevocationResult::NotFound,
            Err(error) => RevocationResult::Store(error),
        })
    })
}

/// One run of a revocation, with what all its steps need.
struct Revoking {
    consents: Consents,
    key: RecordKey,
    stored: Box<StoredRevocation>,
    consent_id: Option<ConsentId>,
    tokens: Vec<StoredTokens>,
    draws: Draws,
    /// The consent's own access token, if it is verified.
    own: Option<AccessToken>,
    tried: Tried,
}

/// The access tokens that were sent to the consent API.
#[derive(Default)]
struct Tried {
    own: bool,
    clients: bool,
}

impl Revoking {
    fn next_part(self, now: UnixTime) -> Step<RevocationResult> {
        match self.stored.next_part() {
            Some(Part::ConsentApi) => self.consent_api(now),
            Some(Part::RefreshToken) => self.tokens(TokenTypeHint::RefreshToken, now),
            Some(Part::AccessToken) => self.tokens(TokenTypeHint::AccessToken, now),
            None => Step::Done(RevocationResult::Revoked(self.stored)),
        }
    }

    /// Stores the outcome of a part, and goes on.
    fn ended(self, part: Part, outcome: PartOutcome, now: UnixTime) -> Step<RevocationResult> {
        store(end_part(self.key.clone(), part, outcome, now), now, move |ended, now| match ended {
            Ok(PartEnded::Stored(stored)) => Self { stored, ..self }.next_part(now),
            Ok(PartEnded::NotFound) => Step::Done(RevocationResult::NotFound),
            Err(error) => Step::Done(RevocationResult::Store(error)),
        })
    }

    /// Repeats a part later. `at_last` is its outcome if it was repeated for too long.
    fn later(
        mut self,
        part: Part,
        Why { reason, after }: Why,
        at_last: PartOutcome,
        now: UnixTime,
    ) -> Step<RevocationResult> {
        let policy = *self.consents.policy();
        if self.stored.begun_at + policy.suspect_for <= now {
            return self.ended(part, at_last, now);
        }
        self.stored.failures = self.stored.failures.saturating_add(1);
        let seed = AttemptId::new(&self.draws.next());
        let pause = policy.jittered_pause(self.stored.failures, seed.as_str());
        let until = now + pause.max(after.unwrap_or_default());
        let postpone = postpone_revocation(self.key.clone(), reason.clone(), until);
        store(postpone, now, move |postponed, _| {
            Step::Done(match postponed {
                Ok(()) => RevocationResult::Later { until, reason, stored: self.stored },
                Err(error) => RevocationResult::Store(error),
            })
        })
    }

    fn consent_api(mut self, now: UnixTime) -> Step<RevocationResult> {
        let Some(id) = self.consent_id.clone() else {
            return self.ended(Part::ConsentApi, PartOutcome::Absent, now);
        };
        if !self.tried.own && self.own.is_none() {
            self.own = self.own_token();
        }
        let margin = now + self.consents.policy().access_margin;
        let own = self.own.clone().filter(|token| {
            let expired = token.expires_at().is_some_and(|at| at <= margin);
            !self.tried.own && (!expired || self.tried.clients)
        });
        match own {
            Some(token) => {
                self.tried.own = true;
                self.consent_api_with(&id, &token, now)
            }
            None if self.tried.clients => self.ended(Part::ConsentApi, PartOutcome::Refused, now),
            None => {
                self.tried.clients = true;
                self.clients_token(id, now)
            }
        }
    }

    /// The consent's own access token, if it is verified and can be opened.
    fn own_token(&self) -> Option<AccessToken> {
        let (_, text) = self.consents.open(&self.key.id, self.tokens.first()?).ok()?;
        let grant = self.consents.client().restore(text.expose()).ok()?;
        Some(grant.tokens().access_token().clone())
    }

    fn clients_token(mut self, id: ConsentId, now: UnixTime) -> Step<RevocationResult> {
        let client = self.consents.client();
        let entropy = self.draws.next();
        let draft: Draft<ClientToken> =
            match client.client_credentials(&Scopes::new(), entropy, now) {
                Ok(draft) => draft,
                Err(_) => return self.consent_api(now),
            };
        exchange(draft, None, now, move |outcome, now| match outcome {
            Outcome::Done(token) => self.consent_api_with(&id, token.access_token(), now),
            outcome => match Failed::of(&outcome) {
                Failed::Later(why, at_last) => self.later(Part::ConsentApi, why, at_last, now),
                Failed::Refused(_) => self.consent_api(now),
            },
        })
    }

    fn consent_api_with(
        mut self,
        id: &ConsentId,
        token: &AccessToken,
        now: UnixTime,
    ) -> Step<RevocationResult> {
        let Revocation { reason, initiator, .. } = &self.stored.revocation;
        let request = ConsentRevocationRequest::new(
            reason.clone().unwrap_or(RevocationReason::BusinessRule),
            initiator.clone().unwrap_or(PartyType::DataRecipient),
        );
        let (client, entropy) = (self.consents.client(), self.draws.next());
        let draft: Draft<ConsentRevoked> =
            match client.revoke_consent(id, token, &request, entropy, now) {
                Ok(draft) => draft,
                // The token is another client's or bound to another key: try the next one.
                Err(Error::StoredState(_)) => return self.consent_api(now),
                Err(Error::Metadata(_)) => {
                    return self.ended(Part::ConsentApi, PartOutcome::Unsupported, now);
                }
                Err(_) => return self.ended(Part::ConsentApi, PartOutcome::Refused, now),
            };
        exchange(draft, None, now, move |outcome, now| match outcome {
            Outcome::Done(revoked) => self.ended(Part::ConsentApi, revoked.outcome().into(), now),
            outcome => match Failed::of(&outcome) {
                Failed::Later(why, at_last) => self.later(Part::ConsentApi, why, at_last, now),
                // A consent that ended before has no token of its own: the client's may do.
                Failed::Refused(Some(401)) => self.consent_api(now),
                Failed::Refused(_) => self.ended(Part::ConsentApi, PartOutcome::Refused, now),
            },
        })
    }

    /// Revokes one kind of token of all stored responses. One that fails does not keep the others from
    /// being revoked.
    fn tokens(self, which: TokenTypeHint, now: UnixTime) -> Step<RevocationResult> {
        self.token(which, 0, SoFar::default(), now)
    }

    /// Revokes the tokens from `place` on.
    fn token(
        mut self,
        which: TokenTypeHint,
        place: usize,
        so_far: SoFar,
        now: UnixTime,
    ) -> Step<RevocationResult> {
        let part = match which {
            TokenTypeHint::RefreshToken => Part::RefreshToken,
            TokenTypeHint::AccessToken => Part::AccessToken,
        };
        let Some(tokens) = self.tokens.get(place).cloned() else {
            let outcome = so_far.outcome.unwrap_or(PartOutcome::Absent);
            return match (so_far.later, so_far.locked) {
                (Some(why), _) => self.later(part, why, outcome, now),
                (None, Some(error)) => self.locked(error, now),
                (None, None) => self.ended(part, outcome, now),
            };
        };
        let draft = match self.token_draft(&tokens, which, now) {
            Ok(Ok(draft)) => draft,
            Ok(Err(outcome)) => return self.token(which, place + 1, so_far.and(outcome), now),
            Err(error) => {
                let so_far = SoFar { locked: Some(error), ..so_far };
                return self.token(which, place + 1, so_far, now);
            }
        };
        exchange(draft, None, now, move |outcome, now| {
            let outcome = match outcome {
                Outcome::Done(Revoked) => PartOutcome::Revoked,
                Outcome::Failed(Error::Refusal(refusal))
                    if refusal.is("unsupported_token_type") =>
                {
                    PartOutcome::Unsupported
                }
                outcome => match Failed::of(&outcome) {
                    Failed::Later(why, at_last) => {
                        let so_far = SoFar { later: Some(why), ..so_far.and(at_last) };
                        return self.token(which, place + 1, so_far, now);
                    }
                    Failed::Refused(_) => PartOutcome::Refused,
                },
            };
            self.token(which, place + 1, so_far.and(outcome), now)
        })
    }

    /// The request that revokes a token, or the outcome without one.
    fn token_draft(
        &mut self,
        tokens: &StoredTokens,
        which: TokenTypeHint,
        now: UnixTime,
    ) -> Result<Result<Draft<Revoked>, PartOutcome>, SealError> {
        let (_, text) = self.consents.open(&self.key.id, tokens)?;
        let (client, entropy) = (self.consents.client(), self.draws.next());
        let draft = match client.restore(text.expose()) {
            Ok(grant) => client.revoke(grant.tokens(), which, entropy, now),
            Err(_) => client
                .restore_unverified(text.expose())
                .and_then(|tokens| client.revoke(&tokens, which, entropy, now)),
        };
        Ok(draft.map_err(|error| match error {
            Error::StoredState(StoredStateFault::RefreshTokenMissing) => PartOutcome::Absent,
            Error::Metadata(_) => PartOutcome::Unsupported,
            _ => PartOutcome::Refused,
        }))
    }

    fn locked(self, error: SealError, now: UnixTime) -> Step<RevocationResult> {
        let until = now + self.consents.policy().longest_pause;
        let postpone = postpone_revocation(self.key, error.to_string(), until);
        store(postpone, now, move |postponed, _| {
            Step::Done(match postponed {
                Ok(()) => RevocationResult::Locked(error),
                Err(error) => RevocationResult::Store(error),
            })
        })
    }
}

/// What became of the tokens of a part so far.
#[derive(Default)]
struct SoFar {
    /// The worst outcome. Of a token that is repeated: its outcome if it was repeated for too long.
    outcome: Option<PartOutcome>,
    /// Why the part is repeated.
    later: Option<Why>,
    /// Why a token can't be opened.
    locked: Option<SealError>,
}

/// Why a part is repeated, and the institution's `Retry-After`.
struct Why {
    reason: String,
    after: Option<Duration>,
}

/// What a failed exchange means for a part.
enum Failed {
    /// Repeat it, or take this outcome if it was repeated for too long.
    Later(Why, PartOutcome),
    /// The institution's decision, with its status.
    Refused(Option<u16>),
}

impl Failed {
    fn of<O: fdx_par::Output>(outcome: &Outcome<O>) -> Self {
        let error = match outcome {
            Outcome::Failed(error) => error,
            Outcome::NotSent(reason, _) | Outcome::NoResponse(reason) => {
                let why = Why { reason: reason.clone(), after: None };
                return Self::Later(why, PartOutcome::NoResponse);
            }
            Outcome::Done(_) => return Self::Refused(None),
        };
        let is_about_the_client =
            matches!(error, Error::Refusal(refusal) if refusal.is("invalid_client"));
        let why = |after| Why { reason: error.to_string(), after };
        match error.next_step() {
            NextStep::Retry { after } => Self::Later(why(after), PartOutcome::NoResponse),
            _ if is_about_the_client => Self::Later(why(None), PartOutcome::Refused),
            _ => Self::Refused(error.said().map(|said| said.status)),
        }
    }
}

impl SoFar {
    /// With the outcome of one more token: a failure counts before a success, and any of them before no
    /// token.
    fn and(self, outcome: PartOutcome) -> Self {
        let rank = |outcome: PartOutcome| match outcome {
            PartOutcome::NoResponse | PartOutcome::Refused => 3,
            PartOutcome::Unsupported => 2,
            PartOutcome::Absent => 0,
            _ => 1,
        };
        let worst = self.outcome.into_iter().chain([outcome]).max_by_key(|it| rank(*it));
        Self { outcome: worst, ..self }
    }
}
