use core::fmt;
use core::time::Duration;

use fdx_wire::{Entropy, Label, UnixTime};

use super::policy::{RefreshPolicy, TAKEOVER};
use super::row::Row;
use crate::record::id::{RecordKey, short_id};
use crate::record::state::ConsentState;
use crate::seal::{WrappedKey, keys};
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// The place of the tokens that are used. Others have the attempt whose response they are.
pub(crate) const CURRENT: &str = "current";

/// The longest `Retry-After` that [`Said`](fdx_par::error::Said) has.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

const ATTEMPT: Label = Label::new("store attempt");

/// One attempt to refresh, by one process.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AttemptId(String);

impl AttemptId {
    /// Derives the id from unpredictable bytes.
    #[must_use]
    pub fn new(entropy: &Entropy) -> Self {
        Self(short_id(entropy, ATTEMPT))
    }

    /// The text, 22 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Sealed tokens of one generation, and the wrapped key that opens them.
#[derive(Clone, Eq, PartialEq)]
pub struct StoredTokens {
    /// Counts the token responses of the consent.
    pub generation: i64,
    /// The sealed tokens.
    pub sealed: Vec<u8>,
    /// The wrapped key of the consent.
    pub wrapped_key: WrappedKey,
    place: String,
}

/// The right to send one refresh request until the deadline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// The consent.
    pub key: RecordKey,
    /// The attempt.
    pub id: AttemptId,
    /// The generation of the current tokens.
    pub generation: i64,
    /// When the sender closes the connection, by its own clock.
    pub deadline: UnixTime,
    /// How many earlier attempts with the same tokens got no response.
    pub unanswered: i64,
    pub(crate) institution: String,
    pub(crate) place: String,
}

/// Why tokens are needed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Want {
    /// For a call: tokens that have not expired are enough.
    Valid,
    /// For a call, after the tokens of this generation were refused, or are bound to a key that the
    /// caller does not have.
    NewerThan(i64),
    /// New tokens, whatever the current ones are: the refresh token is kept alive.
    Refreshed,
    /// To complete a consent that is pending verification: first tokens that have not expired are
    /// enough.
    Unfinished,
}

/// What a process may do with a consent's tokens now.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Begun {
    /// Send one refresh request with these tokens. The intent is stored.
    Attempt(Attempt, StoredTokens),
    /// Use these tokens.
    Usable(StoredTokens),
    /// Verify these tokens of a refresh before anything else.
    Unverified(StoredTokens),
    /// Another process refreshes: look again at this time.
    Wait {
        /// When its deadline has passed for every clock.
        until: UnixTime,
        /// The generation of the tokens that it replaces.
        generation: i64,
    },
    /// Earlier failures: try again at this time.
    Later {
        /// When.
        until: UnixTime,
        /// What failed last.
        reason: Option<String>,
    },
    /// Nothing is refreshed until an operator resumes.
    Paused {
        /// Why.
        reason: String,
    },
    /// The consent is pending verification. If that was wanted, its tokens have not expired.
    Unfinished,
    /// The consent has no usable tokens.
    Ended {
        /// Its state.
        state: ConsentState,
        /// Why, with the institution's words.
        reason: Option<String>,
    },
    /// The store has no such consent.
    NotFound,
}

/// Reads a consent's tokens, and begins an attempt to refresh them if that is needed and possible.
pub fn begin_attempt(
    key: RecordKey,
    want: Want,
    id: AttemptId,
    policy: RefreshPolicy,
    now: UnixTime,
) -> Operation<BeginAttempt> {
    Operation::new(BeginAttempt { key, want, id, policy, now, begun: None })
}

/// The decision of [`begin_attempt`].
#[derive(Clone, Debug)]
pub struct BeginAttempt {
    key: RecordKey,
    want: Want,
    id: AttemptId,
    policy: RefreshPolicy,
    now: UnixTime,
    /// The attempt whose intent is being stored.
    begun: Option<Begun>,
}

impl Decision for BeginAttempt {
    type Output = Begun;

