use fdx_par::{Error, Granted, Notice, Tokens, UnverifiedTokens, Verified};
use fdx_wire::{Entropy, UnixTime};

use super::consents::{Consents, seal};
use super::draws::Draws;
use super::finished::{self, Finished};
use super::late::revoke_late;
use super::refresh::{Access, Refreshing};
use super::step::{Outcome, Step, exchange, store};
use super::verify::{NotVerified, forged_id_token, verify};
use crate::consents::complete::{Completed, Completion, complete_consent};
use crate::consents::find::{ConsentRow, find_consent};
use crate::consents::unfinished::{PutOffUntil, put_off, read_unfinished};
use crate::record::id::{RecordId, RecordKey};
use crate::record::state::ConsentState;
use crate::refresh::begin::{StoredTokens, Want};
use crate::seal::ConsentKey;

impl Consents {
    /// Completes a consent whose tokens are stored and whose grant is not, because a process stopped
    /// in between or the institution did not respond: verifies the tokens, reads the grant, and stores
    /// it with its receipt. If the access token has expired, it is refreshed first.
    ///
    /// Several processes may resume the same consent: one of them completes it.
    pub fn resume(&self, record: &RecordId, entropy: Entropy, now: UnixTime) -> Step<Finished> {
        let (consents, record) = (self.clone(), record.clone());
        let mut draws = Draws::new(entropy);
        let refreshing = Refreshing::new(self, &record, None, Want::Unfinished, draws.next());
        refreshing.begin(now).then(now, move |access, now| match access {
            Access::Incomplete => Granting::load(consents, record, draws, now),
            // It is complete, or has ended.
            Access::Ended { .. } => Granting::report(&consents, &record, Vec::new(), now),
            access => Step::Done(Finished::not_refreshed(record, access, now)),
        })
    }
}

/// The completion of one consent, with what all its steps need.
pub(super) struct Granting {
    consents: Consents,
    record: RecordKey,
    key: ConsentKey,
    generation: i64,
    draws: Draws,
}

impl Granting {
    pub(super) fn new(
        consents: &Consents,
        record: RecordKey,
        key: ConsentKey,
        generation: i64,
        draws: Draws,
    ) -> Self {
        Self { consents: consents.clone(), record, key, generation, draws }
    }

    /// Reads the stored tokens.
    fn load(consents: Consents, record: RecordId, draws: Draws, now: UnixTime) -> Step<Finished> {
        let key = consents.record(&record);
        store(read_unfinished(key), now, move |found, now| match found {
            Ok(Some(tokens)) => Self::open(&consents, &record, &tokens, draws, now),
            Ok(None) => Self::report(&consents, &record, Vec::new(), now),
            Err(error) => Step::Done(Finished::Store(error)),
        })
    }

    fn open(
        consents: &Consents,
        record: &RecordId,
        tokens: &StoredTokens,
        draws: Draws,
        now: UnixTime,
    ) -> Step<Finished> {
        let (key, text) = match consents.open(record, tokens) {
            Ok(opened) => opened,
            Err(error) => return Step::Done(Finished::Locked(error)),
        };
        let record = consents.record(record);
        let granting = Self::new(consents, record, key, tokens.generation, draws);
        match consents.client().restore_unverified(text.expose()) {
            Ok(tokens) => granting.verify(tokens, now),
            Err(error) => granting.failed(error, now),
        }
    }

    /// Verifies the tokens of the code exchange.
    pub(super) fn verify(self, tokens: UnverifiedTokens, now: UnixTime) -> Step<Finished> {
        let UnverifiedTokens::Exchanged(exchanged) = tokens else {
            return self.put_off("the stored tokens are not those of a code exchange", None, now);
        };
        let consents = self.consents.clone();
        verify(&consents, exchanged, forged_id_token(), now, move |verified, now| match verified {
            Ok(verified) => self.introspect(verified, now),
            Err(NotVerified::Rejected(error) | NotVerified::NoKeys(error)) => {
                self.failed(*error, now)
            }
            Err(NotVerified::Unreachable(reason)) => self.put_off(&reason, None, now),
        })
    }

    /// Introspects the access token if no consent id is known. Continues without one if introspection
    /// is refused, or reports none.
    fn introspect(mut self, verified: Verified, now: UnixTime) -> Step<Finished> {
        if verified.consent_id().is_some() {
            return self.read(verified, now);
        }
        let token = verified.tokens().access_token();
        let draft = match self.consents.client().introspect(token, self.draws.next(), now) {
            Ok(draft) => draft,
            Err(error) => return self.introspected(verified.not_introspected(error), now),
        };
        exchange(draft, None, now, move |outcome, now| match outcome {
            Outcome::Done(response) => self.introspected(verified.introspected(&response), now),
            Outcome::Failed(error) => self.introspected(verified.not_introspected(error), now),
            Outcome::NotSent(reason, _) | Outcome::NoResponse(reason) => {
                self.put_off(&reason, None, now)
            }
        })
    }

    fn introspected(
        self,
        introspected: Result<Verified, fdx_par::Refused<Verified>>,
        now: UnixTime,
    ) -> Step<Finished> {
        match introspected {
            Ok(verified) => self.read(verified, now),
            Err(refused) => self.failed(refused.error, now),
        }
    }

