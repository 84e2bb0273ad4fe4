use fdx_rar::{PartyType, RevocationReason};
use fdx_wire::UnixTime;

use crate::receipts::{Cause, PartOutcome, Revocation, RevokedBy};
use crate::record::id::RecordKey;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// A part of a consent that a revocation ends, in the order of their ends.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Part {
    /// The consent at the institution's consent API.
    ConsentApi,
    /// The refresh token.
    RefreshToken,
    /// The access token.
    AccessToken,
}

/// A revocation, with the outcome of each part that has one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct StoredRevocation {
    /// Its id: the cause of its receipt.
    pub cause: Cause,
    /// Who revokes, why, and the outcomes. A part without an outcome is still to do.
    pub revocation: Revocation,
    /// How often a part got no usable response.
    pub failures: u32,
    /// When it began.
    pub begun_at: UnixTime,
    /// When the last part had an outcome and the receipt was written.
    pub ended_at: Option<UnixTime>,
}

impl StoredRevocation {
    /// The first part that is still to do.
    #[must_use]
    pub fn next_part(&self) -> Option<Part> {
        let Revocation { consent_api, refresh_token, access_token, .. } = &self.revocation;
        match (consent_api, refresh_token, access_token) {
            _ if self.ended_at.is_some() => None,
            (None, ..) => Some(Part::ConsentApi),
            (_, None, _) => Some(Part::RefreshToken),
            (.., None) => Some(Part::AccessToken),
            _ => None,
        }
    }

    /// The outcome of a part.
    pub(crate) fn outcome(&mut self, part: Part) -> &mut Option<PartOutcome> {
        match part {
            Part::ConsentApi => &mut self.revocation.consent_api,
            Part::RefreshToken => &mut self.revocation.refresh_token,
            Part::AccessToken => &mut self.revocation.access_token,
        }
    }

    pub(crate) fn select(key: &RecordKey) -> Statement {
        Statement::new(
            "SELECT cause, revoked_by, reason, initiator, consent_api, refresh_token, access_token, \
             failures, begun_at, ended_at FROM fdx_revocations WHERE tenant = $1 AND consent = $2",
        )
        .with_key(key)
    }

    pub(crate) fn read(rows: Rows) -> Result<Option<Self>, StoreError> {
        let Some(mut row) = rows.reader() else { return Ok(None) };
        let cause = Cause::new(row.next::<String>()?).map_err(|_| StoreError::UnexpectedRows)?;
        let mut revocation = Revocation::new(by_name(&BY, row.next()?)?);
        revocation.reason = row.optional::<String>()?.map(|it| RevocationReason::parse(&it));
        revocation.initiator = row.optional::<String>()?.map(|it| PartyType::parse(&it));
        let mut outcome = || row.optional()?.map(|name| by_name(&OUTCOMES, name)).transpose();
        revocation.consent_api = outcome()?;
        revocation.refresh_token = outcome()?;
        revocation.access_token = outcome()?;
        Ok(Some(Self {
            cause,
            revocation,
            failures: u32::try_from(row.next::<i64>()?).unwrap_or(u32::MAX),
            begun_at: row.time()?,
            ended_at: row.optional_time()?,
        }))
    }

    /// Inserts the revocation, unless the consent has one.
    pub(crate) fn insert(&self, key: &RecordKey) -> Statement {
        let Revocation { by, reason, initiator, consent_api, refresh_token, access_token } =
            &self.revocation;
        let name = |outcome: &Option<PartOutcome>| outcome.map(|it| name_of(&OUTCOMES, it));
        Statement::new(
            "INSERT INTO fdx_revocations (tenant, consent, cause, revoked_by, reason, initiator, \
             consent_api, refresh_token, access_token, failures, begun_at, ended_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (tenant, consent) DO NOTHING",
        )
        .with_key(key)
        .with(self.cause.as_str())
        .with(name_of(&BY, *by))
        .with(reason.as_ref().map(|it| it.as_str().to_owned()))
        .with(initiator.as_ref().map(|it| it.as_str().to_owned()))
        .with(name(consent_api))
        .with(name(refresh_token))
        .with(name(access_token))
        .with(i64::from(self.failures))
        .with_time(self.begun_at)
        .with_time(self.ended_at)
    }
}

impl Part {
    /// Stores the outcome of this part.
    pub(crate) fn update(self, key: &RecordKey, outcome: PartOutcome) -> Statement {
        match self {
            Self::ConsentApi => Statement::new(
                "UPDATE fdx_revocations SET consent_api = $1, failures = 0 \
                 WHERE tenant = $2 AND consent = $3",
            ),
            Self::RefreshToken => Statement::new(
                "UPDATE fdx_revocations SET refresh_token = $1, failures = 0 \
                 WHERE tenant = $2 AND consent = $3",
            ),
            Self::AccessToken => Statement::new(
                "UPDATE fdx_revocations SET access_token = $1, failures = 0 \
                 WHERE tenant = $2 AND consent = $3",
            ),
        }
        .with(name_of(&OUTCOMES, outcome))
        .with_key(key)
    }
}

/// The names in the database.
const BY: [(RevokedBy, &str); 3] = [
    (RevokedBy::Customer, "customer"),
    (RevokedBy::Recipient, "recipient"),
    (RevokedBy::Institution, "institution"),
];

const OUTCOMES: [(PartOutcome, &str); 8] = [
    (PartOutcome::Absent, "absent"),
    (PartOutcome::AlreadyEnded, "already_ended"),
    (PartOutcome::NoResponse, "no_response"),
    (PartOutcome::NotFound, "not_found"),
    (PartOutcome::Refused, "refused"),
    (PartOutcome::Requested, "requested"),
    (PartOutcome::Revoked, "revoked"),
    (PartOutcome::Unsupported, "unsupported"),
];

fn name_of<T: PartialEq>(names: &[(T, &'static str)], value: T) -> String {
    let found = names.iter().find(|(named, _)| *named == value);
    found.map_or("", |(_, name)| name).to_owned()
}

fn by_name<T: Copy>(names: &[(T, &'static str)], name: String) -> Result<T, StoreError> {
    let found = names.iter().find(|(_, named)| *named == name);
    found.map(|(value, _)| *value).ok_or(StoreError::UnexpectedRows)
}

/// Finds the revocation of a consent.
pub fn find_revocation(key: RecordKey) -> Operation<FindRevocation> {
    Operation::new(FindRevocation { key })
}

/// The decision of [`find_revocation`].
#[derive(Clone, Debug)]
pub struct FindRevocation {
    key: RecordKey,
}

impl Decision for FindRevocation {
    type Output = Option<StoredRevocation>;

    fn first(&mut self) -> Vec<Statement> {
        vec![StoredRevocation::select(&self.key)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Self::Output>, StoreError> {
        let rows = results.into_iter().next().ok_or(StoreError::UnexpectedRows)?;
        StoredRevocation::read(rows).map(Turn::Commit)
    }
}
