//! What is counted and logged of refreshes: bounded, and never a receipt.

use fdx_wire::UnixTime;

use super::begin::Attempt;
use super::row::Row;
use crate::sql::statement::Statement;

/// How many refreshes of a consent are kept.
const KEPT: i64 = 16;

const DAY: u64 = 24 * 60 * 60;

/// Logs the outcome of an attempt, over the oldest one.
pub(crate) fn logged(
    attempt: &Attempt,
    row: &Row,
    outcome: &str,
    said: Option<&str>,
    now: UnixTime,
) -> Statement {
    let place = row.generation.wrapping_add(i64::from(row.failures)).rem_euclid(KEPT);
    Statement::new(
        "INSERT INTO fdx_refreshes (tenant, consent, place, at, generation, outcome, said) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (tenant, consent, place) DO UPDATE SET at = excluded.at, \
         generation = excluded.generation, outcome = excluded.outcome, said = excluded.said",
    )
    .with_key(&attempt.key)
    .with(place)
    .with_time(now)
    .with(row.generation)
    .with(outcome)
    .with(said.map(str::to_owned))
}

/// Adds a refresh that was answered to the institution's counts of the day.
pub(crate) fn counted(attempt: &Attempt, refused: bool, now: UnixTime) -> Statement {
    Statement::new(
        "INSERT INTO fdx_institutions (tenant, institution, day, refreshes, refusals) \
         VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant, institution) DO UPDATE SET \
         refreshes = CASE WHEN fdx_institutions.day = excluded.day \
         THEN fdx_institutions.refreshes + excluded.refreshes ELSE excluded.refreshes END, \
         refusals = CASE WHEN fdx_institutions.day = excluded.day \
         THEN fdx_institutions.refusals + excluded.refusals ELSE excluded.refusals END, \
         day = excluded.day",
    )
    .with(attempt.key.tenant.as_str())
    .with(attempt.institution.as_str())
    .with(day(now))
    .with(1)
    .with(i64::from(refused))
}

/// The day since 1970.
pub(crate) fn day(now: UnixTime) -> i64 {
    i64::try_from(now.as_seconds() / DAY).unwrap_or(i64::MAX)
}
