//! `fdx connect`: a consent at a real institution.

mod callback;
mod config;
pub(crate) mod discovery;
pub(crate) mod setup;
mod shelf;
pub(crate) mod source;
mod tokens;

use std::path::Path;

use fdx_par::{
    AuthorizationRequest, AuthorizationUrl, Callback, Client, Granted, Notice, Pending, Verified,
    discover, error::Deviation, not_fapi,
};
use fdx_rar::{ConsentReceipt, FDX_V1_0, Requested};
use fdx_store::RecordId;
use fdx_transport_hyper::system_now;
use fdx_wire::UnixTime;
use serde::Serialize;

use crate::args::ConnectArgs;
use crate::connect::callback::{Opener, Source};
pub(crate) use crate::connect::callback::{interrupted, unless_interrupted};
use crate::connect::config::Config;
use crate::connect::setup::Setup;
use crate::connect::shelf::Shelf;
use crate::consent::{self, Consent};
use crate::dialect;
use crate::error::Failure;
use crate::files;
use crate::flow::entropy;
use crate::print::{message, pretty, printable, result};

pub(crate) async fn run(args: &ConnectArgs) -> Result<(), Failure> {
    let Some(path) = args.config.as_deref().filter(|_| !args.example) else {
        result(source::EXAMPLE.trim_end());
        return Ok(());
    };
    unless_interrupted(connect(args, path)).await
}

async fn connect(args: &ConnectArgs, path: &Path) -> Result<(), Failure> {
    let config = source::read(path)?;
    for name in config.unknown_names() {
        message(&format!("note: {name} is not a name of FDX up to 6.4; it is sent unchanged"));
    }
    let request = config::authorization_request(&config)?;
    let setup = Setup::load(&config, path)?;
    setup.check_outputs(args.resume)?;
    // Opened first, for the same reason as the port.
    let shelf = Shelf::open(args)?;
    if args.resume {
        let client = discovered(&setup, &config).await?;
        let exchanged = tokens::unverified(&setup, &client)?;
        let verified = tokens::verify(&setup, &client, exchanged).await?;
        return finish(args, &setup, &shelf, &client, verified).await;
    }
    // The port is opened first: without it the callback would be lost.
    let mut source = Source::open(args.callback, &config.redirect_uri).await?;
    let client = discovered(&setup, &config).await?;
    let verified = consent(args, &setup, &client, &request, &mut source).await?;
    finish(args, &setup, &shelf, &client, verified).await
}

/// Reads the grant with verified tokens, and writes the receipt.
async fn finish(
    args: &ConnectArgs,
    setup: &Setup,
    shelf: &Shelf,
    client: &Client,
    verified: Verified,
) -> Result<(), Failure> {
    let stored = format!(
        "the tokens are stored in {}: move it away before you run it again",
        setup.tokens.display()
    );
    message("Reading the grant");
    let granted = setup.driver.granted(client, verified).await.map_err(|failure| {
        failure.hint("rfc9110.error", "check fdx_base, or consent_base if it is set").but(&stored)
    })?;
    granted.notices().iter().for_each(print_notice);
    tokens::store(setup, &granted.stored()).map_err(|failure| failure.but(&stored))?;
    let receipt = client.receipt(&granted, system_now());
    let receipt = receipt.map_err(|error| Failure::protocol("making out the receipt", &error))?;
    let record = shelf.keep(&granted.stored(), &receipt, client.config().dialect);
    let record = record.map_err(|failure| failure.but(&stored))?;
    report(args, setup, (shelf, &record), &granted, &receipt)
}

/// Discovers the institution of a configuration.
pub(crate) async fn discovered(setup: &Setup, config: &Config) -> Result<Client, Failure> {
    const DOING: &str = "discovering the institution";
    let dialect = config.dialect();
    let metadata = match dialect.documented_metadata(&config.issuer) {
        Ok(documented) => {
            message(&format!(
                "{} publishes no metadata: using the documented endpoints",
                dialect.provider()
            ));
            documented
        }
        Err(_) => {
            message(&format!("Discovering {}", config.issuer));
            let well_known = config.well_known();
            let draft = discover(&config.issuer, well_known, system_now());
            match setup.driver.run(DOING, draft).await {
                Ok(metadata) => metadata,
                Err(failure) => {
                    let (driver, issuer) = (&setup.driver, &config.issuer);
                    return Err(discovery::hint(failure, driver, issuer, well_known).await);
                }
            }
        }
    };
    Client::new(setup.client.clone(), metadata).map_err(|error| {
        let failure = Failure::protocol(DOING, &error);
        match dialect::lacking(dialect, &error) {
            Some(setting) => failure.saying(setting),
            None => failure,
        }
    })
}