    fn first(&mut self) -> Vec<Statement> {
        let tenant = self.key.tenant.as_str();
        let [tokens, key] = AllTokens::select(&self.key);
        vec![
            Row::select(&self.key),
            tokens,
            key,
            Statement::new("SELECT value FROM fdx_meta WHERE name = $1").with("paused"),
            Statement::new(
                "SELECT institution, reason FROM fdx_institutions \
                 WHERE tenant = $1 AND paused_at >= 0",
            )
            .with(tenant),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Begun>, StoreError> {
        if let Some(begun) = self.begun.take() {
            let stored = results.first().is_some_and(Rows::changed_one);
            return Ok(if stored { Turn::Commit(begun) } else { Turn::Restart });
        }
        let Ok([row, tokens, key, paused, institutions]) = <[Rows; 5]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        let Some(row) = Row::read(row)? else { return Ok(Turn::Commit(Begun::NotFound)) };
        let unfinished = row.state == ConsentState::PendingVerification;
        match self.want {
            Want::Unfinished if unfinished => {}
            Want::Unfinished => {
                return Ok(Turn::Commit(Begun::Ended { state: row.state, reason: row.reason }));
            }
            _ if unfinished => return Ok(Turn::Commit(Begun::Unfinished)),
            _ if row.state.is_alive() => {}
            _ => return Ok(Turn::Commit(Begun::Ended { state: row.state, reason: row.reason })),
        }
        let all = AllTokens::read(tokens, key)?;
        let Some(current) = all.current() else {
            return Ok(Turn::Commit(Begun::Ended { state: ConsentState::Erased, reason: None }));
        };
        // The commit of an earlier run of this operation had an unknown outcome.
        if let Some((attempt, deadline)) = &row.attempt
            && *attempt == self.id.0
        {
            let (deadline, tokens) = (*deadline, self.candidate(&row, &all).unwrap_or(current));
            return Ok(Turn::Commit(self.attempt(&row, deadline, row.unanswered, tokens)));
        }
        // A token that is kept alive needs no verification: it would expire while the keys of the
        // institution can't be fetched.
        if !row.verified && !unfinished && self.want != Want::Refreshed {
            return Ok(Turn::Commit(Begun::Unverified(current.tokens.clone())));
        }
        if self.is_usable(&row) {
            return Ok(Turn::Commit(match unfinished {
                true => Begun::Unfinished,
                false => Begun::Usable(current.tokens.clone()),
            }));
        }
        if let Some(reason) = paused_because(paused, institutions, &row.institution)? {
            return Ok(Turn::Commit(Begun::Paused { reason }));
        }
        let mut unanswered = row.unanswered;
        if let Some((_, deadline)) = &row.attempt {
            // check: ClockSkew, weakened to *deadline
            let until = *deadline + self.policy.clock_skew;
            // check: OneRequest
            if self.now <= until {
                let generation = row.generation;
                return Ok(Turn::Commit(Begun::Wait { until, generation }));
            }
            unanswered += 1;
        }
        if let Some(until) = row.not_before.filter(|until| self.pauses(*until)) {
            return Ok(Turn::Commit(Begun::Later { until, reason: row.reason }));
        }
        let row = Row { unanswered, ..row };
        let tokens = self.candidate(&row, &all).unwrap_or(current);
        let usual = self.now + self.policy.deadline;
        let repeat = self.repeat_until(&row).filter(|_| tokens.tokens.place == CURRENT);
        let deadline = repeat.unwrap_or(usual);
        let since = row.unanswered_since.unwrap_or(self.now);
        // If this process ends, a keeper takes over at the first possible time, although the consent was
        // not due: otherwise nothing repeats the request before the institution's window closes.
        let takeover = deadline + self.policy.clock_skew + TAKEOVER;
        let statement = Statement::new(
            "UPDATE fdx_consents SET attempt = $1, deadline = $2, unanswered = $3, \
             unanswered_since = $4, not_before = NULL, due_at = $5 \
             WHERE tenant = $6 AND id = $7 AND generation = $8",
        )
        .with(self.id.as_str())
        .with_time(deadline)
        .with(unanswered)
        .with_time(since)
        .with_time(takeover)
        .with_key(&self.key)
        .with(row.generation);
        self.begun = Some(self.attempt(&row, deadline, unanswered, tokens));
        Ok(Turn::Run(vec![statement]))
    }
}

impl BeginAttempt {
    fn attempt(&self, row: &Row, deadline: UnixTime, unanswered: i64, tokens: &Placed) -> Begun {
        let attempt = Attempt {
            key: self.key.clone(),
            id: self.id.clone(),
            generation: row.generation,
            deadline,
            unanswered,
            institution: row.institution.clone(),
            place: tokens.tokens.place.clone(),
        };
        Begun::Attempt(attempt, tokens.tokens.clone())
    }

    fn is_usable(&self, row: &Row) -> bool {
        let margin = self.now + self.policy.access_margin;
        let expired = row.access_expires_at.is_some_and(|at| at <= margin);
        match self.want {
            Want::Valid | Want::Unfinished => !expired,
            Want::NewerThan(generation) => row.generation > generation && !expired,
            Want::Refreshed => false,
        }
    }

    /// Whether a pause lasts until this time. A longer one was stored by a clock that was ahead.
    fn pauses(&self, until: UnixTime) -> bool {
        let longest = self.policy.longest_pause.max(LONGEST_RETRY_AFTER);
        self.now < until && until.since(self.now) <= longest + self.policy.clock_skew
    }

    /// Until when the current tokens may be repeated, after a request with them got no response.
    fn repeat_until(&self, row: &Row) -> Option<UnixTime> {
        let since = row.unanswered_since.filter(|_| row.unanswered > 0)?;
        self.policy.repeat_until(since, self.now)
    }

    /// The tokens to send: usually the current ones.
    ///
    /// If a request with them got no response, the institution may have replaced them. Then they are
    /// repeated while the institution accepts that, and afterwards a successor that is known is better.
    /// After a refusal of the current ones, a successor that was not refused.
    fn candidate<'a>(&self, row: &Row, all: &'a AllTokens) -> Option<&'a Placed> {
        let current = all.current()?;
        let successor = all.newest_successor();
        let repeats = row.unanswered == 0 || self.repeat_until(row).is_some();
        match successor {
            Some(successor) if current.refused || !repeats => Some(successor),
            _ => Some(current),
        }
    }
}

