use std::path::Path;

use fdx_par::Granted;
use fdx_rar::ConsentReceipt;
use serde::Serialize;

use crate::args::ConnectArgs;
use crate::connect::setup::Setup;
use crate::error::Failure;
use crate::files;
use crate::json::{self, Consent};
use crate::print::result;
use crate::{receipt, table};

/// Everything at once, for `--json`. The tokens are in their file alone.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    consent: Consent<'a>,
    receipt_file: &'a Path,
    tokens_file: &'a Path,
}

/// Writes the receipt in its canonical form, and says what was granted.
pub(crate) fn keep_and_tell(
    args: &ConnectArgs,
    setup: &Setup,
    granted: &Granted,
    receipt: &ConsentReceipt,
) -> Result<(), Failure> {
    let kept = format!("the tokens are kept in {}", setup.tokens.display());
    files::create(&setup.receipt, &receipt.canonical_json())
        .map_err(|failure| failure.but(&kept))?;
    if args.json {
        result(&json::pretty(&Report {
            consent: Consent::new(granted, receipt),
            receipt_file: &setup.receipt,
            tokens_file: &setup.tokens,
        }));
        return Ok(());
    }
    result(&format!("Asked, and granted\n{}", table::asked(granted)));
    result(&format!("\nReceipt, kept in {}\n{}", setup.receipt.display(), receipt::text(receipt)));
    Ok(())
}
