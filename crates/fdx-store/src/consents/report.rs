use fdx_rar::{ConsentGrant, ConsentReceipt, ConsentStatus, Timestamp};
use fdx_wire::UnixTime;

use super::recording::Recording;
use crate::receipts::{
    Cause, Event, InstitutionChange, PartOutcome, ReceiptDraft, ReceiptEntry, Revocation, RevokedBy,
};
use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::refresh::policy::RefreshPolicy;
use crate::refresh::row::Row;
use crate::revocation::StoredRevocation;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{RowReader, Rows, Statement};

/// What the report of an institution changes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reported {
    /// Nothing. An institution that reports more than before changes nothing either: the receipt of the
    /// grant has what the customer was asked for.
    Unchanged,
    /// This event, which has a receipt now: the consent was narrowed, it was revoked at the institution,
    /// it has expired, or its expiration or status changed.
    Recorded(Box<Event>),
    /// The consent had ended here before.
    Ended {
        /// Its state.
        state: ConsentState,
    },
    /// The store has no such consent.
    NotFound,
}

/// Records what an institution reports about a consent: compares `grant` with the last receipt, and
/// writes the difference.
///
/// The state becomes `revoked` or `expired` if the status says so, and `narrowed` if something of an
/// active consent is gone. `cause` is the id of the read.
pub fn report_consent(
    key: RecordKey,
    grant: ConsentGrant,
    cause: Cause,
    policy: RefreshPolicy,
    now: UnixTime,
) -> Operation<ReportConsent> {
    let grant = Box::new(grant);
    Operation::new(ReportConsent { key, grant, cause, policy, now, recording: None })
}

/// The decision of [`report_consent`].
#[derive(Clone, Debug)]
pub struct ReportConsent {
    key: RecordKey,
    grant: Box<ConsentGrant>,
    cause: Cause,
    policy: RefreshPolicy,
    now: UnixTime,
    recording: Option<(Recording, Box<Event>)>,
}

/// What the comparison needs of a consent, besides its [`Row`].
struct Known {
    /// The last receipt of a grant.
    receipt: Option<ConsentReceipt>,
    due_at: Option<UnixTime>,
    /// Whether the institution reported less than it granted first.
    narrowed: bool,
    /// The last status that the institution reported in place of an active one.
    status: Option<ConsentStatus>,
}

/// The columns that a report can change of a consent that goes on.
struct Columns {
    state: ConsentState,
    access: Option<String>,
    consent_expires_at: Option<UnixTime>,
    due_at: Option<UnixTime>,
}

impl Decision for ReportConsent {
    type Output = Reported;

