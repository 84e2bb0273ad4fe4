//! A row of the store for `--json`.

use fdx_store::consents::ConsentRow;
use fdx_wire::UnixTime;
use serde::Serialize;

/// What is printed of a consent. Times are RFC 3339.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    id: &'a str,
    customer: &'a str,
    institution: &'a str,
    client_id: &'a str,
    dialect: Option<&'a str>,
    consent_id: Option<&'a str>,
    state: &'static str,
    state_since: String,
    reason: Option<&'a str>,
    renews: Option<&'a str>,
    superseded_by: Option<&'a str>,
    generation: i64,
    access_expires_at: Option<String>,
    refresh_expires_at: Option<String>,
    consent_expires_at: Option<String>,
    refreshed_at: String,
    failures: i64,
    due_at: Option<String>,
    created_at: String,
}

impl<'a> Row<'a> {
    pub(super) fn new(row: &'a ConsentRow) -> Self {
        let time = |time: Option<UnixTime>| time.map(UnixTime::to_rfc3339);
        Self {
            id: row.id.as_str(),
            customer: &row.customer,
            institution: &row.institution,
            client_id: &row.client_id,
            dialect: row.dialect.as_deref(),
            consent_id: row.consent_id.as_deref(),
            state: row.state.name(),
            state_since: row.state_since.to_rfc3339(),
            reason: row.reason.as_deref(),
            renews: row.renews.as_ref().map(|id| id.as_str()),
            superseded_by: row.superseded_by.as_ref().map(|id| id.as_str()),
            generation: row.generation,
            access_expires_at: time(row.access_expires_at),
            refresh_expires_at: time(row.refresh_expires_at),
            consent_expires_at: time(row.consent_expires_at),
            refreshed_at: row.refreshed_at.to_rfc3339(),
            failures: row.failures,
            due_at: time(row.due_at),
            created_at: row.created_at.to_rfc3339(),
        }
    }
}
