//! A consent at a real institution.

mod callback;
mod config;
mod example;
mod outcome;
mod request;
pub(crate) mod setup;
pub(crate) mod source;
mod tokens;

use fdx_par::{AuthorizationUrl, Callback, Client, Granted, Notice, discover};
use fdx_transport_hyper::system_now;

use crate::args::ConnectArgs;
use crate::connect::callback::Source;
use crate::connect::config::Config;
use crate::connect::setup::Setup;
use crate::error::Failure;
use crate::flow::entropy;
use crate::print::{message, result};

pub(crate) async fn run(args: &ConnectArgs) -> Result<(), Failure> {
    let Some(path) = args.config.as_deref().filter(|_| !args.example) else {
        result(example::TEXT.trim_end());
        return Ok(());
    };
    let config = source::read(path)?;
    for name in config.unknown_names() {
        message(&format!("note: {name} is not a name of FDX up to 6.4; it is sent as it is"));
    }
    let setup = Setup::load(&config, path)?;
    setup.check_outputs()?;
    // The port is taken before anything is sent: without it the customer would come back to nobody.
    let mut source = Source::open(args.callback, &config.redirect_uri).await?;
    let client = discovered(&setup, &config).await?;
    let granted = consent(args, &setup, &client, &mut source).await?;
    let receipt = client.receipt(&granted, system_now());
    let receipt = receipt.map_err(|error| Failure::protocol("making out the receipt", &error))?;
    outcome::keep_and_tell(args, &setup, &granted, &receipt)
}

async fn discovered(setup: &Setup, config: &Config) -> Result<Client, Failure> {
    const DOING: &str = "discovering the institution";
    message(&format!("Discovering {}", config.issuer));
    let draft = discover(&config.issuer, config.discovery.well_known(), system_now());
    let metadata = setup.driver.run(DOING, draft).await.map_err(|failure| {
        failure.hint(
            "rfc8414.issuer.mismatch",
            "write issuer exactly as the metadata does, to the last slash",
        )
    })?;
    let client = Client::new(setup.client.clone(), metadata);
    client.map_err(|error| Failure::protocol(DOING, &error))
}

/// From the push to the grant. The tokens are on disk as soon as they are had.
async fn consent(
    args: &ConnectArgs,
    setup: &Setup,
    client: &Client,
    source: &mut Source,
) -> Result<Granted, Failure> {
    let driver = &setup.driver;
    message("Pushing the authorization request");
    let draft = client.push(&setup.request, entropy()?, system_now());
    let pushed = driver.run("pushing the authorization request", draft).await?;
    pushed.notices().iter().for_each(tell);
    let redirected = pushed.redirect(system_now());
    let (url, pending) = redirected.map_err(|error| Failure::protocol("redirecting", &error))?;
    send_off(args, &url, source);

    let accepted = match source.wait(driver, client, pending).await? {
        Callback::Code(accepted) => accepted,
        Callback::Denied(refusal) => return Err(Failure::denied(refusal)),
    };
    message("Exchanging the code");
    let draft = client.exchange(accepted, entropy()?, system_now()).map_err(Into::into);
    let exchanged = driver.run("exchanging the code", draft).await?;
    tokens::keep(setup, &exchanged)?;

    let kept = format!("the tokens are kept in {}", setup.tokens.display());
    let verified = driver.verify(client, exchanged).await.map_err(|failure| failure.but(&kept))?;
    message("Reading what was granted");
    let granted = driver.granted(client, verified).await.map_err(|failure| {
        failure.hint("rfc9110.error", "look whether fdx_base is right").but(&kept)
    })?;
    granted.notices().iter().for_each(tell);
    Ok(granted)
}

fn send_off(args: &ConnectArgs, url: &AuthorizationUrl, source: &Source) {
    message("\nThe customer's browser goes to:");
    message(url.as_str());
    if args.open {
        open(url.as_str());
    }
    message(&format!("\n{}", source.invitation()));
}

/// Starts a browser, and does not wait for it.
fn open(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = std::process::Stdio::null;
    let started = std::process::Command::new(program)
        .arg(url)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn();
    if let Err(error) = started {
        message(&format!("note: {program} could not be started ({error}); open the URL yourself"));
    }
}

fn tell(notice: &Notice) {
    let text = match notice {
        Notice::ExpiresInCapped => "expires_in of the push was over 599 seconds, and counts as 599",
        Notice::OpenidNotListed => "the institution does not list openid: it was not asked for",
        Notice::OfflineAccessNotListed => {
            "the institution does not list offline_access: it was not asked for"
        }
        Notice::IdTokenUnasked => "an ID token came unasked, and was not looked at",
        Notice::InteractionIdMissing => "an answer has no x-fapi-interaction-id",
        Notice::InteractionIdOther => "an answer has another x-fapi-interaction-id",
        Notice::ConsentStatusMissing => "the grant names no status",
        Notice::RecipientOther => "the grant names another recipient",
        _ => "the institution did something otherwise than it should",
    };
    message(&format!("note: {text}"));
}
