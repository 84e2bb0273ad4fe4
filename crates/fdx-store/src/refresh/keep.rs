use core::fmt;

use fdx_wire::UnixTime;

use super::begin::{Attempt, CURRENT};
use super::log::{counted, logged};
use super::policy::{RefreshPolicy, Served};
use super::row::Row;
use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// The tokens of a response, sealed for [`NewTokens::generation_of`] the attempt.
#[derive(Clone, Eq, PartialEq)]
pub struct NewTokens {
    /// The sealed tokens, not verified yet.
    pub sealed: Vec<u8>,
    /// When the access token expires, if the institution reported it.
    pub access_expires_at: Option<UnixTime>,
    /// When the refresh token expires, if the dialect documents it.
    pub refresh_expires_at: Option<UnixTime>,
}

impl NewTokens {
    /// The generation of an attempt's response.
    #[must_use]
    pub fn generation_of(attempt: &Attempt) -> i64 {
        attempt.generation + 1
    }
}

/// What became of a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kept {
    /// It has the consent's current tokens now.
    Stored,
    /// Another attempt was faster, or may still be under way. The response is kept, and tried before
    /// the consent is declared dead. Do not revoke it: it may be the only valid token.
    Lost,
    /// The consent ended meanwhile: revoke these tokens.
    Ended {
        /// The consent's state.
        state: ConsentState,
    },
}

/// Stores the response of an attempt. Call it before anything else looks at the response.
pub fn keep_response(
    attempt: Attempt,
    tokens: NewTokens,
    policy: RefreshPolicy,
    now: UnixTime,
) -> Operation<KeepResponse> {
    Operation::new(KeepResponse { attempt, tokens, policy, now, kept: None })
}

/// The decision of [`keep_response`].
#[derive(Clone, Debug)]
pub struct KeepResponse {
    attempt: Attempt,
    tokens: NewTokens,
    policy: RefreshPolicy,
    now: UnixTime,
    kept: Option<Kept>,
}

impl Decision for KeepResponse {
    type Output = Kept;

