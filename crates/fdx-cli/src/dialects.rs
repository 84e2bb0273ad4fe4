//! `fdx dialects`: lists the providers that deviate from FAPI 2.0.

use fdx_par::Dialect;
use fdx_par::dialect::{self, ALL, Evidence, Need};
use serde::Serialize;

use crate::args::DialectsArgs;
use crate::dialect::{name, setting};
use crate::print::{Table, hanging, pretty, result};

/// One dialect in the list, for `--json`.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    provider: &'static str,
    members: usize,
    fapi: bool,
    evidence: &'static str,
}

/// How a dialect is known, for `--json`.
#[derive(Serialize)]
struct Known {
    /// `run`, `documents` or `standards`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'static str>,
}

/// One dialect in full, for `--json`.
#[derive(Serialize)]
struct Document {
    name: &'static str,
    provider: &'static str,
    fapi: bool,
    evidence: Known,
    discovery: &'static str,
    members: Vec<Member>,
    /// Members that are off by default.
    options: Vec<Member>,
    needs: Vec<&'static str>,
    notes: &'static [&'static str],
    refresh_token_lifetime_seconds: Option<u64>,
}

/// One deviation from FAPI 2.0.
#[derive(Serialize)]
pub(crate) struct Member {
    name: &'static str,
    clause: &'static str,
    source: &'static str,
}

pub(crate) fn run(args: &DialectsArgs) {
    match (args.name, args.json) {
        (None, false) => result(&all().to_string()),
        (None, true) => result(&pretty(&ALL.iter().map(Row::of).collect::<Vec<_>>())),
        (Some(dialect), false) => print_one(dialect),
        (Some(dialect), true) => result(&pretty(&Document::of(dialect))),
    }
}

pub(crate) fn members(dialect: Dialect) -> Vec<Member> {
    dialect.members().iter().map(Member::of).collect()
}

fn options(dialect: Dialect) -> Vec<Member> {
    dialect.options().iter().map(Member::of).collect()
}

/// The width of a list of dialects or members, in columns.
pub(crate) const WIDTH: usize = 100;

/// A table with one row for each member, and the sources below it.
pub(crate) fn members_table(dialect: Dialect, width: usize) -> String {
    table_of("member", &members(dialect), width)
}

fn table_of(heading: &'static str, members: &[Member], width: usize) -> String {
    let mut table = Table::new(&[heading, "departs from", "source"]);
    let mut sources: Vec<&str> = Vec::new();
    for Member { name, clause, source } in members {
        let known = sources.iter().position(|known| known == source);
        let place = known.unwrap_or_else(|| {
            sources.push(source);
            sources.len() - 1
        });
        table.row([name, clause, &*format!("[{}]", place + 1)]);
    }
    let mut text = table.within(width, 1).to_string();
    for (number, source) in (1..).zip(sources) {
        text.push('\n');
        text.push_str(&hanging(&format!("  [{number}] "), source, width));
    }
    text
}

/// Whether FAPI 2.0's protection survives all deviations.
fn is_fapi(dialect: &Dialect) -> bool {
    !dialect.members().iter().any(|line| matches!(line.member, dialect::Member::NotFapi(_)))
}

fn all() -> Table {
    let mut table = Table::new(&["dialect", "provider", "FAPI 2.0", "known from"]);
    for Row { name, provider, members, fapi, evidence } in ALL.iter().map(Row::of) {
        let fapi = match (fapi, members) {
            (true, 0) => "unchanged",
            (true, _) => "deviations",
            (false, _) => "not-fapi",
        };
        table.row([name, provider, fapi, evidence]);
    }
    table
}

fn print_one(dialect: Dialect) {
    result(&format!("{}: {}", dialect.name(), dialect.provider()));
    result(&format!("\n{}", hanging("", &format!("Known {}.", dialect.evidence()), WIDTH)));
    if dialect.members().is_empty() {
        result("\nNo deviation from FAPI 2.0.");
    } else {
        result(&format!("\n{}", members_table(dialect, WIDTH)));
    }
    if !dialect.options().is_empty() {
        let table = table_of("off by default", &options(dialect), WIDTH);
        result(&format!("\n{table}"));
        result("\ndialect_options = true in a configuration of fdx connect switches them on.");
    }
    let lines = |heading: &str, lines: &[&str]| {
        if !lines.is_empty() {
            result(&format!("\n{heading}"));
            lines.iter().for_each(|line| result(&hanging("- ", line, WIDTH)));
        }
    };
    lines("Settings that a configuration of fdx connect needs:", &needs(dialect));
    lines("Notes:", dialect.notes());
}

fn needs(dialect: Dialect) -> Vec<&'static str> {
    // `fdx connect` registers nothing.
    let needs = dialect.needs().iter().copied().filter(|need| *need != Need::JwksUri);
    needs.map(setting).collect()
}

impl Row {
    fn of(dialect: &Dialect) -> Self {
        Self {
            name: dialect.name(),
            provider: dialect.provider(),
            members: dialect.members().len(),
            fapi: is_fapi(dialect),
            evidence: Known::of(dialect.evidence()).kind,
        }
    }
}

impl Member {
    fn of(line: &dialect::Line) -> Self {
        Self { name: line.member.name(), clause: line.member.clause(), source: line.source }
    }
}

impl Known {
    fn of(evidence: Evidence) -> Self {
        match evidence {
            Evidence::Documents => Self { kind: "documents", program: None, date: None },
            Evidence::Run { program, date } => {
                Self { kind: "run", program: Some(program), date: Some(date) }
            }
            _ => Self { kind: "standards", program: None, date: None },
        }
    }
}

impl Document {
    fn of(dialect: Dialect) -> Self {
        Self {
            name: dialect.name(),
            provider: dialect.provider(),
            fapi: is_fapi(&dialect),
            evidence: Known::of(dialect.evidence()),
            discovery: name(dialect.well_known()),
            members: members(dialect),
            options: options(dialect),
            needs: needs(dialect),
            notes: dialect.notes(),
            refresh_token_lifetime_seconds: dialect
                .refresh_token_lifetime()
                .map(|lifetime| lifetime.as_secs()),
        }
    }
}
