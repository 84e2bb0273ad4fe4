//! The lifecycle of a consent at Autional.

use fdx_jose::Algorithm;
use fdx_par::dialect::AUTIONAL;
use fdx_par::{AuthorizationRequest, Callback, RequestObjects, TokenTypeHint};
use fdx_rar::{AuthorizationDetails, ConsentReceipt, OtherDetail, Scopes};
use fdx_sandbox::Provider;
use fdx_transport_hyper::system_now;
use fdx_wire::json::RawJson;

use crate::demo::provider::stage::Stage;
use crate::demo::scene::defect;
use crate::demo::steps::Steps;
use crate::error::Failure;
use crate::flow::{entropy, not_ours};

pub(super) async fn open() -> Result<Stage, Failure> {
    Stage::open(
        Provider::AUTIONAL,
        AUTIONAL,
        Algorithm::Es256,
        |_, _| (),
        |config, _| config.request_objects = RequestObjects::Unsigned,
    )
    .await
}

/// Push in JSON, authorize, token, resource, refresh, revoke.
pub(super) async fn lifecycle(stage: &Stage, steps: &mut Steps) -> Result<ConsentReceipt, Failure> {
    let (client, driver) = (stage.client().await?, &stage.driver);
    steps.done("discover", "RFC 8414 3");

    let scopes = Scopes::parse("profile").map_err(defect)?;
    let request = AuthorizationRequest::of_details(details()?, scopes)
        .openid()
        .resource(&client.config().fdx_base);
    let draft = client.push(&request, entropy()?, system_now());
    let pushed = driver.run("pushing the authorization request", draft).await?;
    steps.done("push JSON with the details as an array", "RFC 9126 2, RFC 9396 2");

    let redirect = pushed.redirect(system_now());
    let (url, pending) = redirect.map_err(|error| Failure::protocol("redirecting", &error))?;
    let callback = driver.customer(url.as_str()).await?;
    steps.done("redirect the customer, with response_type in the URL", "RFC 9126 4");

    let draft = match client.callback(pending, &callback, system_now()).map_err(not_ours)? {
        Callback::Code(accepted) => client.exchange(accepted, entropy()?, system_now()),
        Callback::Denied(refusal) => return Err(Failure::denied(refusal)),
    };
    let exchanged = driver.run("exchanging the code", draft.map_err(Into::into)).await?;
    let verified = driver.verify(&client, exchanged).await?;
    steps.done("check the callback, exchange the code, verify", "RFC 9207 2.4, RFC 9449 5");

    let granted = verified.without_grant();
    let receipt = client.receipt(&granted, system_now());
    let receipt = receipt.map_err(|error| Failure::protocol("issuing the receipt", &error))?;
    steps.done("issue the receipt", "RFC 8785");
    stage.accounts(&client, granted.tokens().access_token()).await?;
    steps.done("read the accounts, with a proof", "RFC 9449 7");
    let grant = driver.refreshed(&client, &granted.stored()).await?;
    steps.done("refresh", "RFC 6749 6");
    let draft =
        client.revoke(grant.tokens(), TokenTypeHint::RefreshToken, entropy()?, system_now());
    driver.run("revoking the refresh token", draft).await?;
    steps.done("revoke the refresh token", "RFC 7009 2");
    Ok(receipt)
}

fn details() -> Result<AuthorizationDetails, Failure> {
    let data_types = RawJson::of(&["account_details", "balances"]).map_err(defect)?;
    let detail = OtherDetail::new("account_information")
        .map_err(defect)?
        .with_action("list_accounts")
        .with_action("read_balances")
        .with_identifier("account-12345")
        .with_member("data_types", data_types)
        .map_err(defect)?;
    Ok(AuthorizationDetails::of_other(detail))
}