    fn first(&mut self) -> Vec<Statement> {
        vec![Row::select(&self.attempt.key), Row::narrowings(&self.attempt.key)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Kept>, StoreError> {
        let mut results = results.into_iter();
        let first = results.next();
        match self.kept {
            Some(Kept::Stored) if !first.as_ref().is_some_and(Rows::changed_one) => {
                return Ok(Turn::Restart);
            }
            Some(kept) => return Ok(Turn::Commit(kept)),
            None => {}
        }
        let Some(row) = Row::read(first.ok_or(StoreError::UnexpectedRows)?)? else {
            return Ok(Turn::Commit(Kept::Ended { state: ConsentState::Erased }));
        };
        let (attempt, generation) = (&self.attempt, NewTokens::generation_of(&self.attempt));
        let id = Some(attempt.id.as_str());
        // The commit of an earlier run of this operation had an unknown outcome.
        if row.generation == generation && row.stored_by.as_deref() == id {
            return Ok(Turn::Commit(Kept::Stored));
        }
        // check: EndedMeanwhile
        if !row.state.is_refreshable() {
            return Ok(Turn::Commit(Kept::Ended { state: row.state }));
        }
        let open = row.attempt.as_ref().map(|(id, _)| id.as_str());
        // check: CompareGeneration
        let is_next = row.generation == attempt.generation;
        // check: CompareAttempt
        let is_mine = open == id;
        let (kept, statements) = if is_next && is_mine {
            let narrowed = Row::is_narrowed(results.next().ok_or(StoreError::UnexpectedRows)?)?;
            (Kept::Stored, self.store(&row, narrowed, open.unwrap_or_default()))
        } else {
            // check: KeepLost, weakened to Vec::new()
            let keep = vec![self.place(attempt.id.as_str())];
            (Kept::Lost, keep)
        };
        self.kept = Some(kept);
        Ok(Turn::Run(statements))
    }
}

impl KeepResponse {
    /// Replaces the current tokens. The first statement must change one row.
    fn store(&self, row: &Row, narrowed: bool, open: &str) -> Vec<Statement> {
        let Self { attempt, tokens, policy, now, .. } = self;
        let due_at = match row.state {
            // It still has to be completed.
            ConsentState::PendingVerification => *now,
            _ => {
                // A response without a refresh token leaves the old one valid.
                let served = Served::ByRefreshes(tokens.refresh_expires_at);
                policy.due_at(&attempt.key.id, *now, served, row.consent_expires_at, *now)
            }
        };
        let state = match row.state {
            ConsentState::Suspect => {
                policy.alive_state(&attempt.key.id, row.consent_expires_at, narrowed, *now)
            }
            state => state,
        };
        let since = if state == row.state { row.state_since } else { *now };
        // Failures to complete a consent go on counting: otherwise each refresh would end their pauses.
        let failures = match row.state {
            ConsentState::PendingVerification => row.failures,
            _ => 0,
        };
        let advance = Statement::new(
            "UPDATE fdx_consents SET generation = $1, verified = 0, stored_by = $2, state = $3, \
             state_since = $4, reason = NULL, access_expires_at = $5, refresh_expires_at = $6, \
             refreshed_at = $7, attempt = NULL, deadline = NULL, unanswered = 0, \
             unanswered_since = NULL, failures = $8, not_before = NULL, due_at = $9 \
             WHERE tenant = $10 AND id = $11 AND generation = $12 AND COALESCE(attempt, '') = $13",
        )
        .with(NewTokens::generation_of(attempt))
        .with(attempt.id.as_str())
        .with(state.name())
        .with_time(since)
        .with_time(tokens.access_expires_at)
        .with_time(tokens.refresh_expires_at)
        .with_time(*now)
        .with(i64::from(failures))
        .with_time(due_at)
        .with_key(&attempt.key)
        .with(row.generation)
        .with(open);
        let forget = Statement::new("DELETE FROM fdx_tokens WHERE tenant = $1 AND consent = $2")
            .with_key(&attempt.key);
        vec![
            advance,
            forget,
            self.place(CURRENT),
            logged(attempt, row, "refreshed", None, *now),
            counted(attempt, false, *now),
        ]
    }

    fn place(&self, place: &str) -> Statement {
        Statement::new(
            "INSERT INTO fdx_tokens (tenant, consent, place, generation, sealed, stored_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, consent, place) DO NOTHING",
        )
        .with_key(&self.attempt.key)
        .with(place)
        .with(NewTokens::generation_of(&self.attempt))
        .with(self.tokens.sealed.clone())
        .with_time(self.now)
    }
}

/// Replaces the current tokens of a generation by the same tokens after verification. Returns whether
/// they are still the current ones.
pub fn keep_verified(key: RecordKey, generation: i64, sealed: Vec<u8>) -> Operation<KeepVerified> {
    Operation::new(KeepVerified { key, generation, sealed })
}

/// The decision of [`keep_verified`].
#[derive(Clone)]
pub struct KeepVerified {
    key: RecordKey,
    generation: i64,
    sealed: Vec<u8>,
}

impl Decision for KeepVerified {
    type Output = bool;

    fn first(&mut self) -> Vec<Statement> {
        let tokens = Statement::new(
            "UPDATE fdx_tokens SET sealed = $1 \
             WHERE tenant = $2 AND consent = $3 AND place = $4 AND generation = $5",
        )
        .with(self.sealed.clone())
        .with_key(&self.key)
        .with(CURRENT)
        .with(self.generation);
        let verified = Statement::new(
            "UPDATE fdx_consents SET verified = 1 \
             WHERE tenant = $1 AND id = $2 AND generation = $3",
        )
        .with_key(&self.key)
        .with(self.generation);
        vec![tokens, verified]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<bool>, StoreError> {
        Ok(Turn::Commit(results.iter().all(Rows::changed_one)))
    }
}

impl fmt::Debug for NewTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewTokens")
            .field("access_expires_at", &self.access_expires_at)
            .field("refresh_expires_at", &self.refresh_expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeepVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeepVerified")
            .field("key", &self.key)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