    fn first(&mut self) -> Vec<Statement> {
        vec![
            Row::select(&self.key),
            Statement::new("SELECT access, due_at FROM fdx_consents WHERE tenant = $1 AND id = $2")
                .with_key(&self.key),
            Statement::new(
                "SELECT entry FROM fdx_receipts WHERE tenant = $1 AND consent = $2 AND cause = $3",
            )
            .with_key(&self.key)
            .with(self.cause.as_str()),
            Statement::new(
                "SELECT entry FROM fdx_receipts WHERE tenant = $1 AND consent = $2 AND kind = $3 \
                 ORDER BY sequence DESC LIMIT 8",
            )
            .with_key(&self.key)
            .with("changed"),
            Row::narrowings(&self.key),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Reported>, StoreError> {
        if let Some((recording, event)) = &mut self.recording {
            return recording.turn(results, Reported::Recorded(event.clone()));
        }
        let Ok([row, known, same, changes, narrowings]) = <[Rows; 5]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        let Some(row) = Row::read(row)? else { return Ok(Turn::Commit(Reported::NotFound)) };
        // The commit of an earlier run of this operation had an unknown outcome.
        if let Some(event) = events(same)?.pop() {
            return Ok(Turn::Commit(Reported::Recorded(Box::new(event))));
        }
        if row.state.has_ended() {
            return Ok(Turn::Commit(Reported::Ended { state: row.state }));
        }
        let known = Known::read(known, changes, narrowings)?;
        let Some((event, statements)) = self.compared(&row, &known) else {
            return Ok(Turn::Commit(Reported::Unchanged));
        };
        let draft = ReceiptDraft::new(self.now, self.cause.clone(), event.clone());
        let recording = Recording::new(self.key.clone(), draft, statements);
        let reads = recording.reads();
        self.recording = Some((recording, Box::new(event)));
        Ok(Turn::Run(reads))
    }
}

impl ReportConsent {
    fn compared(&self, row: &Row, known: &Known) -> Option<(Event, Vec<Statement>)> {
        match self.grant.status() {
            Some(ConsentStatus::Revoked) => {
                let mut revocation = Revocation::new(RevokedBy::Institution);
                revocation.consent_api = Some(PartOutcome::AlreadyEnded);
                let stored = StoredRevocation {
                    cause: self.cause.clone(),
                    revocation: revocation.clone(),
                    failures: 0,
                    begun_at: self.now,
                    ended_at: Some(self.now),
                };
                let ended = row.ended(&self.key, ConsentState::Revoked, None, None, self.now);
                let statements = vec![ended, stored.insert(&self.key)];
                return Some((Event::Revoked(revocation), statements));
            }
            Some(ConsentStatus::Expired) => {
                let ended = row.ended(&self.key, ConsentState::Expired, None, None, self.now);
                return Some((Event::Expired {}, vec![ended]));
            }
            _ => {}
        }
        let mut columns = Columns {
            state: row.state,
            access: known.receipt.as_ref().map(ConsentReceipt::canonical_json),
            consent_expires_at: row.consent_expires_at,
            due_at: known.due_at,
        };
        let change = self.change(row, known, &mut columns);
        let event = match &known.receipt {
            Some(earlier) => {
                let later = earlier.reported_again(&self.grant, self.now);
                columns.access = Some(later.canonical_json());
                match Event::narrowed(earlier, later) {
                    Event::Narrowed { receipt, difference } if !difference.is_empty() => {
                        if columns.state == ConsentState::Active {
                            columns.state = ConsentState::Narrowed;
                        }
                        Some(Event::Narrowed { receipt, difference })
                    }
                    _ => change.map(Event::Changed),
                }
            }
            None => change.map(Event::Changed),
        };
        event.map(|event| (event, vec![self.update(row, columns)]))
    }

    /// Another expiration or status.
    fn change(&self, row: &Row, known: &Known, columns: &mut Columns) -> Option<InstitutionChange> {
        let mut change = InstitutionChange::default();
        let expires_at = match &known.receipt {
            Some(earlier) => earlier.reported_again(&self.grant, self.now).expiration().time(),
            None => self.grant.expiration_time().and_then(Timestamp::time),
        };
        if let Some(at) = expires_at.filter(|at| Some(*at) != row.consent_expires_at) {
            columns.consent_expires_at = Some(at);
            let (id, policy) = (&self.key.id, &self.policy);
            if columns.state == ConsentState::RenewalDue {
                columns.state = policy.alive_state(id, Some(at), known.narrowed, self.now);
            }
            let elapses = policy.elapses_at(id, Some(at), self.now);
            columns.due_at =
                columns.due_at.map(|before| elapses.map_or(before, |at| at.min(before)));
            let stated = self.grant.expiration_time().cloned();
            change.expiration = Some(stated.unwrap_or_else(|| Timestamp::from(at)));
        }
        if let Some(status) = self.grant.status() {
            let before = known.status.as_ref().unwrap_or(&ConsentStatus::Active);
            if status != before {
                change.status = Some(status.clone());
            }
        }
        (change != InstitutionChange::default()).then_some(change)
    }

    fn update(&self, row: &Row, columns: Columns) -> Statement {
        let since = if columns.state == row.state { row.state_since } else { self.now };
        Statement::new(
            "UPDATE fdx_consents SET state = $1, state_since = $2, access = $3, \
             consent_expires_at = $4, due_at = $5 \
             WHERE tenant = $6 AND id = $7 AND state = $8 AND generation = $9",
        )
        .with(columns.state.name())
        .with_time(since)
        .with(columns.access)
        .with_time(columns.consent_expires_at)
        .with_time(columns.due_at)
        .with_key(&self.key)
        .with(row.state.name())
        .with(row.generation)
    }
}

impl Known {
    fn read(rows: Rows, changes: Rows, narrowings: Rows) -> Result<Self, StoreError> {
        let mut row: RowReader = rows.reader().ok_or(StoreError::UnexpectedRows)?;
        let access: Option<String> = row.optional()?;
        let changes = events(changes)?;
        let status = changes.into_iter().find_map(|event| match event {
            Event::Changed(change) => change.status,
            _ => None,
        });
        Ok(Self {
            receipt: access.and_then(|json| ConsentReceipt::from_json(json).ok()),
            due_at: row.optional_time()?,
            narrowed: Row::is_narrowed(narrowings)?,
            status,
        })
    }
}

fn events(rows: Rows) -> Result<Vec<Event>, StoreError> {
    let read = |mut row: RowReader| {
        let entry = ReceiptEntry::from_json(&row.next::<String>()?);
        entry.map(|entry| entry.event().clone()).map_err(|_| StoreError::UnexpectedRows)
    };
    rows.readers().map(read).collect()
}
