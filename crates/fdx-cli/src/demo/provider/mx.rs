//! The lifecycle of a consent at MX.

use fdx_jose::Algorithm;
use fdx_par::not_fapi::{self, ClientSecret, MX, Unbound};
use fdx_par::{
    AuthorizationRequest, Callback, ClientAuthentication, RequestObjects, SenderConstraint,
    TokenTypeHint,
};
use fdx_rar::{ConsentReceipt, Scopes};
use fdx_sandbox::{Provider, SecretPlace};
use fdx_transport_hyper::system_now;
use fdx_wire::{Label, Secret, base64url};

use crate::demo::provider::stage::Stage;
use crate::demo::scene::defect;
use crate::demo::steps::Steps;
use crate::error::Failure;
use crate::flow::{entropy, not_ours};

const SECRET: Label = Label::new("demo client secret");
const SCOPES: &str = "customers accounts transactions statements";

pub(super) async fn open() -> Result<Stage, Failure> {
    let secret = Secret::new(base64url::encode(&entropy()?.derive(SECRET, 0)));
    let sent = ClientSecret::new(secret.expose().to_owned());
    let registered = fdx_sandbox::ClientSecret { secret, place: SecretPlace::Basic };
    Stage::open(
        Provider::MX,
        MX,
        Algorithm::Es256,
        |client, _| {
            client.authentication = fdx_sandbox::ClientAuthentication::ClientSecret(registered);
        },
        |config, _| {
            config.authentication = ClientAuthentication::NotFapi(sent);
            config.sender_constraint = SenderConstraint::NotFapi(Unbound);
            config.request_objects = RequestObjects::Unsigned;
        },
    )
    .await
}

/// Authorizes without a push, exchanges the code, issues the receipt, reads the accounts, refreshes
/// the tokens, and revokes them.
pub(super) async fn lifecycle(stage: &Stage, steps: &mut Steps) -> Result<ConsentReceipt, Failure> {
    let (client, driver) = (stage.client().await?, &stage.driver);
    let scopes = Scopes::parse(SCOPES).map_err(defect)?;
    let request = AuthorizationRequest::of_scopes(scopes).openid();
    let authorized = not_fapi::authorize(&client, &request, entropy()?, system_now());
    let (url, pending) =
        authorized.map_err(|error| Failure::protocol("writing the request", &error))?;
    steps.done("put the request into the customer's URL (not FAPI)", "RFC 6749 4.1.1, RFC 7636");

    let callback = driver.customer(url.as_str()).await?;
    steps.done("redirect the customer, who decides", "RFC 6749 4.1.1");

    let draft = match client.callback(pending, &callback, system_now()).map_err(not_ours)? {
        Callback::Code(accepted) => client.exchange(accepted, entropy()?, system_now()),
        Callback::Denied(refusal) => return Err(Failure::denied(refusal)),
    };
    let exchanged = driver.run("exchanging the code", draft.map_err(Into::into)).await?;
    let verified = driver.verify(&client, exchanged).await?;
    steps.done("exchange the code with a client secret (not FAPI)", "RFC 6749 2.3.1, 4.1.3");

    let granted = verified.without_grant();
    let receipt = client.receipt(&granted, system_now());
    let receipt = receipt.map_err(|error| Failure::protocol("issuing the receipt", &error))?;
    steps.done("issue the receipt, with warnings", "RFC 8785");
    stage.accounts(&client, granted.tokens().access_token()).await?;
    steps.done("read the accounts with a Bearer token (not FAPI)", "RFC 6750 2.1");

    let grant = driver.refreshed(&client, &granted.stored()).await?;
    steps.done("refresh: a new refresh token, valid for 30 days", "RFC 6749 6");
    for which in [TokenTypeHint::AccessToken, TokenTypeHint::RefreshToken] {
        let draft = client.revoke(grant.tokens(), which, entropy()?, system_now());
        driver.run("revoking a token", draft).await?;
    }
    steps.done("revoke both tokens", "RFC 7009 2");
    Ok(receipt)
}
