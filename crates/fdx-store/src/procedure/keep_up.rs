use core::time::Duration;

use fdx_wire::{Entropy, UnixTime};

use super::consents::Consents;
use super::draws::Draws;
use super::finished::Finished;
use super::refresh::Access;
use super::revoke::RevocationResult;
use super::step::{Step, store};
use crate::consents::{Due, DueKind, Elapsed, expire_consent, mark_renewal_due, postpone};
use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::sql::operation::StoreError;

/// What was done for a consent that was due.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeptUp {
    /// Its tokens were refreshed, or why not.
    Refreshed(Access),
    /// Its time is over, or it ends soon.
    Elapsed(Elapsed),
    /// Its revocation was continued.
    Revoked(RevocationResult),
    /// Its completion was resumed.
    Resumed(Box<Finished>),
    /// The store failed.
    Store(StoreError),
}

/// When a consent is due again for which nothing can be done now.
const NOT_NOW: Duration = Duration::from_secs(15 * 60);

impl KeptUp {
    /// Whether the institution answered, so that it can be asked more. A refusal is an answer. `None` if
    /// nothing is known about it: nothing was sent, or this side failed.
    #[must_use]
    pub fn is_success(&self) -> Option<bool> {
        match self {
            Self::Refreshed(access) => match access {
                Access::Token(_) | Access::Suspect { .. } => Some(true),
                // The institution refused the tokens for too long.
                Access::Ended { state: ConsentState::Dead, .. } => Some(true),
                Access::Later { .. } | Access::NotVerified { .. } => Some(false),
                Access::Paused { .. }
                | Access::Ended { .. }
                | Access::Incomplete
                | Access::Locked(_)
                | Access::NotFound
                | Access::Store(_) => None,
            },
            Self::Resumed(finished) => match &**finished {
                Finished::Granted(_) => Some(true),
                Finished::Incomplete { .. } => Some(false),
                _ => None,
            },
            Self::Revoked(result) => match result {
                RevocationResult::Revoked(_) => Some(true),
                RevocationResult::Later { .. } => Some(false),
                _ => None,
            },
            Self::Elapsed(_) | Self::Store(_) => None,
        }
    }
}

impl Consents {
    /// Does what is due for a consent. Afterwards it is not due at `now` any more, so that it does not
    /// stay the first of its slot: what can't be done now, such as a refresh at a paused institution, is
    /// due again after a quarter of an hour, unless its procedure stored another time.
    pub fn keep_up(&self, due: &Due, entropy: Entropy, now: UnixTime) -> Step<KeptUp> {
        let key = due.key.clone();
        let mut draws = Draws::new(entropy);
        let first = draws.next();
        let done = match due.kind(self.policy(), now) {
            DueKind::Refresh => self
                .refresh(&key.id, first, now)
                .then(now, |access, _| Step::Done(KeptUp::Refreshed(access))),
            DueKind::Renew => {
                let mark = mark_renewal_due(key.clone(), *self.policy(), now);
                store(mark, now, elapsed)
            }
            DueKind::Expire => store(expire_consent(key.clone(), draws.cause(), now), now, elapsed),
            DueKind::Revoke => self
                .resume_revocation(&key.id, first, now)
                .then(now, |result, _| Step::Done(KeptUp::Revoked(result))),
            DueKind::Verify => self
                .resume(&key.id, first, now)
                .then(now, |finished, _| Step::Done(KeptUp::Resumed(Box::new(finished)))),
        };
        let began = now;
        done.then(now, move |done, now| Self::not_due(key, done, began, now))
    }

    fn not_due(key: RecordKey, done: KeptUp, began: UnixTime, now: UnixTime) -> Step<KeptUp> {
        let until = match &done {
            KeptUp::Refreshed(Access::Token(_)) => return Step::Done(done),
            // A lost response is repeated at once, while the institution accepts that.
            KeptUp::Refreshed(Access::Later { until, .. } | Access::Suspect { until, .. })
            | KeptUp::Revoked(RevocationResult::Later { until, .. }) => *until,
            _ => now + NOT_NOW,
        };
        store(postpone(key, until, began), now, move |postponed, _| {
            Step::Done(match (postponed, done) {
                (Err(error), KeptUp::Elapsed(_)) => KeptUp::Store(error),
                (_, done) => done,
            })
        })
    }
}

fn elapsed(result: Result<Elapsed, StoreError>, _: UnixTime) -> Step<KeptUp> {
    Step::Done(match result {
        Ok(elapsed) => KeptUp::Elapsed(elapsed),
        Err(error) => KeptUp::Store(error),
    })
}