/// Pushes the request. Writes it into the customer's URL if the provider accepts no pushes.
async fn begin(
    setup: &Setup,
    client: &Client,
    request: &AuthorizationRequest,
) -> Result<Begun, Failure> {
    if client.config().dialect.allows(Deviation::NotPushed) {
        message(
            "Writing the request into the URL: the provider accepts no pushes, which is not FAPI",
        );
        let begun = not_fapi::authorize(client, request, entropy()?, system_now());
        let (url, pending) = begun.map_err(|error| {
            with_types(Failure::protocol("writing the request", &error), client, request)
        })?;
        let valid_until = pending.callback_by();
        return Ok(Begun { url, valid_until, pending });
    }
    message("Pushing the authorization request");
    let draft = client.push(request, entropy()?, system_now());
    let pushed = setup.driver.run("pushing the authorization request", draft).await;
    let pushed = pushed.map_err(|failure| with_types(failure, client, request))?;
    pushed.notices().iter().for_each(print_notice);
    let valid_until = pushed.redirect_by();
    let (url, pending) =
        pushed.redirect(system_now()).map_err(|error| Failure::protocol("redirecting", &error))?;
    Ok(Begun { url, valid_until, pending })
}

/// Names the types of authorization details, if the server does not list one that is requested.
fn with_types(failure: Failure, client: &Client, request: &AuthorizationRequest) -> Failure {
    const LISTED: usize = 10;
    let listed = client.metadata().authorization_details_types_supported().unwrap_or_default();
    let requested: Vec<_> = match request.requested() {
        Requested::Consent(_) => [FDX_V1_0].into(),
        Requested::Details(details, _) => details.iter().map(|it| it.detail_type()).collect(),
        _ => Vec::new(),
    };
    let unlisted = requested.iter().find(|kind| !listed.iter().any(|listed| listed == *kind));
    let Some(unlisted) = unlisted.filter(|_| failure.has_code("rfc9396.type.not_listed")) else {
        return failure;
    };
    let mut names: Vec<_> = listed.iter().take(LISTED).map(|kind| printable(kind)).collect();
    if listed.len() > LISTED {
        names.push("...".to_owned());
    }
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let what = format!("{}: {}; it lists {names}", failure.what(), printable(unlisted));
    failure.saying(what)
}

/// A request that waits for the customer.
struct Begun {
    url: AuthorizationUrl,
    /// When the institution stops accepting the URL.
    valid_until: UnixTime,
    pending: Pending,
}

/// Runs the flow from the request to verified tokens. Writes the tokens to disk as they arrive.
async fn consent(
    args: &ConnectArgs,
    setup: &Setup,
    client: &Client,
    request: &AuthorizationRequest,
    source: &mut Source,
) -> Result<Verified, Failure> {
    let driver = &setup.driver;
    let Begun { url, valid_until, pending } = begin(setup, client, request).await?;
    let opener = if args.open { Opener::Browser } else { Opener::None };
    let started = source.send_off(&url, valid_until, opener)?;
    let waited = source.wait(driver, client, pending, valid_until).await;
    drop(started);

    let accepted = match waited? {
        Callback::Code(accepted) => accepted,
        Callback::Denied(refusal) => return Err(Failure::denied(refusal)),
    };
    message("Exchanging the code");
    let draft = client.exchange(accepted, entropy()?, system_now()).map_err(Into::into);
    let exchanged = driver.run_until_sent("exchanging the code", draft).await?;
    tokens::store_unverified(setup, &exchanged)?;
    tokens::verify(setup, client, exchanged).await
}

fn print_notice(notice: &Notice) {
    message(&format!("note: {notice}"));
}

/// The output of `--json`. Only the file contains the tokens.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    consent: Consent<'a>,
    receipt_file: &'a Path,
    tokens_file: &'a Path,
    /// The record in the store.
    id: &'a str,
    store: &'a Path,
}

/// Writes the receipt in its canonical form, and prints the grant.
fn report(
    args: &ConnectArgs,
    setup: &Setup,
    (shelf, record): (&Shelf, &RecordId),
    granted: &Granted,
    receipt: &ConsentReceipt,
) -> Result<(), Failure> {
    let stored = format!("the tokens are stored in {}", setup.tokens.display());
    files::create(&setup.receipt, &receipt.canonical_json())
        .map_err(|failure| failure.but(&stored))?;
    if args.json {
        result(&pretty(&Report {
            consent: Consent::new(granted, receipt),
            receipt_file: &setup.receipt,
            tokens_file: &setup.tokens,
            id: record.as_str(),
            store: shelf.path(),
        }));
        return Ok(());
    }
    result(&format!("Requested and granted\n{}", consent::comparison(granted)));
    result(&format!(
        "\nReceipt, stored in {}\n{}",
        setup.receipt.display(),
        consent::receipt_text(receipt)
    ));
    result(&format!("\nStored as {record} in {}: fdx consents list", shelf.path().display()));
    Ok(())
}
