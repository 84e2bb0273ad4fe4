//! One attempt to refresh: its request, and its response.

use fdx_par::{Draft, Error, NextStep, Output, Refreshed, StoredStateFault, UnverifiedTokens};
use fdx_wire::{Secret, UnixTime};

use super::consents::seal;
use super::late::{revoke_late, until_stored};
use super::refresh::{Access, ROUNDS, Refreshing};
use super::step::{Outcome, Step, exchange, store};
use crate::record::state::ConsentState;
use crate::refresh::begin::{Attempt, StoredTokens};
use crate::refresh::end::{AttemptEnd, Ended, end_attempt};
use crate::refresh::keep::{Kept, NewTokens, keep_response};
use crate::seal::ConsentKey;

impl Refreshing {
    /// Sends the request of an attempt, whose intent is stored.
    pub(super) fn send(
        mut self,
        attempt: Attempt,
        tokens: &StoredTokens,
        now: UnixTime,
    ) -> Step<Access> {
        let (key, text) = match self.consents.open(&self.key.id, tokens) {
            Ok(opened) => opened,
            Err(error) => {
                let reason = error.to_string();
                let end = AttemptEnd::NotSent { reason };
                return self.end(attempt, end, now, move |_| Access::Locked(error));
            }
        };
        let deadline = Some(attempt.deadline);
        match self.draft(&text, now) {
            Ok(Drafted::Verified(draft)) => exchange(draft, deadline, now, |outcome, now| {
                let outcome = outcome.map(UnverifiedTokens::from);
                self.received(attempt, key, outcome, now)
            }),
            Ok(Drafted::Unverified(draft)) => exchange(draft, deadline, now, |outcome, now| {
                self.received(attempt, key, outcome.map(core::convert::identity), now)
            }),
            Err(error) => {
                let reason = error.to_string();
                let end = match error {
                    Error::StoredState(
                        StoredStateFault::RefreshTokenExpired
                        | StoredStateFault::RefreshTokenMissing,
                    ) => AttemptEnd::Over { reason },
                    _ => AttemptEnd::NotSent { reason },
                };
                self.ended(attempt, end, now)
            }
        }
    }

    fn draft(&mut self, text: &Secret, now: UnixTime) -> Result<Drafted, Error> {
        let (client, entropy) = (self.consents.client(), self.draws.next());
        match client.restore(text.expose()) {
            Ok(grant) => client.refresh(&grant, entropy, now).map(Drafted::Verified),
            Err(error) if error == StoredStateFault::StoredUnverified.into() => {
                let tokens = client.restore_unverified(text.expose())?;
                client.refresh_unverified(&tokens, entropy, now).map(Drafted::Unverified)
            }
            Err(error) => Err(error),
        }
    }

    fn received(
        mut self,
        attempt: Attempt,
        key: ConsentKey,
        outcome: Response,
        now: UnixTime,
    ) -> Step<Access> {
        let end = match outcome {
            Response::Tokens(tokens) => {
                let generation = NewTokens::generation_of(&attempt);
                return match seal(&key, generation, &self.draws.next(), &tokens.to_json()) {
                    Ok(sealed) => self.keep(Arrived { attempt, key, tokens }, sealed, now),
                    // The institution has acted, and its tokens can't be stored.
                    Err(error) => {
                        let end = AttemptEnd::Unusable { reason: error.to_string() };
                        self.end(attempt, end, now, move |_| Access::Locked(error))
                    }
                };
            }
            Response::Failed(error) => self.failed(&error),
            Response::NotSent(reason) => AttemptEnd::NotSent { reason },
            Response::None(reason) => AttemptEnd::Unanswered { reason },
        };
        self.ended(attempt, end, now)
    }