    /// Reads the grant.
    fn read(mut self, verified: Verified, now: UnixTime) -> Step<Finished> {
        if verified.consent_id().is_none() {
            return self.complete(&verified.without_grant(), now);
        }
        let entropy = self.draws.next();
        let draft = match self.consents.client().read_consent(&verified, entropy, now) {
            Ok(draft) => draft,
            Err(error) => return self.failed(error, now),
        };
        exchange(draft, None, now, move |outcome, now| match outcome {
            Outcome::Done(read) => match verified.granted(read) {
                Ok(granted) => self.complete(&granted, now),
                Err(refused) => self.failed(refused.error, now),
            },
            Outcome::Failed(error) => self.failed(error, now),
            Outcome::NotSent(reason, _) | Outcome::NoResponse(reason) => {
                self.put_off(&reason, None, now)
            }
        })
    }

    /// Stores the grant, its receipt and the outcome of its flow together.
    fn complete(mut self, granted: &Granted, now: UnixTime) -> Step<Finished> {
        let receipt = match self.consents.client().receipt(granted, now) {
            Ok(receipt) => receipt,
            Err(error) => return self.failed(error, now),
        };
        let (stored, notices) = (granted.stored(), granted.notices().to_vec());
        let sealed = seal(&self.key, self.generation, &self.draws.next(), &stored.to_json());
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(error) => return Step::Done(Finished::Locked(error)),
        };
        let due_at = self.consents.policy().first_due_at(
            &self.record.id,
            stored.tokens(),
            receipt.expiration().time(),
            now,
        );
        let completion = Completion {
            key: self.record.clone(),
            generation: self.generation,
            sealed,
            subject: stored.identity().map(|identity| identity.subject().to_owned()),
            due_at: Some(due_at),
            receipt: Box::new(receipt),
        };
        store(complete_consent(completion, now), now, move |completed, now| match completed {
            Ok(Completed::Active) => Self::report(&self.consents, &self.record.id, notices, now),
            Ok(Completed::OtherTokens) => {
                self.put_off("another process refreshed the tokens", None, now)
            }
            Ok(Completed::Ended { state }) => self.revoke(stored.tokens(), state, now),
            Ok(Completed::NotFound) => self.revoke(stored.tokens(), ConsentState::Erased, now),
            Err(error) => Step::Done(Finished::Store(error)),
        })
    }

    /// Revokes tokens whose consent ended meanwhile.
    fn revoke(mut self, tokens: &Tokens, state: ConsentState, now: UnixTime) -> Step<Finished> {
        let ended = move || Step::Done(Finished::Ended { state, reason: None });
        revoke_late(&self.consents, tokens, &mut self.draws, now, ended)
    }

    /// Puts the completion off after an error.
    fn failed(self, error: Error, now: UnixTime) -> Step<Finished> {
        let reason = error.to_string();
        self.put_off(&reason, Some(Box::new(error)), now)
    }

    /// Records why the consent is not complete. Its tokens stay stored.
    fn put_off(mut self, reason: &str, error: Option<Box<Error>>, now: UnixTime) -> Step<Finished> {
        let (record, reason, cause) = (self.record.clone(), reason.to_owned(), self.draws.cause());
        let put_off = put_off(record, reason.clone(), cause, *self.consents.policy(), now);
        store(put_off, now, move |until, now| {
            let record = self.record.id;
            Step::Done(match until {
                Ok(PutOffUntil::Time(until)) => {
                    Finished::Incomplete { record, until, reason, error }
                }
                Ok(PutOffUntil::Complete) => {
                    return Self::report(&self.consents, &record, Vec::new(), now);
                }
                Ok(PutOffUntil::Ended { state }) => Finished::Ended { state, reason: Some(reason) },
                Err(error) => Finished::Store(error),
            })
        })
    }

    /// Returns a consent as it is stored now.
    pub(super) fn report(
        consents: &Consents,
        record: &RecordId,
        notices: Vec<Notice>,
        now: UnixTime,
    ) -> Step<Finished> {
        let (consents, record) = (consents.clone(), record.clone());
        store(find_consent(consents.record(&record)), now, move |found, now| match found {
            Ok(Some(row)) if row.access.is_some() => match row.renews.clone() {
                Some(renewed) => Self::report_renewed(&consents, row, renewed, notices, now),
                None => report(row, None, notices),
            },
            Ok(Some(ConsentRow { state, reason, due_at, .. })) => {
                Step::Done(match state.has_ended() {
                    true => Finished::Ended { state, reason },
                    false => Finished::Incomplete {
                        record,
                        until: due_at.unwrap_or(now),
                        reason: reason.unwrap_or_default(),
                        error: None,
                    },
                })
            }
            Ok(None) => Step::Done(Finished::NotFound),
            Err(error) => Step::Done(Finished::Store(error)),
        })
    }

    /// Looks at the record that a consent renews: it is revoked now, if it has not ended.
    fn report_renewed(
        consents: &Consents,
        row: ConsentRow,
        renewed: RecordId,
        notices: Vec<Notice>,
        now: UnixTime,
    ) -> Step<Finished> {
        let old = find_consent(consents.record(&renewed));
        store(old, now, move |old, _| match old {
            Ok(old) => {
                let lives = old.is_some_and(|old| !old.state.has_ended());
                report(row, lives.then_some(renewed), notices)
            }
            Err(error) => Step::Done(Finished::Store(error)),
        })
    }
}

fn report(consent: ConsentRow, revoke: Option<RecordId>, notices: Vec<Notice>) -> Step<Finished> {
    Step::Done(Finished::Granted(Box::new(finished::Granted { consent, revoke, notices })))
}
