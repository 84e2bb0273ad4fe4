//! The lifecycle of a consent at one provider, which the sandbox plays.

mod autional;
mod mastercard;
mod mx;
mod stage;
mod uae;

use std::time::Instant;

use fdx_par::Dialect;
use fdx_par::dialect::{AUTIONAL, MASTERCARD, UAE};
use fdx_par::not_fapi::MX;
use fdx_rar::ConsentReceipt;
use serde::Serialize;

use crate::bank::unplayed;
use crate::consent::receipt_text;
use crate::demo::steps::{self, Step, Steps, Voice};
use crate::dialects::{Member, members, members_table};
use crate::error::Failure;
use crate::print::{TEXT, hex, pretty, result};

/// The output of `--json`.
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
            result(&format!("\nReceipt\n{}", receipt_text(&receipt)));
            result(&format!("\nDone in {milliseconds:.0} ms."));
        }
        Voice::Silent => result(&pretty(&Report {
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

fn introduce(dialect: Dialect) {
    result(&format!("{}, played on loopback.\n", dialect.provider()));
    result(&format!("{}\n", members_table(dialect, TEXT)));
}