    /// What an error of the institution means for the attempt.
    fn failed(&self, error: &Error) -> AttemptEnd {
        let reason = error.to_string();
        let ends_grant = self.consents.policy().tokens.ends_grant;
        match error {
            Error::Refusal(refusal) => match error.next_step() {
                NextStep::Retry { after } => AttemptEnd::Answered { reason, retry_after: after },
                // An invalid_grant that names an algorithm is about the client.
                NextStep::Correct if refusal.is("invalid_grant") => {
                    AttemptEnd::Answered { reason, retry_after: None }
                }
                _ if ends_grant.iter().any(|code| refusal.is(code)) => {
                    AttemptEnd::Refused { reason }
                }
                _ => AttemptEnd::Answered { reason, retry_after: None },
            },
            // The response is a success, or can't be read at all: the institution may have acted.
            _ => AttemptEnd::Unusable { reason },
        }
    }

    /// Stores a response before anything else looks at it.
    fn keep(mut self, arrived: Arrived, sealed: Vec<u8>, now: UnixTime) -> Step<Access> {
        let Arrived { attempt, key, tokens } = arrived;
        let (earlier, generation) = (attempt.generation, NewTokens::generation_of(&attempt));
        let new = NewTokens {
            sealed,
            access_expires_at: tokens.access_token_expires_at(),
            refresh_expires_at: tokens.refresh_token_expires_at(),
        };
        let policy = *self.consents.policy();
        let keep = move |now| keep_response(attempt.clone(), new.clone(), policy, now);
        until_stored(keep, now, move |kept, now| match kept {
            Ok(Kept::Stored) => self.verify(*tokens, key, generation, now),
            Ok(Kept::Lost) if self.rounds < ROUNDS => self.again(earlier, now),
            Ok(Kept::Lost) => Step::Done(Access::Later {
                until: now,
                reason: "another process refreshed this consent".to_owned(),
            }),
            Ok(Kept::Ended { state }) => {
                let ended = move || Step::Done(Access::Ended { state, reason: None });
                revoke_late(&self.consents, &*tokens, &mut self.draws, now, ended)
            }
            Err(error) => Step::Done(Access::Store(error)),
        })
    }

    /// Records the end of an attempt, and says what follows.
    fn ended(self, attempt: Attempt, end: AttemptEnd, now: UnixTime) -> Step<Access> {
        let reason = end.reason().to_owned();
        self.end(attempt, end, now, |ended| match ended.state {
            ConsentState::Suspect => Access::Suspect {
                until: ended.not_before,
                reason,
                institution_paused: ended.institution_paused,
            },
            state if state.has_ended() => Access::Ended { state, reason: Some(reason) },
            _ => Access::Later { until: ended.not_before, reason },
        })
    }

    fn end(
        self,
        attempt: Attempt,
        end: AttemptEnd,
        now: UnixTime,
        then: impl FnOnce(Ended) -> Access + Send + 'static,
    ) -> Step<Access> {
        let end = end_attempt(attempt, end, *self.consents.policy(), now);
        store(end, now, |ended, _| {
            Step::Done(match ended {
                Ok(ended) => then(ended),
                Err(error) => Access::Store(error),
            })
        })
    }
}

/// A response whose tokens are not stored yet.
struct Arrived {
    attempt: Attempt,
    key: ConsentKey,
    tokens: Box<UnverifiedTokens>,
}

/// The draft of a refresh, of verified tokens or of others.
enum Drafted {
    Verified(Draft<Refreshed>),
    Unverified(Draft<UnverifiedTokens>),
}

/// What became of the request of an attempt.
enum Response {
    Tokens(Box<UnverifiedTokens>),
    Failed(Error),
    NotSent(String),
    None(String),
}

impl<O: Output> Outcome<O> {
    fn map(self, tokens: impl FnOnce(O) -> UnverifiedTokens) -> Response {
        match self {
            Self::Done(output) => Response::Tokens(Box::new(tokens(output))),
            Self::Failed(error) => Response::Failed(error),
            Self::NotSent(reason, _) => Response::NotSent(reason),
            Self::NoResponse(reason) => Response::None(reason),
        }
    }
}
