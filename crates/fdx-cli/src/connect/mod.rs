//! `fdx connect`: a consent at a real institution.

pub(crate) mod callback;
pub(crate) mod config;
pub(crate) mod discovery;
pub(crate) mod institution;
pub(crate) mod obtain;
pub(crate) mod setup;
pub(crate) mod source;

use std::path::Path;

use fdx_rar::ConsentReceipt;
use fdx_store::consents::ConsentRow;
use fdx_store::procedure::Granted;
use serde::Serialize;

use crate::args::ConnectArgs;
use crate::args::browser::CallbackName;
use crate::connect::callback::{Opener, Source};
use crate::connect::config::Config;
use crate::connect::institution::Institution;
use crate::connect::obtain::Obtaining;
use crate::connect::setup::Setup;
use crate::consent::{self, Consent};
use crate::error::Failure;
use crate::files;
use crate::interrupt::unless_interrupted;
use crate::print::{message, pretty, result};
use crate::store::Store;

pub(crate) async fn run(args: &ConnectArgs) -> Result<(), Failure> {
    let Some(path) = args.config.as_deref().filter(|_| !args.example) else {
        result(source::EXAMPLE.trim_end());
        return Ok(());
    };
    let config = source::read(path)?;
    note_unknown_names(&config);
    let request = config::authorization_request(&config)?;
    let setup = Setup::load(&config, path)?;
    if !args.resume {
        setup.check_outputs()?;
    }
    // Opened before anything is sent, as the port: a code can be used only once.
    let store = Store::create(args.store.as_deref())?;
    let ring = store.key_ring()?;
    let mut source = match (args.resume, args.browser.callback) {
        (true, None) => None,
        (true, Some(CallbackName::Listen)) => {
            let what = "a callback of an earlier run can't be listened for";
            return Err(Failure::usage(what, "paste it: --resume --callback stdin"));
        }
        (_, chosen) => Some(Source::open(chosen, &config.redirect_uri).await?),
    };
    let institution = unless_interrupted(Institution::discovered(setup, &config, ring)).await?;
    let (institution, store, customer) = (&institution, &store, args.customer.as_str());
    let obtaining = Obtaining { institution, store, customer };
    let granted = match source.as_mut() {
        Some(source) if args.resume => obtaining.finish_earlier(source).await?,
        Some(source) => {
            let opener = Opener::of(args.browser.open);
            obtaining.obtain(&request, None, source, opener).await?
        }
        None => obtaining.complete().await?,
    };
    report(args, &institution.setup, store, &granted)
}

/// Reports names that FDX does not have.
pub(crate) fn note_unknown_names(config: &Config) {
    for name in config.unknown_names() {
        message(&format!("note: {name} is not a name of FDX up to 6.4; it is sent unchanged"));
    }
}

/// The receipt of a granted consent.
pub(crate) fn receipt(store: &Store, consent: &ConsentRow) -> Result<ConsentReceipt, Failure> {
    let receipt = store.receipt(consent)?;
    receipt.ok_or_else(|| Failure::failed("the consent has no receipt", "run fdx consents verify"))
}

/// The output of `--json`. Only the store, and the file if there is one, contain the tokens.
#[derive(Serialize)]
struct Report<'a> {
    /// The record in the store.
    id: &'a str,
    store: &'a Path,
    state: &'static str,
    #[serde(flatten)]
    consent: Consent<'a>,
    receipt_file: &'a Path,
    tokens_file: Option<&'a Path>,
}

/// Writes the receipt in its canonical form, and prints the grant.
fn report(
    args: &ConnectArgs,
    setup: &Setup,
    store: &Store,
    granted: &Granted,
) -> Result<(), Failure> {
    let row = &granted.consent;
    let receipt = receipt(store, row)?;
    let stored = format!("the consent is stored as {}", row.id);
    let but = |failure: Failure| failure.but(&stored);
    write(args, &setup.receipt, &receipt.canonical_json()).map_err(but)?;
    if let Some(path) = &setup.tokens {
        match store.tokens(&row.id)? {
            Some(tokens) => write(args, path, tokens.expose()).map_err(but)?,
            None => message("note: the tokens were erased"),
        }
    }
    if args.json {
        result(&pretty(&Report {
            id: row.id.as_str(),
            store: store.path(),
            state: row.state.name(),
            consent: Consent::new(&receipt),
            receipt_file: &setup.receipt,
            tokens_file: setup.tokens.as_deref(),
        }));
        return Ok(());
    }
    result(&format!("Requested and granted\n{}", consent::comparison(&receipt)));
    result(&format!(
        "\nReceipt, also in {}\n{}",
        setup.receipt.display(),
        consent::receipt_text(&receipt)
    ));
    let (id, state) = (&row.id, row.state);
    result(&format!("\nStored as {id} ({state}) in {}: fdx consents list", store.path().display()));
    Ok(())
}

/// Writes a new file. A resumed run leaves the file of an earlier one as it is.
fn write(args: &ConnectArgs, path: &Path, text: &str) -> Result<(), Failure> {
    if args.resume && path.exists() {
        message(&format!("note: {} exists already, and stays as it is", path.display()));
        return Ok(());
    }
    files::create(path, text)
}
