use fdx_par::dialect::MASTERCARD;
use fdx_par::{Client, InitialAccess, NextStep, Registrar, fdx_api::RevocationOutcome};
use fdx_rar::Scopes;
use fdx_sandbox::customer::Decision;
use fdx_testkit::providers::mastercard::registration;
use fdx_testkit::providers::provided;
use fdx_testkit::{WireTexts, entropy};

#[test]
fn every_request_is_as_recorded() {
    let provided = provided(MASTERCARD).unwrap();
    let mut world = (provided.world)(MASTERCARD);
    let mut texts = WireTexts::of("mastercard");

    let registrars = world.client().unwrap();
    texts.step("discover", &world);
    let create = Scopes::parse("client.create").unwrap();
    let draft = registrars.client_credentials(&create, entropy(20), world.now).unwrap();
    let token = world.run(draft).unwrap().access_token().token().clone();
    texts.step("client-credentials", &world);
    let described = registration();
    let metadata = registrars.metadata().clone();
    let registrar =
        Registrar::new(registrars.config().clone(), &described, metadata.clone()).unwrap();
    let draft = registrar.register(InitialAccess::Token(token), entropy(21), world.now).unwrap();
    let registered = world.run(draft).unwrap();
    assert_eq!(registrar.weakened(&registered), []);
    texts.step("register", &world);
    let draft = registrar.read(&registered, entropy(22), world.now).unwrap();
    let registered = world.run(draft).unwrap();
    texts.step("read-registration", &world);
    let draft = registrar.update(&registered, entropy(23), world.now).unwrap();
    let registered = world.run(draft).unwrap();
    texts.step("update-registration", &world);
    world.config = registrar.client_config(&registered).unwrap();
    let client = Client::new(world.config.clone(), metadata).unwrap();

    let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
    texts.step("push", &world);
    texts.browser("authorize", &url);
    let callback = world.customer(&url, &Decision::less_than_requested());
    assert!(!callback.contains("iss="), "{callback}");
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    texts.step("exchange", &world);
    let verified = world.verify(&client, exchanged).unwrap();
    texts.step("keys", &world);
    let token = verified.tokens().access_token();
    let draft = client.introspect(token, entropy(3), world.now).unwrap();
    world.run(draft).unwrap();
    texts.step("introspect", &world);
    let granted = world.granted(&client, verified).unwrap();
    texts.step("consent", &world);
    let grant = granted.stored();
    let grant = world.renewed(&client, &grant);
    texts.step("refresh", &world);
    world.accounts(&client, grant.tokens().access_token()).unwrap();
    texts.step("accounts", &world);
    let id = grant.consent_id().unwrap().clone();
    let token = grant.tokens().access_token();
    let revoked = world.revoke_consent(&client, &id, token).unwrap();
    assert_eq!(revoked.outcome(), RevocationOutcome::Revoked);
    texts.step("revoke-consent", &world);
    let draft = registrar.delete(&registered, entropy(24), world.now).unwrap();
    world.run(draft).unwrap();
    texts.step("delete-registration", &world);
}

/// The provider returns 404 with an error of its own form if the consent was revoked before, and
/// accepts tokens without a scheme.
#[test]
fn second_revocation_returns_not_found() {
    let provided = provided(MASTERCARD).unwrap();
    let mut world = (provided.world)(MASTERCARD);
    let (client, granted) = world.flow_of(&(provided.request)(), &Decision::everything()).unwrap();
    let id = granted.consent_id().unwrap().clone();
    let own = world.own_token(&client).unwrap();
    let own = own.access_token();
    for outcome in [RevocationOutcome::Revoked, RevocationOutcome::NotFound] {
        let revoked = world.revoke_consent(&client, &id, own).unwrap();
        assert_eq!(revoked.outcome(), outcome);
        let sent = world.sent.last().unwrap().header("authorization");
        assert_eq!(sent, own.token().expose());
        let is_described = revoked.said().error_description.is_some();
        assert_eq!(is_described, outcome == RevocationOutcome::NotFound);
    }
    // The consent's own tokens ended with it.
    let error = world.accounts(&client, granted.tokens().access_token()).unwrap_err();
    assert_eq!(error.next_step(), NextStep::Refresh);
    let error = world.refresh(&client, &granted.stored()).unwrap_err();
    assert_eq!(error.next_step(), NextStep::StartOver);
}
