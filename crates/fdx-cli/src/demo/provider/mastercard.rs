//! The lifecycle of a consent at Mastercard.

use fdx_jose::Algorithm;
use fdx_par::dialect::MASTERCARD;
use fdx_par::not_fapi::Unbound;
use fdx_par::{
    AuthorizationRequest, Callback, Client, InitialAccess, Registered, Registrar, Registration,
    SenderConstraint, fdx_api::RevocationOutcome,
};
use fdx_rar::{ConsentReceipt, ConsentRevocationRequest, PartyType, RevocationReason, Scopes};
use fdx_sandbox::Provider;
use fdx_transport_hyper::system_now;
use fdx_wire::HttpsUrl;

use crate::demo::provider::stage::{JWKS_URI, Stage};
use crate::demo::scene;
use crate::demo::scene::defect;
use crate::demo::steps::Steps;
use crate::error::Failure;
use crate::flow::{Driver, entropy, not_ours};

pub(super) async fn open() -> Result<Stage, Failure> {
    Stage::open(
        Provider::MASTERCARD,
        MASTERCARD,
        Algorithm::Ps256,
        |_, _| (),
        |config, _| {
            config.sender_constraint = SenderConstraint::NotFapi(Unbound);
            config.id_token_signed_response_alg = Some(Algorithm::Ps256);
        },
    )
    .await
}

/// Register, read, update, push, authorize, token, introspect, refresh, consent, revoke.
pub(super) async fn lifecycle(stage: &Stage, steps: &mut Steps) -> Result<ConsentReceipt, Failure> {
    let (registrars, driver) = (stage.client().await?, &stage.driver);
    steps.done("discover, and correct the paths of two endpoints", "RFC 8414 3");
    let (registrar, registered) = register(driver, &registrars, steps).await?;
    let config = registrar.client_config(&registered);
    let client = config.and_then(|config| Client::new(config, registrars.metadata().clone()));
    let client = client.map_err(|error| Failure::protocol("registering", &error))?;

    let request = AuthorizationRequest::new(scene::consent_request()?).openid().offline_access();
    let draft = client.push(&request, entropy()?, system_now());
    let pushed = driver.run("pushing the authorization request", draft).await?;
    steps.done("push the request object, with the details next to it", "RFC 9126 3, RFC 9101 4");

    let redirect = pushed.redirect(system_now());
    let (url, pending) = redirect.map_err(|error| Failure::protocol("redirecting", &error))?;
    let callback = driver.customer(url.as_str()).await?;
    steps.done("redirect the customer, who decides", "RFC 9126 4");

    let draft = match client.callback(pending, &callback, system_now()).map_err(not_ours)? {
        Callback::Code(accepted) => client.exchange(accepted, entropy()?, system_now()),
        Callback::Denied(refusal) => return Err(Failure::denied(refusal)),
    };
    let exchanged = driver.run("exchanging the code", draft.map_err(Into::into)).await?;
    let verified = driver.verify(&client, exchanged).await?;
    steps.done("check the callback, which has no iss; exchange the code", "RFC 6749 4.1.3");

    let token = verified.tokens().access_token();
    let draft = client.introspect(token, entropy()?, system_now());
    let introspection = driver.run("introspecting the access token", draft).await?;
    let verified = verified.introspected(&introspection);
    let verified =
        verified.map_err(|refused| Failure::protocol("introspecting", &refused.error))?;
    steps.done("introspect the access token", "RFC 7662 2");

    let granted = driver.granted(&client, verified).await?;
    steps.done("read the consent, with the token without a scheme", "FDX Consent API");
    let receipt = client.receipt(&granted, system_now());
    let receipt = receipt.map_err(|error| Failure::protocol("issuing the receipt", &error))?;
    steps.done("issue the receipt", "RFC 8785");

    let grant = driver.refreshed(&client, &granted.stored()).await?;
    steps.done("refresh", "RFC 6749 6");

    let id = grant.consent_id().ok_or_else(|| defect("the institution reported no consent id"))?;
    let why = ConsentRevocationRequest::new(RevocationReason::UserAction, PartyType::DataRecipient);
    let token = grant.tokens().access_token();
    let draft = client.revoke_consent(id, token, &why, entropy()?, system_now());
    let revoked = driver.run("revoking the consent", draft).await?;
    if revoked.outcome() != RevocationOutcome::Revoked {
        return Err(defect(format!("the revocation ended as {:?}", revoked.outcome())));
    }
    steps.done("revoke the consent", "FDX Consent API");

    let draft = registrar.delete(&registered, entropy()?, system_now());
    driver.run("deleting the registration", draft).await?;
    steps.done("delete the registration", "RFC 7592 2.3");
    Ok(receipt)
}

/// Registers with a client token, reads and updates the registration.
async fn register(
    driver: &Driver,
    registrars: &Client,
    steps: &mut Steps,
) -> Result<(Registrar, Registered), Failure> {
    let create = Scopes::parse("client.create").map_err(defect)?;
    let draft = registrars.client_credentials(&create, entropy()?, system_now());
    let token = driver.run("requesting a client token", draft).await?;
    steps.done("request a client token for registration", "RFC 6749 4.4");

    let scopes = Scopes::parse(&Provider::MASTERCARD.scopes().join(" ")).map_err(defect)?;
    let jwks_uri = HttpsUrl::parse(JWKS_URI).map_err(defect)?;
    let described =
        Registration::new("fdx demo").client_credentials().scope(scopes).jwks_uri(jwks_uri);
    let config = registrars.config().clone();
    let registrar = Registrar::new(config, &described, registrars.metadata().clone());
    let registrar = registrar.map_err(|error| Failure::protocol("registering", &error))?;
    let access = InitialAccess::Token(token.access_token().token().clone());
    let draft = registrar.register(access, entropy()?, system_now());
    let registered = driver.run("registering", draft).await?;
    steps.done("register the URL of the keys, because inline keys are refused", "RFC 7591 3.1");
    let draft = registrar.read(&registered, entropy()?, system_now());
    let registered = driver.run("reading the registration", draft).await?;
    steps.done("read the registration: its token was rotated", "RFC 7592 2.1");
    let draft = registrar.update(&registered, entropy()?, system_now());
    let registered = driver.run("updating the registration", draft).await?;
    steps.done("update the registration", "RFC 7592 2.2");
    Ok((registrar, registered))
}
