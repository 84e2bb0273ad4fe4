//! `fdx demo`: a complete consent, against an institution inside this program.

mod calls;
pub(crate) mod provider;
mod scene;
mod steps;
mod stored;

use std::time::Instant;

use fdx_par::dialect::FDX;
use fdx_par::{AuthorizationRequest, Callback, Client, Granted, WellKnown, discover};
use fdx_rar::ConsentReceipt;
use fdx_transport_hyper::system_now;
use serde::Serialize;

use crate::args::{BindingName, DemoArgs};
use crate::consent::{self, Consent};
use crate::demo::calls::{Call, End};
use crate::demo::scene::Scene;
use crate::demo::steps::{Step, Steps, Voice};
use crate::demo::stored::Stored;
use crate::error::Failure;
use crate::flow::{entropy, not_ours};
use crate::print::{TEXT, entry, hanging, pretty, result};

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    binding: &'static str,
    issuer: &'a str,
    preparation_milliseconds: f64,
    steps: &'a [Step],
    #[serde(flatten)]
    consent: Consent<'a>,
    stored: &'a Stored,
    resource_calls: &'a [Call],
    end: &'a End,
    milliseconds: f64,
}

pub(crate) async fn run(args: &DemoArgs) -> Result<(), Failure> {
    let voice = if args.json { Voice::Silent } else { Voice::Aloud };
    if args.dialect != FDX {
        return provider::run(args.dialect, voice).await;
    }
    let begun = Instant::now();
    let scene = Scene::open(args.binding).await?;
    let client = discovered(&scene).await?;
    let preparation = begun.elapsed();
    if voice == Voice::Aloud {
        introduce(&scene, args.binding, steps::milliseconds(preparation));
    }
    let mut steps = Steps::begin(voice);
    let (granted, receipt) = consent(&scene, &client, &mut steps).await?;
    let stored = stored::and_read_back(&client, &granted, &receipt)?;
    steps.done(
        "store the consent, and read it back",
        "SQLite; tokens sealed under a key of the consent; receipts chained with SHA-256",
    );
    let calls = calls::make(&scene, &client, &granted).await?;
    steps.resume();
    let end = calls::revoke(&scene, &client, &granted).await?;
    steps.done(
        "revoke the consent: its tokens are no longer accepted",
        "FDX Consent API, PUT /consents/{consentId}/revocation",
    );
    let milliseconds = steps::milliseconds(begun.elapsed());
    match voice {
        Voice::Aloud => conclude(&receipt, &stored, &calls, &end, milliseconds),
        Voice::Silent => result(&pretty(&Report {
            binding: scene.binding_text(),
            issuer: scene.bank.issuer.as_str(),
            preparation_milliseconds: steps::milliseconds(preparation),
            steps: steps.as_slice(),
            consent: Consent::new(&receipt),
            stored: &stored,
            resource_calls: &calls,
            end: &end,
            milliseconds,
        })),
    }
    Ok(())
}

async fn discovered(scene: &Scene) -> Result<Client, Failure> {
    const DOING: &str = "discovering the institution";
    let (issuer, now) = (&scene.bank.issuer, system_now());
    let draft = discover(issuer, WellKnown::OAuthAuthorizationServer, now);
    let metadata = scene.driver.run(DOING, draft).await?;
    let client = Client::new(scene.config.clone(), metadata);
    client.map_err(|error| Failure::protocol(DOING, &error))
}

/// Runs the steps from the PKCE pair to the receipt.
async fn consent(
    scene: &Scene,
    client: &Client,
    steps: &mut Steps,
) -> Result<(Granted, ConsentReceipt), Failure> {
    let request = AuthorizationRequest::new(scene::consent_request()?).openid().offline_access();
    let draft = client.push(&request, entropy()?, system_now());
    steps.done("create a PKCE pair", "RFC 7636 4.1 and 4.2 (S256); FAPI 2.0 SP 5.3.3.2-3");

    let pushed = scene.driver.run("pushing the authorization request", draft).await?;
    steps.done(
        "push the authorization request",
        "RFC 9126 2, RFC 9396 2, RFC 7523 2.2; FAPI 2.0 SP 5.3.3.2-2",
    );

    let redirect = pushed.redirect(system_now());
    let (url, pending) = redirect.map_err(|error| Failure::protocol("redirecting", &error))?;
    let callback = scene.driver.customer(url.as_str()).await?;
    steps.done(
        "redirect the customer, who decides",
        "RFC 9126 4; FAPI 2.0 SP 5.3.3.2-6 (only client_id and request_uri)",
    );

    let draft = match client.callback(pending, &callback, system_now()).map_err(not_ours)? {
        Callback::Code(accepted) => client.exchange(accepted, entropy()?, system_now()),
        Callback::Denied(refusal) => return Err(Failure::denied(refusal)),
    };
    let exchanged = scene.driver.run("exchanging the code", draft.map_err(Into::into)).await?;
    let verified = scene.driver.verify(client, exchanged).await?;
    steps.done("check the callback, exchange the code, verify", scene.exchange_clauses());

    let granted = scene.driver.granted(client, verified).await?;
    steps.done("read the grant", "FDX Consent API, GET /consents/{consentId}");

    let receipt = client.receipt(&granted, system_now());
    let receipt = receipt.map_err(|error| Failure::protocol("issuing the receipt", &error))?;
    steps.done("issue the receipt", "RFC 8785 (canonical JSON) and SHA-256; FDX defines none");
    Ok((granted, receipt))
}

fn introduce(scene: &Scene, binding: BindingName, milliseconds: f64) {
    let (issuer, fdx_base) = (&scene.bank.issuer, &scene.config.fdx_base);
    result("A consent at an institution inside this program, over TLS on loopback.");
    result(&entry("institution", &format!("{issuer}, with fresh keys and certificates")));
    result(&entry("FDX API", fdx_base.as_str()));
    result(&entry("tokens", scene.binding_sentence()));
    let other = match binding {
        BindingName::Mtls => "fdx demo --binding dpop shows DPoP with nonces",
        BindingName::Dpop => "fdx demo shows tokens bound to a certificate",
    };
    result(&entry("", &format!("({other})")));
    result(&format!("  ready after {milliseconds:.1} ms, including discovery (RFC 8414 3)\n"));
}

fn conclude(
    receipt: &ConsentReceipt,
    stored: &Stored,
    calls: &[Call],
    end: &End,
    milliseconds: f64,
) {
    result(&format!("\nRequested and granted\n{}", consent::coverage(receipt)));
    result(&format!("\nCalls\n{}", calls::table(calls)));
    result(&format!("\nReceipt\n{}", consent::receipt_text(receipt)));
    result(&format!("\n{}", hanging("", &stored.sentence(), TEXT)));
    result(&format!("\n{}", hanging("", &end.sentence(), TEXT)));
    result(&format!("\nDone in {milliseconds:.0} ms."));
}
