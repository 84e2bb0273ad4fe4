//! `fdx consents show`.

use fdx_rar::ConsentReceipt;
use fdx_store::consents::ConsentRow;
use fdx_store::revocation::{StoredRevocation, find_revocation};
use fdx_wire::UnixTime;
use serde::Serialize;

use crate::args::stored::OneArgs;
use crate::consent::receipt_text;
use crate::consents::rows::Row;
use crate::error::Failure;
use crate::print::{entry, pretty, printable, result};
use crate::store::{Store, record};

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    revocation: Option<&'a fdx_store::receipts::Revocation>,
    /// The last receipt of a grant.
    receipt: Option<&'a ConsentReceipt>,
}

pub(super) fn run(args: &OneArgs) -> Result<(), Failure> {
    let store = Store::open(args.store.store.as_deref())?;
    let row = store.find(&args.id)?;
    let revocation = store.run(find_revocation(record(&args.id)))?;
    let receipt = store.receipt(&row)?;
    if args.store.json {
        let revocation = revocation.as_ref().map(|stored| &stored.revocation);
        let report = Report { row: Row::new(&row), revocation, receipt: receipt.as_ref() };
        result(&pretty(&report));
        return Ok(());
    }
    result(&text(&row));
    if let Some(stored) = &revocation {
        result(&revocation_text(stored));
    }
    match &receipt {
        Some(receipt) => result(&format!("\nReceipt\n{}", receipt_text(receipt))),
        None => result("\nNo receipt: what was granted is not known"),
    }
    Ok(())
}

fn text(row: &ConsentRow) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| entry(name, &value)));
    };
    let time = |time: Option<UnixTime>| time.map(UnixTime::to_rfc3339);
    let id = |id: &fdx_store::RecordId| id.as_str().to_owned();
    line("record", Some(id(&row.id)));
    line("state", Some(format!("{}, since {}", row.state, row.state_since.to_rfc3339())));
    line("reason", row.reason.as_deref().map(printable));
    line("customer", Some(printable(&row.customer)));
    line("subject", row.subject.as_deref().map(printable));
    line("institution", Some(printable(&row.institution)));
    line("client", Some(printable(&row.client_id)));
    line("dialect", row.dialect.as_deref().map(printable));
    line("consent", row.consent_id.as_deref().map(printable));
    line("renews", row.renews.as_ref().map(id));
    line("superseded", row.superseded_by.as_ref().map(|by| format!("possibly, by {by}")));
    let refreshed = row.refreshed_at.to_rfc3339();
    line("tokens", Some(format!("generation {}, since {refreshed}", row.generation)));
    line("access until", time(row.access_expires_at));
    line("refresh until", time(row.refresh_expires_at));
    line("expires", time(row.consent_expires_at));
    line("failures", (row.failures > 0).then(|| format!("{} in a row", row.failures)));
    line("due", time(row.due_at));
    line("stored", Some(row.created_at.to_rfc3339()));
    lines.join("\n")
}

/// Who ended the consent, and the outcome of each part.
pub(super) fn revocation_text(stored: &StoredRevocation) -> String {
    let outcome = |name: &str, outcome: Option<fdx_store::receipts::PartOutcome>| {
        let outcome = outcome.map_or("not done yet".to_owned(), word);
        entry(name, &outcome)
    };
    let revocation = &stored.revocation;
    [
        "\nRevocation".to_owned(),
        entry("by", &word(revocation.by)),
        outcome("consent API", revocation.consent_api),
        outcome("refresh token", revocation.refresh_token),
        outcome("access token", revocation.access_token),
    ]
    .join("\n")
}

/// A name as it is in JSON.
pub(super) fn word(name: impl Serialize) -> String {
    let name = serde_json::to_value(name).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}
