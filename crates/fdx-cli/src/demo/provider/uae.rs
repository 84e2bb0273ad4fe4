//! The lifecycle of a consent at UAE Open Finance.

use core::time::Duration;

use fdx_jose::Algorithm;
use fdx_par::dialect::UAE;
use fdx_par::dialect::uae::{AccountAccessConsent, Billing, Permission, ReportedConsent};
use fdx_par::{AuthorizationRequest, Callback, SenderConstraint};
use fdx_rar::{ConsentReceipt, Scopes};
use fdx_sandbox::Provider;
use fdx_transport_hyper::system_now;
use fdx_wire::Label;

use crate::demo::provider::stage::Stage;
use crate::demo::scene::defect;
use crate::demo::steps::Steps;
use crate::error::Failure;
use crate::flow::{entropy, not_ours};

const CONSENT: Label = Label::new("demo consent id");
const QUARTER: Duration = Duration::from_secs(90 * 24 * 60 * 60);

pub(super) async fn open() -> Result<Stage, Failure> {
    Stage::open(
        Provider::UAE,
        UAE,
        Algorithm::Ps256,
        |_, _| (),
        |config, means| {
            config.sender_constraint = SenderConstraint::Mtls(means.certificate);
            // The resources are on the host that requests client certificates (mTLS).
            config.fdx_base = means.mtls_base.clone();
        },
    )
    .await
}

/// Discovers, registers, pushes, authorizes, exchanges the code, reads the consent from the token
/// response, issues the receipt, reads the accounts, and refreshes.
pub(super) async fn lifecycle(stage: &Stage, steps: &mut Steps) -> Result<ConsentReceipt, Failure> {
    let (client, driver) = (stage.client().await?, &stage.driver);
    steps.done("discover: the endpoints are on another host", "RFC 8414 3");

    let draft = client.register_by_certificate(entropy()?, system_now());
    driver.run("registering by certificate", draft).await?;
    steps.done("register by certificate", "Nebras, POST /tpp-registration");

    let request = AuthorizationRequest::of_details(
        consent()?.authorization_details(system_now()).map_err(defect)?,
        Scopes::parse("accounts").map_err(defect)?,
    );
    let draft = client.push(&request.openid(), entropy()?, system_now());
    let pushed = driver.run("pushing the authorization request", draft).await?;
    steps.done("push three parameters; nbf is 10 seconds in the past", "RFC 9126 2, RFC 9101 4");

    let redirect = pushed.redirect(system_now());
    let (url, pending) = redirect.map_err(|error| Failure::protocol("redirecting", &error))?;
    let callback = driver.customer(url.as_str()).await?;
    steps.done("redirect the customer, response_type and scope in the URL", "RFC 9126 4");

    let draft = match client.callback(pending, &callback, system_now()).map_err(not_ours)? {
        Callback::Code(accepted) => client.exchange(accepted, entropy()?, system_now()),
        Callback::Denied(refusal) => return Err(Failure::denied(refusal)),
    };
    let exchanged = driver.run("exchanging the code", draft.map_err(Into::into)).await?;
    let verified = driver.verify(&client, exchanged).await?;
    steps.done("check the callback, exchange the code, verify", "RFC 9207 2.4, RFC 8705 3");

    let reported = verified.authorization_details().and_then(ReportedConsent::find);
    let reported = reported.ok_or_else(|| defect("the consent was not reported"))?;
    let status = reported.status().map_or("not reported", |status| status.as_str());
    if status != "Authorized" {
        return Err(defect(format!("the consent is {status}")));
    }
    let granted = verified.without_grant();
    steps.done("read the consent from the token response", "RFC 9396 7");
    let receipt = client.receipt(&granted, system_now());
    let receipt = receipt.map_err(|error| Failure::protocol("issuing the receipt", &error))?;
    steps.done("issue the receipt", "RFC 8785");

    stage.accounts(&client, granted.tokens().access_token()).await?;
    steps.done("read the accounts with the client certificate", "RFC 8705 3");
    driver.refreshed(&client, &granted.stored()).await?;
    steps.done("refresh: no new refresh token, the old one remains", "RFC 6749 6");
    Ok(receipt)
}

fn consent() -> Result<AccountAccessConsent, Failure> {
    let derived = entropy()?.derive(CONSENT, 0);
    let mut random = [0; 16];
    random.iter_mut().zip(derived).for_each(|(to, from)| *to = from);
    let billing = Billing { user_type: "Retail".into(), purpose: "AccountAggregation".into() };
    Ok(AccountAccessConsent::new(random, system_now() + QUARTER, billing)
        .permission(Permission::ReadAccountsBasic)
        .permission(Permission::ReadBalances))
}
