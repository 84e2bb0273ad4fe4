use core::time::Duration;

use fdx_wire::UnixTime;

use super::begin::Attempt;
use super::log::{counted, day, logged};
use super::policy::RefreshPolicy;
use super::row::Row;
use crate::consents::recording::Recording;
use crate::receipts::{Cause, Event, PartOutcome, ReceiptDraft, Revocation, RevokedBy};
use crate::record::id::RecordId;
use crate::record::state::ConsentState;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// Why an attempt has no new tokens. `reason` is a text for people, with the institution's words.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AttemptEnd {
    /// The request did not reach the institution.
    NotSent {
        /// What failed.
        reason: String,
    },
    /// No response arrived. The institution may have acted, and may still act until the deadline.
    Unanswered {
        /// What failed.
        reason: String,
    },
    /// The response is a success that can't be used: the institution has acted.
    Unusable {
        /// What is wrong with it.
        reason: String,
    },
    /// The institution has an error that says nothing about the grant: 429, 5xx, or an error about the
    /// client.
    Answered {
        /// The error.
        reason: String,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The institution refused the refresh token.
    Refused {
        /// The error.
        reason: String,
    },
    /// There is no refresh token, or its time is over. Nothing was sent. The consent has expired if its
    /// access token has, too, and no response that lost a comparison is left.
    Over {
        /// Which of the two.
        reason: String,
    },
}

/// What follows from the end of an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ended {
    /// The consent's state now.
    pub state: ConsentState,
    /// When the next attempt may begin.
    pub not_before: UnixTime,
    /// Whether the institution was paused, because its refusals exceed the baseline: alert an
    /// operator.
    pub institution_paused: bool,
}

/// Records the end of an attempt that has no new tokens.
pub fn end_attempt(
    attempt: Attempt,
    end: AttemptEnd,
    policy: RefreshPolicy,
    now: UnixTime,
) -> Operation<EndAttempt> {
    Operation::new(EndAttempt { attempt, end, policy, now, ended: None, recording: None })
}

/// The decision of [`end_attempt`].
#[derive(Clone, Debug)]
pub struct EndAttempt {
    attempt: Attempt,
    end: AttemptEnd,
    policy: RefreshPolicy,
    now: UnixTime,
    ended: Option<Ended>,
    /// Writes the receipt of a consent that ends with the attempt.
    recording: Option<Recording>,
}

/// The columns that the end of an attempt changes.
struct Change {
    state: ConsentState,
    /// Whether the attempt stays open until its deadline.
    open: bool,
    unanswered: i64,
    not_before: UnixTime,
}

/// What is known about the tokens and the institution when an attempt ends.
struct Found {
    /// Whether there are other tokens that were not refused.
    others: bool,
    /// Whether the end counts as a refusal of the institution.
    counts: bool,
    /// Whether the institution is paused, because its refusals exceed the baseline.
    pauses: bool,
}

/// What is known about the institution.
#[derive(Default)]
struct Institution {
    paused_at: Option<UnixTime>,
    /// The day of the counts.
    day: i64,
    refreshes: i64,
    refusals: i64,
}

impl Decision for EndAttempt {
    type Output = Ended;

