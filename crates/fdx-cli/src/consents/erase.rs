//! `fdx consents erase`.

use fdx_store::consents::{Erased, erase_consent};
use fdx_transport_hyper::system_now;
use serde::Serialize;

use crate::args::stored::EraseArgs;
use crate::error::Failure;
use crate::print::{message, pretty, result};
use crate::store::{Store, record, unknown};

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    state: &'static str,
}

pub(super) fn run(args: &EraseArgs) -> Result<(), Failure> {
    let (id, options) = (&args.one.id, &args.one.store);
    let store = Store::open(options.store.as_deref())?;
    let row = store.find(id)?;
    if !row.state.has_ended() && !args.unrevoked {
        return Err(Failure::usage(
            format!("consent {id} is {}: without its tokens it can't be revoked", row.state),
            "run fdx consents revoke first, or erase it with --unrevoked",
        ));
    }
    if store.run(erase_consent(record(id), system_now()))? == Erased::Unknown {
        return Err(unknown(id));
    }
    // Until then, old pages with the key can be in the log.
    if !store.sqlite(|database| database.empty_log())? {
        message("note: another process uses the log, which contains the key until it is emptied");
    }
    match options.json {
        true => result(&pretty(&Report { id: id.as_str(), state: "erased" })),
        false => result(&format!("Erased {id}. Backups from before still contain its tokens.")),
    }
    Ok(())
}
