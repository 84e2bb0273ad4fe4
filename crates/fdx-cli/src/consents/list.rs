//! `fdx consents list`.

use fdx_store::Tenant;
use fdx_store::consents::{ConsentRow, Filter, list_consents};
use serde::Serialize;

use crate::args::stored::ListArgs;
use crate::consents::rows::Row;
use crate::error::Failure;
use crate::print::{TEXT, Table, cut, message, pretty, printable, result};
use crate::store::Store;

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    consents: Vec<Row<'a>>,
    /// Whether there are more than `--limit`.
    more: bool,
}

/// How many rows one transaction reads.
const PAGE: u16 = 500;

pub(super) fn run(args: &ListArgs) -> Result<(), Failure> {
    let store = Store::open(args.store.store.as_deref())?;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    // One more than asked: whether there are more.
    let mut found = read(&store, &filter(args), limit.saturating_add(1))?;
    let more = found.len() > limit;
    found.truncate(limit);
    if args.store.json {
        let consents = found.iter().map(Row::new).collect();
        result(&pretty(&Report { consents, more }));
        return Ok(());
    }
    match found.is_empty() {
        true => message("The store has no such consents"),
        false => result(&text(&found)),
    }
    if more {
        message("There are more: raise --limit, or choose by --customer or --state");
    }
    Ok(())
}

fn filter(args: &ListArgs) -> Filter {
    match (&args.customer, args.state, &args.institution) {
        (Some(customer), ..) => Filter::Customer(customer.clone()),
        (None, Some(state), Some(institution)) => Filter::Institution(institution.clone(), state),
        (None, Some(state), None) => Filter::State(state),
        (None, None, _) => Filter::All,
    }
}

/// Reads the first consents, page by page.
fn read(store: &Store, filter: &Filter, limit: usize) -> Result<Vec<ConsentRow>, Failure> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.run(list_consents(Tenant::default(), filter.clone(), after, PAGE))?;
        found.extend(page.consents);
        match page.next.filter(|_| found.len() < limit) {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Two lines for each consent, so that ids and customers of any usual length fit the terminal.
fn text(found: &[ConsentRow]) -> String {
    const INDENT: &str = "    ";
    let mut table = Table::new(&["id", "state", "expires"]);
    for row in found {
        let expires = row.consent_expires_at.map(|time| date(&time.to_rfc3339()));
        table.row([
            row.id.as_str().to_owned(),
            row.state.name().to_owned(),
            expires.unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    let table = table.to_string();
    let mut rows = table.lines();
    let heading = rows.next().map(|heading| format!("{heading}\n{INDENT}customer, institution"));
    let rows = rows.zip(found).map(|(line, row)| {
        let about = format!("{}, {}", printable(&row.customer), printable(&row.institution));
        format!("{line}\n{INDENT}{}", cut(&about, TEXT - INDENT.len()))
    });
    heading.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// The date of an RFC 3339 time.
fn date(time: &str) -> String {
    time.chars().take_while(|char| *char != 'T').collect()
}