    fn first(&mut self) -> Vec<Statement> {
        let Attempt { key, institution, .. } = &self.attempt;
        vec![
            Row::select(&self.attempt.key),
            Statement::new(
                "SELECT place, refused_at FROM fdx_tokens WHERE tenant = $1 AND consent = $2",
            )
            .with_key(key),
            Statement::new(
                "SELECT paused_at, day, refreshes, refusals FROM fdx_institutions \
                 WHERE tenant = $1 AND institution = $2",
            )
            .with(key.tenant.as_str())
            .with(institution.as_str()),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Ended>, StoreError> {
        if let (Some(recording), Some(ended)) = (&mut self.recording, &self.ended) {
            return recording.turn(results, ended.clone());
        }
        if let Some(ended) = self.ended.take() {
            let stored = results.first().is_some_and(Rows::changed_one);
            return Ok(if stored { Turn::Commit(ended) } else { Turn::Restart });
        }
        let Ok([row, tokens, institution]) = <[Rows; 3]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        let institution = Institution::read(institution)?;
        let Some(row) = Row::read(row)? else {
            let (state, not_before) = (ConsentState::Erased, self.now);
            return Ok(Turn::Commit(Ended { state, not_before, institution_paused: false }));
        };
        let open = row.attempt.as_ref().map(|(id, _)| id.as_str());
        let is_open = open == Some(self.attempt.id.as_str()) && row.state.is_refreshable();
        // Its beginning ended the pause before it.
        let is_recorded = row.not_before.is_some_and(|at| at >= self.attempt.deadline);
        // Another process took over, the consent ended, or the commit of an earlier run of this
        // operation had an unknown outcome.
        if !is_open || is_recorded {
            return Ok(Turn::Commit(Ended {
                state: row.state,
                not_before: row.not_before.unwrap_or(self.now),
                institution_paused: self.is_refused() && institution.paused_at == Some(self.now),
            }));
        }
        let found = self.found(&row, tokens, &institution)?;
        let change = self.change(&row, &found);
        let statements = self.statements(&row, &change, &found);
        self.ended = Some(Ended {
            state: change.state,
            not_before: change.not_before,
            institution_paused: found.pauses,
        });
        Ok(Turn::Run(match self.event(&change) {
            None => statements,
            Some(draft) => {
                let recording = Recording::new(self.attempt.key.clone(), draft, statements);
                self.recording.insert(recording).reads()
            }
        }))
    }
}

impl EndAttempt {
    fn found(
        &self,
        row: &Row,
        tokens: Rows,
        institution: &Institution,
    ) -> Result<Found, StoreError> {
        let (mut others, mut refused_before) = (false, false);
        for mut token in tokens.readers() {
            let (place, refused) = (token.next::<String>()?, token.optional_time()?.is_some());
            match place == self.attempt.place {
                true => refused_before = refused,
                false => others |= !refused,
            }
        }
        // Once for each consent, however often it is tried afterwards; and once more before it is dead,
        // so that a server that refuses everything for longer ends no more than the baseline.
        let is_first = row.state != ConsentState::Suspect && !refused_before;
        let counts = self.is_refused() && (is_first || self.lasts_too_long(row) && !others);
        let (refreshes, refusals) = institution.counts_of(day(self.now));
        let pauses = counts && self.policy.baseline.is_exceeded(refusals + 1, refreshes + 1);
        Ok(Found { others, counts, pauses })
    }

    fn change(&self, row: &Row, found: &Found) -> Change {
        let others = found.others;
        let (state, unanswered, now) = (row.state, row.unanswered, self.now);
        let failures = row.failures.saturating_add(1);
        let pause = now + self.policy.jittered_pause(failures, self.attempt.id.as_str());
        // The first retry of a lost response comes within the institution's window.
        let first = row.failures == 0;
        match &self.end {
            AttemptEnd::NotSent { .. } => {
                Change { state, open: false, unanswered, not_before: pause }
            }
            AttemptEnd::Unanswered { .. } => {
                let until = self.attempt.deadline + self.policy.clock_skew;
                let not_before = if first { until } else { until.max(pause) };
                Change { state, open: true, unanswered, not_before }
            }
            AttemptEnd::Unusable { .. } => {
                let not_before = if first { now } else { pause };
                Change { state, open: false, unanswered: unanswered + 1, not_before }
            }
            AttemptEnd::Answered { retry_after, .. } => {
                let asked = now + retry_after.unwrap_or_default();
                Change { state, open: false, unanswered, not_before: pause.max(asked) }
            }
            AttemptEnd::Over { .. } => {
                let serves_until = match row.access_expires_at {
                    _ if others => Some(now),
                    Some(at) => Some(at).filter(|at| *at > now),
                    // It may serve as long as the consent.
                    None => Some(now + self.policy.keep_alive),
                };
                let state = if serves_until.is_some() { state } else { ConsentState::Expired };
                let not_before = serves_until.unwrap_or(now);
                Change { state, open: false, unanswered, not_before }
            }
            AttemptEnd::Refused { .. } => {
                // check: SuspectFirst
                let over = self.lasts_too_long(row) && !others && !found.pauses;
                let state = match state {
                    _ if over => ConsentState::Dead,
                    ConsentState::PendingVerification => state,
                    _ => ConsentState::Suspect,
                };
                let not_before = if others { now } else { pause };
                Change { state, open: false, unanswered: 0, not_before }
            }
        }
    }

    /// Whether the consent could not be used for so long that the next refusal is its death.
    fn lasts_too_long(&self, row: &Row) -> bool {
        let waits = matches!(row.state, ConsentState::PendingVerification | ConsentState::Suspect);
        waits && row.state_since + self.policy.suspect_for <= self.now
    }

    fn is_refused(&self) -> bool {
        matches!(self.end, AttemptEnd::Refused { .. })
    }

    /// The event of a consent that ends with this attempt.
    fn event(&self, change: &Change) -> Option<ReceiptDraft> {
        let event = match change.state {
            ConsentState::Expired => Event::Expired {},
            ConsentState::Dead => {
                let mut revocation = Revocation::new(RevokedBy::Institution);
                revocation.refresh_token = Some(PartOutcome::AlreadyEnded);
                Event::Revoked(revocation)
            }
            _ => return None,
        };
        let cause = Cause::from(RecordId::from(&self.attempt.id));
        Some(ReceiptDraft::new(self.now, cause, event))
    }

    /// The consent goes on.
    fn update(&self, row: &Row, change: &Change) -> Statement {
        let attempt = &self.attempt;
        let since = if change.state == row.state { row.state_since } else { self.now };
        let open = change.open.then_some((attempt.id.as_str().to_owned(), attempt.deadline));
        let (open, deadline) = open.unzip();
        let counts = change.unanswered > 0 || change.open;
        Statement::new(
            "UPDATE fdx_consents SET state = $1, state_since = $2, reason = $3, attempt = $4, \
             deadline = $5, unanswered = $6, unanswered_since = $7, failures = $8, not_before = $9, \
             due_at = $10 WHERE tenant = $11 AND id = $12 AND attempt = $13",
        )
        .with(change.state.name())
        .with_time(since)
        .with(self.end.reason())
        .with(open)
        .with_time(deadline)
        .with(change.unanswered)
        .with_time(row.unanswered_since.filter(|_| counts))
        .with(i64::from(row.failures.saturating_add(1)))
        .with_time(change.not_before)
        .with_time(change.not_before)
        .with_key(&attempt.key)
        .with(attempt.id.as_str())
    }

    fn statements(&self, row: &Row, change: &Change, found: &Found) -> Vec<Statement> {
        let Self { attempt, now, .. } = self;
        let (outcome, reason) = self.end.parts();
        let update = match change.state.has_ended() {
            true => row.ended(&attempt.key, change.state, Some(reason), None, *now),
            false => self.update(row, change),
        };
        let mut statements = vec![update, logged(attempt, row, outcome, Some(reason), *now)];
        // These tokens are not sent again if there are others.
        if let AttemptEnd::Refused { .. } | AttemptEnd::Over { .. } = self.end {
            statements.push(
                Statement::new(
                    "UPDATE fdx_tokens SET refused_at = $1 \
                     WHERE tenant = $2 AND consent = $3 AND place = $4",
                )
                .with_time(*now)
                .with_key(&attempt.key)
                .with(attempt.place.as_str()),
            );
        }
        if found.counts {
            statements.push(counted(attempt, true, *now));
        }
        if found.pauses {
            statements.push(
                Statement::new(
                    "UPDATE fdx_institutions SET paused_at = $1, reason = $2 \
                     WHERE tenant = $3 AND institution = $4 AND paused_at IS NULL",
                )
                .with_time(*now)
                .with("more refusals than the baseline allows")
                .with(attempt.key.tenant.as_str())
                .with(attempt.institution.as_str()),
            );
        }
        statements
    }
}

impl Institution {
    fn read(rows: Rows) -> Result<Self, StoreError> {
        let Some(mut row) = rows.reader() else { return Ok(Self::default()) };
        Ok(Self {
            paused_at: row.optional_time()?,
            day: row.next()?,
            refreshes: row.next()?,
            refusals: row.next()?,
        })
    }

    /// The refreshes of a day, and how many of them were refused.
    fn counts_of(&self, day: i64) -> (i64, i64) {
        if self.day == day { (self.refreshes, self.refusals) } else { (0, 0) }
    }
}

impl AttemptEnd {
    /// What happened, for people.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::NotSent { reason } => ("not sent", reason),
            Self::Unanswered { reason } => ("no response", reason),
            Self::Unusable { reason } => ("unusable response", reason),
            Self::Answered { reason, .. } => ("error", reason),
            Self::Refused { reason } => ("refused", reason),
            Self::Over { reason } => ("over", reason),
        }
    }
}
