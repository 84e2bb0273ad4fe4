use fdx_wire::UnixTime;

use crate::record::id::Tenant;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// What is paused: nothing of it is refreshed or renewed.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Place {
    /// Every consent in the database.
    All,
    /// The consents of a tenant at an institution.
    Institution(Tenant, String),
}

/// Pauses all refreshes, or those at one institution, until an operator resumes. `reason` is shown
/// with each consent that waits.
pub fn pause(
    institution: Option<(Tenant, String)>,
    reason: impl Into<String>,
    now: UnixTime,
) -> Operation<Pause> {
    Operation::new(Pause { place: Place::of(institution), reason: reason.into(), now })
}

/// Resumes what [`pause`] paused, or what was paused because refusals exceeded the baseline.
pub fn resume(institution: Option<(Tenant, String)>) -> Operation<Resume> {
    Operation::new(Resume { place: Place::of(institution) })
}

/// The decision of [`pause`].
#[derive(Clone, Debug)]
pub struct Pause {
    place: Place,
    reason: String,
    now: UnixTime,
}

/// The decision of [`resume`].
#[derive(Clone, Debug)]
pub struct Resume {
    place: Place,
}

impl Place {
    fn of(institution: Option<(Tenant, String)>) -> Self {
        institution
            .map_or(Self::All, |(tenant, institution)| Self::Institution(tenant, institution))
    }
}

impl Decision for Pause {
    type Output = ();

    fn first(&mut self) -> Vec<Statement> {
        vec![match &self.place {
            Place::All => Statement::new(
                "INSERT INTO fdx_meta (name, value) VALUES ('paused', $1) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            .with(self.reason.as_str()),
            Place::Institution(tenant, institution) => Statement::new(
                "INSERT INTO fdx_institutions (tenant, institution, paused_at, reason, day, \
                 refreshes, refusals) VALUES ($1, $2, $3, $4, 0, 0, 0) \
                 ON CONFLICT (tenant, institution) DO UPDATE SET \
                 paused_at = excluded.paused_at, reason = excluded.reason",
            )
            .with(tenant.as_str())
            .with(institution.as_str())
            .with_time(self.now)
            .with(self.reason.as_str()),
        }]
    }

    fn next(&mut self, _: Vec<Rows>) -> Result<Turn<()>, StoreError> {
        Ok(Turn::Commit(()))
    }
}

impl Decision for Resume {
    type Output = ();

    fn first(&mut self) -> Vec<Statement> {
        vec![match &self.place {
            Place::All => Statement::new("DELETE FROM fdx_meta WHERE name = 'paused'"),
            // The refusals of the day are forgotten, or the next one would pause it again.
            Place::Institution(tenant, institution) => Statement::new(
                "UPDATE fdx_institutions SET paused_at = NULL, reason = NULL, refreshes = 0, \
                 refusals = 0 WHERE tenant = $1 AND institution = $2",
            )
            .with(tenant.as_str())
            .with(institution.as_str()),
        }]
    }

    fn next(&mut self, _: Vec<Rows>) -> Result<Turn<()>, StoreError> {
        Ok(Turn::Commit(()))
    }
}
