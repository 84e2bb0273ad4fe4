//! The lifecycle of one provider, quirks and all, against that provider as the sandbox plays it.

mod autional;
mod mastercard;
mod mx;
mod stage;
mod uae;

use std::time::Instant;

use fdx_par::Dialect;
use fdx_par::dialect::{ALL, AUTIONAL, MASTERCARD, UAE};
use fdx_par::not_fapi::MX;
use fdx_rar::ConsentReceipt;
use serde::Serialize;

use crate::demo::steps::{self, Step, Steps, Voice};
use crate::error::Failure;
use crate::json::{self, hex};
use crate::print::result;
use crate::receipt;
use crate::table::Table;

/// Everything at once, for `--json`.
#[derive(Serialize)]
struct Report<'a> {
    dialect: &'a str,
    provider: &'a str,
    members: Vec<Member>,
    notes: &'a [&'a str],
    steps: &'a [Step],
    receipt: &'a ConsentReceipt,
    receipt_sha256: String,
    milliseconds: f64,
}

/// One difference from FAPI 2.0.
#[derive(Serialize)]
struct Member {
    name: &'static str,
    clause: &'static str,
    source: &'static str,
}

/// The dialects that the demo can play, beside `fdx`.
pub(crate) const PLAYED: &[Dialect] = &[MASTERCARD, UAE, MX, AUTIONAL];

pub(crate) async fn run(dialect: Dialect, voice: Voice) -> Result<(), Failure> {
    let begun = Instant::now();
    if voice == Voice::Aloud {
        introduce(dialect);
    }
    let stage = match dialect {
        MASTERCARD => mastercard::open().await?,
        UAE => uae::open().await?,
        MX => mx::open().await?,
        AUTIONAL => autional::open().await?,
        other => return Err(unplayed(other.name())),
    };
    let mut steps = Steps::begin(voice);
    let receipt = match dialect {
        UAE => uae::lifecycle(&stage, &mut steps).await?,
        MX => mx::lifecycle(&stage, &mut steps).await?,
        AUTIONAL => autional::lifecycle(&stage, &mut steps).await?,
        _ => mastercard::lifecycle(&stage, &mut steps).await?,
    };
    let milliseconds = steps::milliseconds(begun.elapsed());
    match voice {
        Voice::Aloud => {
            result(&format!("\nReceipt\n{}", receipt::text(&receipt)));
            result(&format!("\nDone in {milliseconds:.0} ms."));
        }
        Voice::Silent => result(&json::pretty(&Report {
            dialect: dialect.name(),
            provider: dialect.provider(),
            members: members(dialect),
            notes: dialect.notes(),
            steps: steps.as_slice(),
            receipt_sha256: hex(&receipt.digest()),
            receipt: &receipt,
            milliseconds,
        })),
    }
    Ok(())
}

/// The dialect of a name on the command line; an unknown one is told the known ones.
pub(crate) fn named(name: &str) -> Result<Dialect, String> {
    fdx_par::dialect::by_name(name).ok_or_else(|| {
        let known: Vec<_> = ALL.iter().map(Dialect::name).collect();
        format!("there is no dialect of that name; there are {}", known.join(", "))
    })
}

fn unplayed(name: &str) -> Failure {
    let played: Vec<_> = PLAYED.iter().map(Dialect::name).collect();
    Failure::usage(
        format!("nobody plays {name} here"),
        format!("choose fdx, {}", played.join(", ")),
    )
}

fn members(dialect: Dialect) -> Vec<Member> {
    let member = |line: &fdx_par::dialect::Line| Member {
        name: line.member.name(),
        clause: line.member.clause(),
        source: line.source,
    };
    dialect.members().iter().map(member).collect()
}

fn introduce(dialect: Dialect) {
    result(&format!("{}, played on loopback.\n", dialect.provider()));
    let mut table = Table::new(&["member", "departs from", "who says so"]);
    for member in members(dialect) {
        table.row([member.name.to_owned(), member.clause.to_owned(), member.source.to_owned()]);
    }
    result(&format!("{table}\n"));
}
