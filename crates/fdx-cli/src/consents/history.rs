//! `fdx consents history`.

use fdx_store::receipts::{ChainVerifier, Event, ReceiptEntry, Renewal, history};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::args::stored::OneArgs;
use crate::consents::chain::{PAGE, broken};
use crate::consents::show::word;
use crate::error::Failure;
use crate::print::{TEXT, Table, pretty, printable, result};
use crate::store::{Store, record, unknown};

/// The output of `--json`: the entries as they are stored.
#[derive(Serialize)]
struct Report {
    id: String,
    entries: Vec<Box<RawValue>>,
}

pub(super) fn run(args: &OneArgs) -> Result<(), Failure> {
    let store = Store::open(args.store.store.as_deref())?;
    let key = record(&args.id);
    let mut verifier = ChainVerifier::new(key.clone());
    let (mut entries, mut after) = (Vec::new(), Some(0));
    while let Some(number) = after {
        let page = store.run(history(key.clone(), number, PAGE))?;
        for stored in page.entries {
            entries.push(verifier.check_row(&stored).map_err(|error| broken(&error))?);
        }
        after = page.next;
    }
    // The receipts outlive the record.
    if entries.is_empty() && store.find(&args.id).is_err() {
        return Err(unknown(&args.id));
    }
    if args.store.json {
        let raw = |entry: &ReceiptEntry| RawValue::from_string(entry.canonical_json().to_owned());
        let entries = entries.iter().filter_map(|entry| raw(entry).ok()).collect();
        result(&pretty(&Report { id: args.id.to_string(), entries }));
        return Ok(());
    }
    let mut table = Table::new(&["no", "time", "event", "details"]);
    for entry in &entries {
        let (number, time) = (entry.sequence().to_string(), entry.at().to_rfc3339());
        let event = entry.event();
        table.row([number, time, event.kind().to_owned(), details(event)]);
    }
    result(&table.within(TEXT, 3).to_string());
    Ok(())
}

fn details(event: &Event) -> String {
    match event {
        Event::Granted { receipt } => {
            let resources = receipt.granted().map(<[_]>::len);
            match resources {
                Some(count) => format!("{count} resources"),
                None => "not reported".to_owned(),
            }
        }
        Event::Renewed { link: Renewal::Renews(id), .. } => format!("renews {id}"),
        Event::Renewed { link: Renewal::RenewedBy(id), .. } => format!("renewed by {id}"),
        Event::Narrowed { receipt, .. } => {
            format!("{} resources are left", receipt.granted().map_or(0, <[_]>::len))
        }
        Event::Changed(change) => {
            let status = change.status.as_ref().map(|status| status.as_str());
            let expiration = change.expiration.as_ref().map(|time| time.as_str());
            let both = [status, expiration].into_iter().flatten().map(printable);
            both.collect::<Vec<_>>().join(", ")
        }
        Event::Revoked(revocation) => {
            let parts = [
                ("consent API", revocation.consent_api),
                ("refresh token", revocation.refresh_token),
                ("access token", revocation.access_token),
            ];
            let parts = parts.into_iter().filter_map(|(part, outcome)| {
                outcome.map(|outcome| format!("{part} {}", word(outcome)))
            });
            let by = format!("by the {}", word(revocation.by));
            [by].into_iter().chain(parts).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}