/// All tokens of a consent, the oldest first.
pub(crate) struct AllTokens(Vec<Placed>);

struct Placed {
    tokens: StoredTokens,
    /// Whether the institution refused them.
    refused: bool,
}

impl AllTokens {
    pub(crate) fn select(key: &RecordKey) -> [Statement; 2] {
        [
            Statement::new(
                "SELECT place, generation, sealed, refused_at FROM fdx_tokens \
                 WHERE tenant = $1 AND consent = $2 ORDER BY stored_at, place",
            )
            .with_key(key),
            keys::select(key.tenant.as_str(), key.id.as_str()),
        ]
    }

    pub(crate) fn read(tokens: Rows, key: Rows) -> Result<Self, StoreError> {
        let Some(wrapped_key) = keys::read(key)? else { return Ok(Self(Vec::new())) };
        let read = |mut row: crate::sql::statement::RowReader| {
            Ok(Placed {
                tokens: StoredTokens {
                    place: row.next()?,
                    generation: row.next()?,
                    sealed: row.next()?,
                    wrapped_key: wrapped_key.clone(),
                },
                refused: row.optional_time()?.is_some(),
            })
        };
        tokens.readers().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The current ones, then the others.
    pub(crate) fn current_first(mut self) -> Vec<StoredTokens> {
        self.0.sort_by_key(|placed| placed.tokens.place != CURRENT);
        self.0.into_iter().map(|placed| placed.tokens).collect()
    }

    /// The current ones only.
    pub(crate) fn into_current(self) -> Option<StoredTokens> {
        self.0.into_iter().map(|placed| placed.tokens).find(|tokens| tokens.place == CURRENT)
    }

    fn current(&self) -> Option<&Placed> {
        self.0.iter().find(|placed| placed.tokens.place == CURRENT)
    }

    /// The newest response that lost a comparison and was not refused.
    fn newest_successor(&self) -> Option<&Placed> {
        self.0.iter().rfind(|placed| placed.tokens.place != CURRENT && !placed.refused)
    }
}

/// Why nothing at this institution is refreshed.
fn paused_because(
    paused: Rows,
    institutions: Rows,
    institution: &str,
) -> Result<Option<String>, StoreError> {
    if let Some(mut row) = paused.reader() {
        return row.next().map(Some);
    }
    for mut row in institutions.readers() {
        let (name, reason): (String, Option<String>) = (row.next()?, row.optional()?);
        if name == institution {
            return Ok(Some(reason.unwrap_or_default()));
        }
    }
    Ok(None)
}

impl fmt::Debug for StoredTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredTokens")
            .field("generation", &self.generation)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
