use std::fmt;

use fdx_par::Granted;
use fdx_rar::{Coverage, GrantedCluster, Withheld};

use crate::json::{Pair, requested};

/// Scopes that are asked for beside the others.
const SETTINGS: [&str; 2] = ["offline_access", "openid"];

/// Rows under a heading, each column as wide as its widest cell.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, row) in self.rows.iter().enumerate() {
            let cells = row.iter().enumerate();
            let cells = cells.map(|(column, cell)| format!("{cell:<0$}", self.width(column)));
            let line = cells.collect::<Vec<_>>().join("  ");
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}  {}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Asked beside granted: data clusters, or scopes where nothing else was asked for.
pub(crate) fn asked(granted: &Granted) -> Table {
    if granted.asked().consent().is_some() {
        return coverage(granted);
    }
    let (asked, scopes) = (granted.asked().scopes(), granted.tokens().scopes());
    let mut table = Table::new(&["scope", "granted"]);
    for scope in asked.iter() {
        let granted = if scopes.contains(scope) { "granted" } else { "withheld" };
        table.row([printable(scope).as_str(), granted]);
    }
    // These two are a setting each.
    let unasked = |scope: &&str| !asked.contains(scope) && !SETTINGS.contains(scope);
    for scope in scopes.iter().filter(unasked) {
        table.row([printable(scope).as_str(), "granted (not asked for)"]);
    }
    table
}

/// A row for each pair that was asked for, or was granted unasked.
pub(crate) fn coverage(granted: &Granted) -> Table {
    let mut table = Table::new(&["resource", "data cluster", "granted on", "withheld"]);
    for pair in requested(granted) {
        let (on, withheld) = match granted.coverage() {
            Coverage::NotReported => ("the institution does not tell".to_owned(), String::new()),
            told => (resources(pair, told.granted()), withheld(pair, told.withheld())),
        };
        table.row([pair.resource_type.to_string(), pair.data_cluster.to_string(), on, withheld]);
    }
    for extra in granted.coverage().not_requested() {
        let GrantedCluster { resource_type, resource_id, data_cluster } = extra;
        table.row([
            resource_type.to_string(),
            data_cluster.to_string(),
            format!("{} (not asked for)", printable(resource_id)),
            String::new(),
        ]);
    }
    table
}

fn resources(pair: Pair<'_>, granted: &[GrantedCluster]) -> String {
    let of_pair = granted.iter().filter(|triple| {
        triple.resource_type == *pair.resource_type && triple.data_cluster == *pair.data_cluster
    });
    let ids: Vec<_> = of_pair.map(|triple| printable(&triple.resource_id)).collect();
    if ids.is_empty() { "-".to_owned() } else { ids.join(", ") }
}

fn withheld(pair: Pair<'_>, withheld: &[Withheld]) -> String {
    let of_pair: Vec<_> = withheld
        .iter()
        .filter(|it| {
            it.resource_type() == pair.resource_type && it.data_cluster() == pair.data_cluster
        })
        .collect();
    if of_pair.iter().any(|it| it.resource_id().is_none()) {
        return "withheld".to_owned();
    }
    let ids: Vec<_> = of_pair.iter().filter_map(|it| it.resource_id()).map(printable).collect();
    if ids.is_empty() { String::new() } else { format!("withheld on {}", ids.join(", ")) }
}

/// An institution's text as a terminal can bear it.
pub(crate) fn printable(text: &str) -> String {
    const MAX_CHARS: usize = 64;
    let mut printable: String =
        text.chars().take(MAX_CHARS).flat_map(char::escape_default).collect();
    if text.chars().count() > MAX_CHARS {
        printable.push_str("...");
    }
    if printable.is_empty() { "(unnamed)".to_owned() } else { printable }
}
